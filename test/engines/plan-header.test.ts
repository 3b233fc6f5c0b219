import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parsePlanHeader, readPlanHeader } from '../../dist/engines/plan-header.js';

function head(change: (bytes: Buffer) => void = () => {}): Buffer {
  const bytes = Buffer.alloc(100);
  bytes.write('ftrt');
  bytes.set([10, 3, 0, 30], 24);
  change(bytes);
  return bytes;
}

t.test('the version that wrote an engine is read', async (t) => {
  t.same(parsePlanHeader(head()), { version: [10, 3, 0, 30] });
  const shifted = Buffer.concat([Buffer.from('abc'), head()]).subarray(3);
  t.same(parsePlanHeader(shifted), { version: [10, 3, 0, 30] }, 'wherever it lies in memory');
});

t.test('what is no engine says why', async (t) => {
  t.same(parsePlanHeader(Buffer.alloc(0)), { problem: 'is empty' });
  t.same(parsePlanHeader(head().subarray(0, 31)), { problem: 'is cut off' });
  t.same(parsePlanHeader(head((bytes) => bytes.write('trtf'))), { problem: 'is none of TensorRT' });
  t.same(parsePlanHeader(head((bytes) => bytes.writeUInt32LE(7, 4))), {
    problem: 'is of a form that is not known',
  });
});

t.test('a file is read, however short', async (t) => {
  const folder = t.testdir({ short: 'ftrt' });
  writeFileSync(join(folder, 'plan'), head());
  t.same(await readPlanHeader(join(folder, 'plan')), { version: [10, 3, 0, 30] });
  t.same(await readPlanHeader(join(folder, 'short')), { problem: 'is cut off' });
  await t.rejects(readPlanHeader(join(folder, 'gone')), { code: 'ENOENT' });
});
