import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { inspectPlan } from '../../dist/engines/plan-file.js';

const SIZE = 1_000_000;

function plan(folder: string, bytes = SIZE): string {
  const path = join(folder, 'plan');
  const content = Buffer.alloc(bytes);
  content.write('ftrt');
  content.set([10, 3, 0, 30], 24);
  writeFileSync(path, content);
  return path;
}

t.test('a good engine tells its size and version', async (t) => {
  const path = plan(t.testdir());
  const expected = { bytes: SIZE, version: '10.3.0.30' };
  t.same(await inspectPlan(path, undefined, [10, 3, 0]), expected);
  t.same(await inspectPlan(path, Number((SIZE / 2 ** 20).toPrecision(6)), [10, 3, 0, 30]), expected);
});

t.test('an engine of another version, cut off, no engine, and none at all are refused', async (t) => {
  const folder = t.testdir({ text: 'hello' });
  const path = plan(folder);
  t.match(await inspectPlan(path, undefined, [10, 3, 0, 26]), {
    problem: {
      code: 'PROVIDER_UNAVAILABLE',
      message: /of TensorRT 10\.3\.0\.30, but the library here is 10\.3\.0\.26/,
    },
  });
  t.match(await inspectPlan(path, 1, [10, 3]), { problem: { code: 'ENGINE_DISK', message: /cut off/ } });
  t.match(await inspectPlan(join(folder, 'text'), undefined, [10, 3]), {
    problem: { code: 'ENGINE_BUILD', message: /is cut off/ },
  });
  t.match(await inspectPlan(join(folder, 'gone'), undefined, [10, 3]), {
    problem: { message: /is not there/ },
  });
  t.match(await inspectPlan(folder, undefined, [10, 3]), { problem: { message: /cannot be read/ } });
});
