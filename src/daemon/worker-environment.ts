/** What of a worker is fixed at the start of its process: threads, and how the C library keeps memory. */
import { threadPoolSize } from '../capture/thread-pool.js';
import type { WorkerPlan } from '../core/worker-plan.js';
import { childEnvironment } from '../health/sd-notify.js';

/**
 * glibc gives up to eight pools per core to threads, and each keeps what was freed in it: with GStreamer's threads, which
 * come and go with every reconnect, a worker grows for an hour. So it has two pools, and what is as large as a picture
 * goes back to the system when it is freed; by itself glibc would raise that limit to the largest picture seen. Other C
 * libraries do not know these words.
 */
const ALLOCATOR = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' };

export function workerEnvironment(env: NodeJS.ProcessEnv, plan: WorkerPlan): NodeJS.ProcessEnv {
  return {
    ...childEnvironment(env),
    ...ALLOCATOR,
    // Each camera keeps threads of Node's pool waiting inside GStreamer.
    UV_THREADPOOL_SIZE: String(threadPoolSize(plan.cameraCapacity)),
  };
}
