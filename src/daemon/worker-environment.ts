/** What of a worker is fixed at the start of its process: threads, and how the C library keeps memory. */
import { threadPoolSize } from '../capture/thread-pool.js';
import type { WorkerPlan } from '../core/worker-plan.js';
import { childEnvironment } from '../health/sd-notify.js';

/**
 * glibc gives up to eight pools per core to threads, and each keeps what was freed in it: with GStreamer's threads, which
 * come and go with every reconnect, a worker grows for an hour. Other C libraries do not know the word.
 */
const MALLOC_POOLS = '2';

export function workerEnvironment(env: NodeJS.ProcessEnv, plan: WorkerPlan): NodeJS.ProcessEnv {
  return {
    ...childEnvironment(env),
    MALLOC_ARENA_MAX: MALLOC_POOLS,
    // Each camera keeps threads of Node's pool waiting inside GStreamer.
    UV_THREADPOOL_SIZE: String(threadPoolSize(plan.cameraCapacity)),
  };
}
