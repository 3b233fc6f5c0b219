/** Builder processes as the daemon forks them, on the model that comes with detectd: killed, and several at once. */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openBundle } from '../../dist/bundle/bundle.js';
import { identifyThisMachine } from '../../dist/device/this-machine.js';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { engineChoices } from '../../dist/engines/engine-choice.js';
import { readRefusals } from '../../dist/engines/engine-refusals.js';
import { PREPARATION_VERSION } from '../../dist/graph/prepare.js';
import type { BuildJob, FromBuilder } from '../../dist/ipc/builder-protocol.js';
import { Prng } from '../../dist/scene/prng.js';
import { modelPlan } from '../helpers/plans.js';

const ROOT = join(import.meta.dirname, '../..');
const BUNDLE = join(ROOT, 'config/bundles/shapes');
const PHASES = ['preparing', 'building', 'accepting', 'saving'] as const;
/** About as long as one takes, so that every part of it is hit. */
const LONGEST_MS = 1500;

const { info: device } = await identifyThisMachine(process.env);
const bundle = await openBundle(BUNDLE, tmpdir());
const [choice] = engineChoices({
  ...{ bundle, mode: 'live', format: 'RGB', providers: ['cpu'], precision: 'fp32', device },
  preparation: PREPARATION_VERSION,
});
if (choice === undefined) throw new Error('the CPU has no engine');
const { wish } = choice;

function cacheFolder(t: Pick<Test, 'teardown'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'detectd-builder-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Running {
  child: ChildProcess;
  heard: FromBuilder[];
  end: Promise<void>;
}

function start(cacheFolder: string): Running {
  const child = fork(join(ROOT, 'dist/builder/main.js'), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'] },
  });
  const heard: FromBuilder[] = [];
  child.on('message', (message) => heard.push(message as FromBuilder));
  const model = modelPlan({ bundle: BUNDLE, threads: 1 });
  const job: BuildJob = { model, wish, device, cacheFolder, maxBytes: 1e9, maxBatch: 1, again: false };
  child.send({ type: 'build', job });
  return { child, heard, end: new Promise((resolve) => child.once('exit', () => resolve())) };
}

/** Killed when it says that it begins a phase, or so long after it has begun at all. */
async function killedBuilder(folder: string, when: (typeof PHASES)[number] | number): Promise<void> {
  const { child, end } = start(folder);
  let timer: NodeJS.Timeout | undefined;
  child.on('message', (message: FromBuilder) => {
    const phase = message.type === 'progress' ? message.progress.phase : undefined;
    if (typeof when === 'number') timer ??= setTimeout(() => child.kill('SIGKILL'), when);
    else if (phase === when) child.kill('SIGKILL');
  });
  await end;
  clearTimeout(timer);
}

t.test(
  'builders that are killed at any moment leave one folder at most, and the next one has the engine',
  async (t) => {
    const folder = cacheFolder(t);
    const random = new Prng(11);
    const cache = new EngineCache({ folder, maxBytes: 1e9 });
    let leftovers = 0;
    for (let run = 0; run < 10; run += 1) {
      await killedBuilder(folder, PHASES[run] ?? random.range(0, LONGEST_MS));
      const names = readdirOrNothing(join(folder, 'engines'));
      const left = names.filter((name) => name.endsWith('.tmp'));
      leftovers += left.length;
      t.ok(left.length <= 1);
      t.strictSame(
        names.filter((name) => name !== wish.key && name !== `${wish.key}.tmp`),
        [],
      );
      const found = await cache.open(wish.key);
      t.not(found.state, 'bad', 'what is there under the name of an engine is whole');
      if (found.state === 'usable') {
        await found.engine.close();
        await cache.remove(wish.key);
      }
      t.equal((await cache.start()).length, left.length, 'the next start clears up');
    }
    t.ok(leftovers > 0, 'some were killed in the middle of it');
    const { heard, end } = start(folder);
    await end;
    t.match(heard.at(-1), { type: 'built', engine: { key: wish.key, wasThere: false } });
  },
);

t.test('several builders of the same engine make one', async (t) => {
  const folder = cacheFolder(t);
  const builders = [start(folder), start(folder), start(folder)];
  await Promise.all(builders.map(({ end }) => end));
  const outcomes = builders.map(({ heard }) => heard.at(-1));
  for (const outcome of outcomes) t.match(outcome, { type: 'built', engine: { key: wish.key } });
  const built = outcomes.filter((outcome) => outcome?.type === 'built' && !outcome.engine.wasThere);
  t.equal(built.length, 1);
  t.strictSame(readdirSync(join(folder, 'engines')), [wish.key]);
});

function readdirOrNothing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

t.test('a disk that is full is no fault of the model, and is tried again when there is room', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'detectd-full-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status !== 0)
    return t.comment('skipped: a small file system cannot be mounted here (not root)');
  try {
    const { heard, end } = start(folder);
    await end;
    t.match(heard.at(-1), { type: 'failed', error: { code: 'ENGINE_DISK' }, final: false });
    t.strictSame(readdirSync(join(folder, 'engines')), []);
    t.equal((await readRefusals(folder)).size, 0);
  } finally {
    spawnSync('umount', [folder]);
  }
});
