/**
 * Makes the worker process of a daemon lose host memory, and nothing else: loaded into all of its processes by
 * NODE_OPTIONS=--import, it acts in the worker alone, and knows nothing of the program. `LEAK_MB_PER_S` says how fast.
 */
import { sep } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const EVERY_MS = 100;
const bytes = Math.round((Number(process.env.LEAK_MB_PER_S) * 1e6 * EVERY_MS) / 1000);

if (isMainThread && bytes > 0 && process.argv[1]?.endsWith(['', 'worker', 'main.js'].join(sep))) {
  const lost = [];
  // Memory that is only reserved is none: it has to be written to.
  setInterval(() => lost.push(Buffer.allocUnsafeSlow(bytes).fill(1)), EVERY_MS).unref();
}
