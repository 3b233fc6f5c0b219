/** The size of V8's young generation. */
import { execFileSync } from 'node:child_process';
import t from 'tap';

t.test('after it is limited the young generation stays small however much is allocated', async (t) => {
  const module = new URL('../../dist/base/young-generation.js', import.meta.url);
  const script = (limit: boolean) => `
    import { getHeapSpaceStatistics } from 'node:v8';
    const { limitYoungGeneration } = await import('${module.href}');
    if (${limit}) limitYoungGeneration();
    let kept = [];
    for (let i = 0; i < 3e6; i += 1) { kept.push({ i }); if (kept.length > 20000) kept = []; }
    const space = getHeapSpaceStatistics().find((s) => s.space_name === 'new_space');
    process.stdout.write(String(space.space_size / 2 ** 20));`;
  const run = (limit: boolean) =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', script(limit)], { encoding: 'utf8' }),
    );
  const limited = run(true);
  const free = run(false);
  t.ok(limited <= 4, `${limited} MiB`);
  t.ok(free > limited, `${free} MiB without the limit`);
});
