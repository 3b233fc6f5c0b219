/** What V8 may keep for its own convenience. */
import { execFileSync } from 'node:child_process';
import t from 'tap';

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

t.test('functions that run often are not compiled, which would go on for hours', async (t) => {
  const { small, usual } = sizes(
    'code_space',
    `const functions = Array.from({ length: 300 }, (_, n) =>
       new Function('x', 'let sum = x;' + ('sum = (sum * ' + n + ' + 7) % 1000;').repeat(40) + 'return sum;'));
     for (let i = 0; i < 3000; i += 1) for (const each of functions) each(i);`,
  );
  t.ok(small < usual, `${small} MiB, ${usual} otherwise`);
});
