/**
 * Ends changes of model at any moment, by kill -9 and by a power cut, and looks after each whether the version before
 * or the new one serves, whole and loadable, and whether the next start goes on. Lines of `scripts/prove ota`.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Prng } from '../../dist/scene/prng.js';
import { MODEL, madeArchives, serving, started, wishOf } from './ota-rig.mjs';
import { inFolder } from './programs.mjs';

const CHURN = fileURLToPath(new URL('./ota-churn.mjs', import.meta.url));
const POWER = fileURLToPath(new URL('./ota-power.mjs', import.meta.url));
const LONGEST_MS = 150;
/** Of one change that is to be killed, and of all power cuts of one process. */
const CHILD_MS = 60_000;
const CUTS_MS = 600_000;
/** About two changes. */
const MOST_STEPS = 250;
/** Each with a store of its own. */
const AT_ONCE = 4;
/** Power cuts of one process. */
const POWER_RUNS = 50;

/** `runs` power cuts in `folder`. The same seed draws the same cuts. Returns what was found wrong, and what was seen. */
export async function powerRuns({ folder, runs, seed }) {
  const archives = JSON.stringify(await madeArchives(join(folder, 'archives')));
  const faults = [];
  const seen = { runs: 0, cut: 0, old: 0, new: 0, phases: {} };
  await inLanes(Math.ceil(runs / POWER_RUNS), async (part) => {
    const own = join(folder, `part-${part}`);
    mkdirSync(own);
    writeFileSync(join(own, 'archives.json'), archives);
    const left = runs - part * POWER_RUNS;
    const text = await printed([POWER, own, `${Math.min(left, POWER_RUNS)}`, `${seed + part}`]);
    const found = JSON.parse(text);
    faults.push(...found.faults);
    for (const name of ['runs', 'cut', 'old', 'new']) seen[name] += found.seen[name];
    for (const [phase, count] of Object.entries(found.seen.phases))
      seen.phases[phase] = (seen.phases[phase] ?? 0) + count;
    rmSync(own, { recursive: true, force: true });
  });
  return { faults, seen };
}

/** `runs` kills in a few stores; every second one at a step on the file system instead of a moment. */
export async function killRuns({ folder, runs, seed }) {
  const archives = await madeArchives(join(folder, 'archives'));
  const faults = [];
  const seen = { runs: 0, old: 0, new: 0, none: 0 };
  await inLanes(AT_ONCE, async (lane) => {
    const own = join(folder, `lane-${lane}`);
    mkdirSync(own);
    writeFileSync(join(own, 'archives.json'), JSON.stringify(archives));
    const share = Math.floor((runs + lane) / AT_ONCE);
    await killLane({ folder: own, archives, runs: share, seed: seed + lane, faults, seen });
  });
  return { faults, seen };
}

async function killLane({ folder, archives, runs, seed, faults, seen }) {
  const random = new Prng(seed);
  let before = { serves: 'undefined', proven: undefined };
  for (let run = 0; run < runs; run += 1) {
    const childSeed = random.index(2 ** 31);
    const how = run % 2 === 0 ? { afterMs: random.range(0, LONGEST_MS) } : { step: random.index(MOST_STEPS) };
    const said = await killedChild(folder, childSeed, how);
    // Wanted, served, wanted, served …
    const wanted = said.filter((_, at) => at % 2 === 0).at(-1);
    const ended = said.filter((_, at) => at % 2 === 1).at(-1);
    const served = ended ?? before.serves;
    // On probation before, it made room for the one that had proved itself.
    const proven = ended === undefined ? before.proven : undefined;
    const say = (fault) =>
      faults.push(`run ${run} (${JSON.stringify({ seed, childSeed, ...how })}): ${fault}`);
    before = await afterKill(folder, archives, { run, wanted, served, proven, seen, say });
    seen.runs += 1;
  }
}

/** `count` pieces of work, a few at a time: most of each is waiting for a program to start. */
async function inLanes(count, work) {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** As the next start finds it; resolves with what serves, and what that is on probation against. */
async function afterKill(folder, archives, { run, wanted, served, proven, seen, say }) {
  const wish = wishOf(archives[run % archives.length], 2 ** 21 + run);
  try {
    const life = await started(folder, wish);
    const now = `${await serving(life, wish, folder)}`;
    if (now === 'undefined') seen.none += 1;
    if (now === wanted) seen.new += 1;
    else if (now === served || now === proven) seen.old += 1;
    else
      say(
        `${now} serves, neither ${served} nor ${wanted}: ${JSON.stringify(briefly(life.store.slot(MODEL)))}`,
      );
    // Now and then to its end, which must be reached.
    if (run % 5 === 0) {
      await life.settled();
      const then = await serving(life, wish, folder);
      if (then !== wish.target.sha256) say(`in the end ${then} serves`);
    }
    const serves = `${await serving(life, wish, folder)}`;
    const { update, previous } = life.store.slot(MODEL);
    await life.close();
    return { serves, proven: update?.phase === 'active' ? previous?.archive : undefined };
  } catch (error) {
    say(error.stack);
    return { serves: served, proven };
  }
}

/** What there is to be said of a slot that is not as it should be. */
function briefly({ active, previous, update, history }) {
  const { phase, version, error } = update ?? {};
  const archives = [active, previous, version].map((each) => each?.archive?.slice(0, 8) ?? null);
  return {
    archives,
    phase,
    error: error?.message,
    history: history.slice(-4).map(({ outcome, code }) => [outcome, code]),
  };
}

function killedChild(folder, seed, { afterMs, step }) {
  const args = [CHURN, folder, `${seed}`, ...(step === undefined ? [] : [`${step}`])];
  const env = { PATH: process.env.PATH };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, CHILD_MS);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    if (said === '' && afterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), afterMs);
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      clearTimeout(deadline);
      if (late)
        reject(new Error(`the program with the seed ${seed} hung: it came to ${JSON.stringify(said)}`));
      else if (signal === 'SIGKILL') resolve(said.split('\n').filter(Boolean));
      else reject(new Error(`the program ended by itself, with ${signal ?? status}`));
    });
  });
}

function printed(args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const deadline = setTimeout(() => child.kill('SIGKILL'), CUTS_MS);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      clearTimeout(deadline);
      if (status === 0) resolve(said);
      else reject(new Error(`the power cuts ended with ${signal ?? status}`));
    });
  });
}

export function otaKills({ long }) {
  const [kills, cuts] = long ? [1000, 1000] : [100, 200];
  return [
    {
      what: `kill -9 while a model is fetched, unpacked, tried, switched and rolled back, ${kills} times`,
      limit: 'the model before or the new one serves, whole; the next start goes on',
      measure: () => ended(killRuns, kills),
    },
    {
      what: `power cut before any step of that, files cut, zeroed or lost since their last fsync, ${cuts} times`,
      limit: 'the model before or the new one serves, whole; the next start comes to the right end',
      measure: () => ended(powerRuns, cuts),
    },
  ];
}

function ended(series, runs) {
  return inFolder(async (folder) => {
    const { faults, seen } = await series({ folder, runs, seed: 1 });
    const figure = `${seen.runs} runs: ${seen.old} times the one before, ${seen.new} times the new one, ${faults.length} faults`;
    return { figure: [figure, ...faults.slice(0, 3)].join('; '), holds: faults.length === 0 };
  });
}
