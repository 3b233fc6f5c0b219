/**
 * How many libuv pool threads a process with cameras needs. Each camera holds two for as long as it runs
 * (one waits for the next frame, one for bus messages) and now and then two more (the picture's size, packets);
 * files, DNS and compression still need theirs.
 */

/** What Node itself has without cameras. */
const BASE_THREADS = 4;
/** libuv's own limit. */
const MOST_THREADS = 1024;

/** Value of UV_THREADPOOL_SIZE for a process that opens this many cameras at once. */
export function threadPoolSize(cameras: number): number {
  return Math.min(MOST_THREADS, BASE_THREADS + 4 * Math.max(0, Math.ceil(cameras)));
}
