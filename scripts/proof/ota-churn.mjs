/**
 * Changes the model of one store again and again until it is killed: `ota-churn.mjs FOLDER SEED [STEP]`. Says which
 * archive is wanted before each change, and which serves after it. With STEP it kills itself before that step on the
 * file system.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

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

async function killAtStep(last) {
  let steps = 0;
  const counting = (object, name) => {
    const original = object[name];
    object[name] = function (...args) {
      if (steps === last) process.kill(process.pid, 'SIGKILL');
      steps += 1;
      return original.apply(this, args);
    };
  };
  for (const name of ['mkdir', 'open', 'rename', 'rm', 'writeFile', 'truncate', 'readdir'])
    counting(fs.promises, name);
  for (const name of ['open', 'write', 'mkdir']) counting(fs, name);
  syncBuiltinESMExports();
  const handle = await fs.promises.open(process.execPath);
  for (const name of ['sync', 'write', 'writeFile']) counting(Object.getPrototypeOf(handle), name);
  await handle.close();
  steps = 0;
}
