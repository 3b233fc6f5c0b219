/** The engine cache between processes: kills at random moments, one build for all who ask, and a full disk. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { begun, kept, madeUpFacts, madeUpKeys } from '../helpers/made-up-engine.js';
import { until } from '../helpers/until.js';

const ROOT = join(import.meta.dirname, '../..');
const RUNS = 200;
const { KEYS } = await import(join(ROOT, 'scripts/proof/engine-models.mjs'));

/** Without what tap adds to Node's environment: starting is most of what a run takes. */
async function killRuns(runs: number, seed: number) {
  const program = [process.execPath, join(ROOT, 'scripts/kill-engines')];
  const args = [
    '-i',
    `PATH=${process.env.PATH}`,
    ...program,
    '--runs',
    `${runs}`,
    '--seed',
    `${seed}`,
    '--json',
  ];
  const child = spawn('env', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  return { status, ...JSON.parse(said) };
}

t.test(`after each of ${RUNS} kills the cache is usable and no half engine is opened`, async (t) => {
  // Two caches, for two cores.
  for (const report of await Promise.all([killRuns(RUNS / 2, 7), killRuns(RUNS / 2, 8)])) {
    t.match(report, { status: 0, runs: RUNS / 2, faults: [] });
    t.ok(report.leftovers > RUNS / 20, 'some were killed in the middle of something');
    t.ok(report.engines > 0);
  }
});

interface Asker {
  child: ChildProcess;
  words: string[];
  ended: Promise<unknown>;
}

function ask(t: Pick<Test, 'teardown'>, folder: string, ...more: string[]): Asker {
  const program = join(ROOT, 'test/helpers/engine-asker.mjs');
  const child = spawn(process.execPath, [program, folder, ...more], { stdio: ['pipe', 'pipe', 'inherit'] });
  const words: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => words.push(...text.trim().split('\n')));
  t.teardown(() => child.kill('SIGKILL'));
  return { child, words, ended: new Promise((resolve) => child.once('exit', resolve)) };
}

/** Three processes that want the same engine, once one builds and the others wait. */
async function threeAskers(
  t: Pick<Test, 'teardown'>,
  folder: string,
): Promise<{ builder: Asker; others: Asker[] }> {
  const askers = [ask(t, folder), ask(t, folder), ask(t, folder)];
  await until(() => askers.every(({ words }) => words.length > 0));
  const isBuilder = ({ words }: Asker): boolean => words.includes('building');
  const [builder, ...more] = askers.filter(isBuilder);
  if (builder === undefined || more.length > 0) throw new Error(`${more.length} more build`);
  return { builder, others: askers.filter((asker) => asker !== builder) };
}

t.test('three processes that ask at once: one builds, the others have it', async (t) => {
  const folder = t.testdir();
  const { builder, others } = await threeAskers(t, folder);
  t.strictSame(
    others.map(({ words }) => words),
    [['waiting'], ['waiting']],
  );
  builder.child.stdin?.write('go\n');
  await Promise.all([builder, ...others].map(({ ended }) => ended));
  t.strictSame(builder.words, ['building', 'built']);
  for (const { words } of others) t.strictSame(words, ['waiting', 'found']);
  t.equal(readdirSync(join(folder, 'engines')).length, 1);
});

t.test('when the builder is killed one of those who wait takes over', async (t) => {
  const folder = t.testdir();
  const { builder, others } = await threeAskers(t, folder);
  builder.child.kill('SIGKILL');
  await until(() => others.some(({ words }) => words.includes('building')));
  const [next, last] = others[0]?.words.includes('building') ? others : [...others].reverse();
  t.strictSame(last?.words, ['waiting']);
  next?.child.stdin?.write('go\n');
  await Promise.all([builder, ...others].map(({ ended }) => ended));
  t.strictSame(next?.words, ['waiting', 'building', 'built']);
  t.strictSame(last?.words, ['waiting', 'found']);
  t.equal(readdirSync(join(folder, 'engines')).length, 1);
});

t.test(
  'a program that outlives its builder keeps the key while it lives, when the lock was lent to it',
  async (t) => {
    const folder = t.testdir();
    const { child, words, ended } = ask(t, folder, 'lend');
    await until(() => words.includes('building'));
    const tool = Number(words[0]);
    t.teardown(() => endIfAlive(tool));
    child.kill('SIGKILL');
    await ended;
    const cache = new EngineCache({ folder, maxBytes: 1e9 });
    const [key] = KEYS;
    t.equal(await cache.engines.lockKey(key.digest), 'busy');
    process.kill(tool, 'SIGKILL');
    await (await begun(cache, key)).abandon();
  },
);

function endIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was ended by the test.
  }
}

t.test('a disk that is full midway: a clear error, and nothing half', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'detectd-full-'));
  t.teardown(() => rmdirSync(folder));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]).status !== 0)
    return t.comment('skipped: a small file system cannot be mounted here (not root)');
  try {
    const cache = new EngineCache({ folder, maxBytes: 1e9 });
    const [first, second, third] = madeUpKeys;
    await kept(cache, first);
    const build = await begun(cache, second);
    t.throws(() => writeFileSync(join(build.folder, 'engine'), Buffer.alloc(400_000)), { code: 'ENOSPC' });
    await t.rejects(build.commit(madeUpFacts), {
      code: 'ENGINE_CACHE',
      message: /no space left/,
      hint: /prune/,
    });
    t.strictSame(readdirSync(cache.engines.path), [first.digest]);
    await kept(cache, third);
    const found = await cache.open(first.digest);
    t.equal(found.state, 'usable');
    if (found.state === 'usable') await found.engine.close();
  } finally {
    spawnSync('umount', [folder]);
  }
});
