/**
 * Cuts the power of changes of model: `ota-power.mjs FOLDER RUNS SEED`. After each cut the store is started from what
 * the disk may show, looked at, and brought to an end. Prints one JSON object: faults and what was seen.
 */
import fs from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PowerLoss } from './power-loss.mjs';

const [folder, runs, seed] = process.argv.slice(2);
const power = new PowerLoss();
await power.install();
const { Prng } = await import('../../dist/scene/prng.js');
const { MODEL, serving, started, wishOf } = await import('./ota-rig.mjs');

const random = new Prng(Number(seed));
const archives = JSON.parse(fs.readFileSync(join(folder, 'archives.json'), 'utf8'));
const faults = [];
const seen = { runs: 0, cut: 0, phases: {}, old: 0, new: 0 };
let disk = join(folder, 'disk-0');
fs.mkdirSync(disk);
let before;
/** Of one whole change, learnt as it goes. */
let steps = 300;

for (let run = 0; run < Number(runs); run += 1) {
  const chosen = archives[random.index(archives.length)];
  const wish = wishOf(chosen, run + 1);
  const bad = random.index(3) === 0;
  const cutAt = random.index(steps);
  const say = (fault) => faults.push(`run ${run} (seed ${seed}, step ${cutAt}): ${fault}`);
  const cut = power.watch(disk, cutAt).then(() => 'cut');
  const change = started(disk, wish, { bad }).then(async (life) => {
    await life.settled();
    await life.close();
    return 'ended';
  });
  const how = await Promise.race([cut, change]);
  const next = join(folder, `disk-${run + 1}`);
  if (how === 'cut') {
    // What the kernel was at ends, unseen.
    await new Promise((resolve) => setTimeout(resolve, 3));
    power.after(next, random);
    await rm(disk, { recursive: true, force: true });
    disk = next;
    seen.cut += 1;
  } else {
    steps = Math.ceil(power.steps * 1.02);
    power.unwatch();
  }
  before = await inspected(wish, { before, bad, say });
  seen.runs += 1;
}
await rm(disk, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify({ faults, seen })}\n`);
process.exit(0);

/** As the next start finds it; resolves with what serves in the end. */
async function inspected(wish, { before, bad, say }) {
  try {
    const life = await started(disk, wish, { bad });
    const now = await serving(life, wish, disk);
    const phase = life.store.slot(MODEL).update?.phase ?? 'none';
    seen.phases[phase] = (seen.phases[phase] ?? 0) + 1;
    if (now === wish.target.sha256) seen.new += 1;
    else if (now === before) seen.old += 1;
    else say(`${now} serves, neither ${before} nor ${wish.target.sha256}`);
    await life.settled();
    const then = await serving(life, wish, disk);
    if (then !== wish.target.sha256 && then !== before) say(`in the end ${then} serves`);
    if (!bad && then !== wish.target.sha256) say('a good version was not taken in the end');
    await life.close();
    return then;
  } catch (error) {
    say(error.stack);
    return before;
  }
}
