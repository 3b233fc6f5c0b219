/**
 * Changes the model of one store again and again until it is killed: `ota-churn.mjs FOLDER SEED [STEP]`. Says which
 * archive is wanted before each change, and which serves after it. With STEP it kills itself before that step on the
 * file system.
 */
import fs from 'node:fs';
import { killAtStep } from './kill-at-step.mjs';

const [folder, seed, step] = process.argv.slice(2);
if (step !== undefined) await killAtStep(Number(step));

const { Prng } = await import('../../dist/scene/prng.js');
const { serving, started, wishOf } = await import('./ota-rig.mjs');
const random = new Prng(Number(seed));
const archives = JSON.parse(fs.readFileSync(`${folder}/archives.json`, 'utf8'));

for (;;) {
  const wish = wishOf(archives[random.index(archives.length)], 1 + random.index(2 ** 20));
  fs.writeSync(1, `${wish.target.sha256}\n`);
  const run = await started(folder, wish, { bad: random.index(3) === 0 });
  await run.settled();
  fs.writeSync(1, `${await serving(run, wish, folder)}\n`);
  await run.close();
}
