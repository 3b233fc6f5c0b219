/** Each camera keeps threads of Node's pool waiting inside GStreamer; the pool's size is fixed at the start of a process. */
import { threadPoolSize } from '../capture/thread-pool.js';
import type { WorkerPlan } from '../core/worker-plan.js';
import { childEnvironment } from '../health/sd-notify.js';

export function workerEnvironment(env: NodeJS.ProcessEnv, plan: WorkerPlan): NodeJS.ProcessEnv {
  return { ...childEnvironment(env), UV_THREADPOOL_SIZE: String(threadPoolSize(plan.cameraCapacity)) };
}
