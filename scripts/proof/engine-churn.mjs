/**
 * Builds, opens, damages, removes and evicts engines in one cache until it is killed: `engine-churn.mjs FOLDER SEED
 * [STEP]`. Says `ready` once it begins. With STEP it kills itself before that step on the file system.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { killAtStep } from './kill-at-step.mjs';

const [folder, seed, step] = process.argv.slice(2);
if (step !== undefined) await killAtStep(Number(step));

// After the steps are counted, so that the cache takes the counting functions.
const { EngineCache } = await import('../../dist/engines/engine-cache.js');
const { Prng } = await import('../../dist/scene/prng.js');
const { content, FACTS, FILES, FRAGILE, KEYS, MAX_BYTES } = await import('./engine-models.mjs');

const random = new Prng(Number(seed));
const cache = new EngineCache({ folder, maxBytes: MAX_BYTES });
await cache.start();
process.stdout.write('ready\n');

/** Of ten turns, how many are of each kind. */
const TURNS = [
  [7, wantEngine],
  [1, (key) => cache.remove(key.digest)],
  [1, damage],
  [1, () => cache.prune({ maxBytes: MAX_BYTES / 2, keepBad: 1 })],
].flatMap(([times, turn]) => Array(times).fill(turn));

for (;;) await TURNS[random.index(TURNS.length)](KEYS[random.index(KEYS.length)]);

async function wantEngine(key) {
  const acquired = await cache.acquire(key);
  if (acquired.kind === 'engine') return acquired.engine.close();
  for (const name of FILES)
    await fs.promises.writeFile(join(acquired.build.folder, name), content(key, name));
  const engine = await acquired.build.commit(FACTS);
  await engine.close();
}

/** One engine goes bad now and then, and is set aside when it is wanted. */
async function damage() {
  const found = await cache.open(FRAGILE.digest);
  if (found.state !== 'usable') return;
  await found.engine.close();
  await fs.promises.truncate(join(found.engine.folder, FILES[0]), 100);
  await wantEngine(FRAGILE);
}
