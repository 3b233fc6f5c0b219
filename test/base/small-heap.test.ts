/** What V8 may keep for its own convenience. */
import { execFileSync } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { collectRegularly } from '../../dist/base/small-heap.js';
import { FakeClock } from '../helpers/fake-clock.js';

const MODULE = new URL('../../dist/base/small-heap.js', import.meta.url);

/** Size in MiB of a space of a process that has done `work`, with a small heap and as V8 would have it. */
function sizes(space: string, work: string): { small: number; usual: number } {
  const run = (small: boolean) => {
    const script = `
      import { getHeapSpaceStatistics } from 'node:v8';
      const { keepHeapSmall } = await import('${MODULE.href}');
      if (${small}) keepHeapSmall();
      ${work}
      const space = getHeapSpaceStatistics().find((s) => s.space_name === '${space}');
      process.stdout.write(String(space.space_size / 2 ** 20));`;
    return Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
    );
  };
  return { small: run(true), usual: run(false) };
}

t.test('the young generation stays small however much is allocated', async (t) => {
  const { small, usual } = sizes(
    'new_space',
    'let kept = []; for (let i = 0; i < 3e6; i += 1) { kept.push({ i }); if (kept.length > 20000) kept = []; }',
  );
  t.ok(small <= 4, `${small} MiB`);
  t.ok(usual > small, `${usual} MiB without the limit`);
});

t.test('what runs a few hundred times is not compiled, what runs all the time is', async (t) => {
  const work = (calls: number) => `
    const all = [];
    for (let i = 0; i < 600; i += 1) {
      const each = new Function('a', 'let s = a; for (const k of [1, 2, 3]) s += a * k + ' + i + '; return s;');
      all.push(each);
      for (let call = 0; call < ${calls}; call += 1) each(call);
    }`;
  const seldom = sizes('code_space', work(300));
  t.ok(seldom.small < seldom.usual, `${seldom.small} MiB instead of ${seldom.usual}`);
  const often = sizes('code_space', work(20_000));
  t.ok(often.small > seldom.small, `${often.small} MiB`);
});

t.test('garbage is collected every two minutes until that is ended', async (t) => {
  const clock = new FakeClock();
  let collected = 0;
  const timer = collectRegularly(clock, () => {
    collected += 1;
  });
  clock.advance(119_999);
  t.equal(collected, 0);
  clock.advance(240_001);
  t.equal(collected, 3);
  timer.cancel();
  clock.advance(240_000);
  t.equal(collected, 3);
});

t.test('what collects finds garbage', async (t) => {
  const clock = new FakeClock();
  const timer = collectRegularly(clock);
  t.teardown(() => timer.cancel());
  const garbage = new WeakRef(new Array(1000).fill({}));
  await turn();
  clock.advance(120_000);
  t.equal(garbage.deref(), undefined);
});
