/**
 * Makes a worker suffer from a model, as no graph can be asked to: loaded into all processes of a daemon by
 * NODE_OPTIONS=--import, it acts in the inference thread of a worker alone, and there only for a bundle that holds a
 * `fault.json`: `{"crash_after_s": 3}` or `{"leak_mb_per_s": 20}`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';

const EVERY_MS = 100;

function faultOf({ bundle }) {
  try {
    return JSON.parse(readFileSync(join(bundle, 'fault.json'), 'utf8'));
  } catch {
    return {};
  }
}

for (const model of isMainThread ? [] : (workerData?.models ?? [])) {
  const { crash_after_s: crash, leak_mb_per_s: leak } = faultOf(model);
  if (crash !== undefined) setTimeout(() => process.kill(process.pid, 'SIGSEGV'), crash * 1000).unref();
  if (leak === undefined) continue;
  const lost = [];
  const bytes = Math.round((leak * 1e6 * EVERY_MS) / 1000);
  // Memory that is only reserved is none: it has to be written to.
  setInterval(() => lost.push(Buffer.allocUnsafeSlow(bytes).fill(1)), EVERY_MS).unref();
}
