/** Whose CPU time it was. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { GstreamerCpuAccount, ThreadCpuAccount } from '../../dist/worker/cpu-account.js';
import { FakeClock } from '../helpers/fake-clock.js';

/** A task folder as /proc has it; times in ms. */
function tasks(folder: string) {
  return {
    set(task: number, ms: number): void {
      mkdirSync(join(folder, String(task)), { recursive: true });
      writeFileSync(join(folder, String(task), 'schedstat'), `${ms * 1e6} 12345 99\n`);
    },
    end: (task: number) => rmSync(join(folder, String(task)), { recursive: true }),
  };
}

t.test('a thread counts what it does between before and after', async (t) => {
  const folder = t.testdir({});
  const write = (ms: number) => writeFileSync(join(folder, 'schedstat'), `${ms * 1e6} 0 0\n`);
  const account = new ThreadCpuAccount(folder);
  for (const [from, to] of [
    [10, 14],
    [100, 103],
  ] as const) {
    write(from);
    account.before();
    write(to);
    account.after();
  }
  t.equal(account.totalMs, 7);
});

t.test('the real account of this thread grows with work', async (t) => {
  const account = new ThreadCpuAccount();
  const start = process.cpuUsage();
  account.before();
  let sum = 0;
  while (process.cpuUsage(start).user < 50_000) for (let i = 0; i < 100_000; i += 1) sum += Math.sqrt(i);
  account.after();
  t.ok(sum > 0);
  t.ok(account.totalMs > 25 || Number.isNaN(account.totalMs), `${account.totalMs}`);
});

t.test('threads that were there before are not GStreamer, whatever they are called', async (t) => {
  const folder = t.testdir({});
  const { set, end } = tasks(folder);
  const clock = new FakeClock();
  set(1, 1000);
  set(2, 0);
  const account = new GstreamerCpuAccount(folder);
  account.sample();
  t.equal(account.totalMs, 0, 'nothing counts before the start');
  account.start(clock);
  set(1, 2000);
  set(10, 5);
  set(11, 7);
  clock.advance(200);
  t.equal(account.totalMs, 12);

  end(10);
  set(11, 9);
  account.sample();
  t.equal(account.totalMs, 14, 'a thread that ended still counts');

  set(10, 1);
  account.sample();
  account.sample();
  t.equal(account.totalMs, 15, 'and so does another one with its number');

  set(11, 2);
  account.sample();
  t.equal(account.totalMs, 17, 'even when it comes between two samples');

  account.close();
  set(11, 50);
  clock.advance(1000);
  t.equal(account.totalMs, 17);
});

t.test('a thread that ends while it is looked at is no error', async (t) => {
  const folder = t.testdir({});
  const { set } = tasks(folder);
  set(1, 10);
  const account = new GstreamerCpuAccount(folder);
  account.start(new FakeClock());
  set(10, 5);
  account.sample();
  rmSync(join(folder, '10', 'schedstat'));
  account.sample();
  t.equal(account.totalMs, 5);
});

t.test('a kernel that keeps no such account gives no figure instead of a wrong one', async (t) => {
  const folder = t.testdir({ zeros: {}, missing: { 1: {} } });
  tasks(join(folder, 'zeros')).set(1, 0);
  for (const name of ['zeros', 'missing']) {
    const account = new GstreamerCpuAccount(join(folder, name));
    account.start(new FakeClock());
    t.ok(Number.isNaN(account.totalMs), name);
  }
  const own = new ThreadCpuAccount(join(folder, 'missing'));
  own.before();
  own.after();
  t.ok(Number.isNaN(own.totalMs));
});
