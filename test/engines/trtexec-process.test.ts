import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runTrtexec, TRTEXEC_LIMITS, type TrtexecRun } from '../../dist/engines/trtexec-process.js';
import { bytesOf, mirrorModel } from '../fixtures/models/tiny-model.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { isAlive } from '../helpers/process-tree.js';
import { until } from '../helpers/until.js';

const PROGRAM = join(import.meta.dirname, '../fixtures/trtexec/trtexec.mjs');
const LIMITS = { silenceMs: 1000, totalMs: 10_000, stopMs: 100, cancelMs: 50 };

interface Started {
  pid?: number;
  args?: string[];
  nice?: number;
  child?: number;
}

function start(t: Test, act: string, change: Partial<TrtexecRun> = {}) {
  const folder = t.testdir();
  writeFileSync(join(folder, 'model.onnx'), bytesOf(mirrorModel(4, 4)));
  const record = join(folder, 'record');
  writeFileSync(record, '');
  const clock = new FakeClock();
  const phases: string[] = [];
  const ended = runTrtexec({
    program: PROGRAM,
    args: ['--onnx=model.onnx', '--saveEngine=plan', '--skipInference'],
    folder,
    version: [10, 3, 0, 30],
    env: { ...process.env, TRTEXEC_VERSION: '10.3.0.30', TRTEXEC_ACT: act, TRTEXEC_RECORD: record },
    clock,
    limits: LIMITS,
    signal: undefined,
    onOutput: ({ phase }) => phases.push(phase),
    ...change,
  });
  const started = (): Started =>
    Object.assign(
      {},
      ...readFileSync(record, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    );
  return { folder, clock, phases, ended, started, building: () => until(() => phases.includes('building')) };
}

t.test('a good run ends with its verdict, and leaves no timers', async (t) => {
  const { ended, clock, folder, started } = start(t, 'build');
  const { end, output } = await ended;
  t.same(end, { code: 0, signal: null, cause: 'itself' });
  t.match(output, { verdict: 'passed', version: [10, 3, 0], phase: 'done' });
  t.equal(readFileSync(join(folder, 'plan')).toString('latin1', 0, 4), 'ftrt');
  t.equal(clock.pending, 0);
  t.equal(started().nice, 15, 'behind everything else in line');
});

t.test('memory runs out for it before it does for others', async (t) => {
  const { ended, building, started, clock } = start(t, 'hang');
  await building();
  const path = `/proc/${started().pid}/oom_score_adj`;
  await until(() => readFileSync(path, 'utf8').trim() === '800');
  clock.advance(LIMITS.silenceMs);
  t.match((await ended).end, { cause: 'silent', signal: 'SIGTERM' });
});

t.test('one that ignores the request to end is killed', async (t) => {
  const controller = new AbortController();
  const { ended, building, started, clock } = start(t, 'deaf', { signal: controller.signal });
  await building();
  controller.abort();
  clock.advance(LIMITS.cancelMs);
  t.same((await ended).end, { code: null, signal: 'SIGKILL', cause: 'cancelled' });
  t.notOk(isAlive(started().pid ?? 0));
  t.equal(clock.pending, 0);
});

t.test('a build that is cancelled ends before those who cancel give it up', (t) => {
  // BuilderHost waits two seconds for the builder, which then is killed and cannot end trtexec any more.
  t.ok(2 * TRTEXEC_LIMITS.cancelMs < 2000);
  t.end();
});

t.test('one that takes too long is ended, however much it says', async (t) => {
  const { ended, building, clock } = start(t, 'hang', { limits: { ...LIMITS, silenceMs: 1e9 } });
  await building();
  clock.advance(LIMITS.totalMs);
  t.match((await ended).end, { cause: 'overdue' });
});

t.test('what it started ends with it', async (t) => {
  const { ended, started } = start(t, 'family');
  t.match((await ended).end, { code: 0, cause: 'itself' });
  const { child = 0 } = started();
  t.ok(child > 0);
  await until(() => !isAlive(child));
});

t.test('it is gone when its builder is killed, however silent it is', async (t) => {
  const folder = t.testdir({ record: '' });
  writeFileSync(join(folder, 'model.onnx'), bytesOf(mirrorModel(4, 4)));
  const runner = join(import.meta.dirname, '../helpers/trtexec-runner.mjs');
  const builder = spawn(process.execPath, [runner, folder, PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(builder.stdout, 'data');
  const { pid = 0 } = JSON.parse(
    readFileSync(join(folder, 'record'), 'utf8').split('\n')[0] ?? '',
  ) as Started;
  t.ok(isAlive(pid));
  builder.kill('SIGKILL');
  await until(() => !isAlive(pid));
});

t.test('it shares the file whose lock must outlive us', async (t) => {
  const lock = openSync(t.testdir({ lock: '' }), 'r');
  t.teardown(() => closeSync(lock));
  const { ended, building, started, clock } = start(t, 'hang', { lockFd: lock });
  await building();
  t.equal(readlinkSync(`/proc/${started().pid}/fd/3`), readlinkSync(`/proc/self/fd/${lock}`));
  clock.advance(LIMITS.silenceMs);
  await ended;
});

t.test('one of another version is stopped at its first line', async (t) => {
  const { ended } = start(t, 'hang', { version: [10, 4, 0, 1] });
  t.match((await ended).end, { cause: 'other version' });
});

t.test('an endless line and a flood of them are survived', async (t) => {
  const { ended } = start(t, 'flood');
  const { end, output } = await ended;
  t.same(end, { code: 0, signal: null, cause: 'itself' });
  t.equal(output.verdict, 'passed');
  t.ok(output.log.every((line) => line.length <= 2000));
});

t.test('a program that is missing or cannot be run is an error', async (t) => {
  const { ended, folder, clock } = start(t, 'build', { program: '/nowhere/trtexec' });
  await t.rejects(ended, {
    code: 'PROVIDER_UNAVAILABLE',
    message: /cannot be run: .*ENOENT/,
    hint: /libnvinfer-bin/,
  });
  t.equal(clock.pending, 0);
  await t.rejects(start(t, 'build', { program: join(folder, 'model.onnx') }).ended, {
    message: /EACCES|ENOENT/,
  });
});

t.test('one that is cancelled before it has begun ends at once', async (t) => {
  const { ended } = start(t, 'hang', { signal: AbortSignal.abort() });
  t.match((await ended).end, { cause: 'cancelled' });
});
