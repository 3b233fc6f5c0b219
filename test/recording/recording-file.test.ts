/** A recording is hidden until it is whole; what a fault leaves is what was there before. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { RecordingFile, sidecarPath } from '../../dist/recording/recording-file.js';

t.test('a file grows beside its place and appears with what is known of it', async (t) => {
  const folder = t.testdir();
  const path = join(folder, 'gate.ts');
  const file = new RecordingFile(path);
  await file.start({ complete: false });
  await file.append(Buffer.from('one '));
  await file.append(Buffer.from('two'));
  t.equal(file.bytes, 7);
  t.strictSame(
    readdirSync(folder),
    ['.gate.ts.part', '.gate.ts.part.json'],
    'nobody takes it for a recording',
  );
  await file.finish({ complete: true });
  t.strictSame(readdirSync(folder), ['gate.ts', 'gate.ts.json']);
  t.equal(readFileSync(path, 'utf8'), 'one two');
  t.strictSame(JSON.parse(readFileSync(sidecarPath(path), 'utf8')), { complete: true });
});

t.test('one that is given up leaves nothing', async (t) => {
  const folder = t.testdir();
  const file = new RecordingFile(join(folder, 'gate.ts'));
  await t.rejects(file.append(Buffer.from('x')), 'before it was started');
  await file.start({});
  await file.append(Buffer.from('x'));
  await file.discard();
  await file.discard();
  t.strictSame(readdirSync(folder), []);
});

t.test('a folder that is gone is told, and two files do not share a place', async (t) => {
  const folder = t.testdir();
  await t.rejects(new RecordingFile(join(folder, 'no', 'gate.ts')).start({}), { code: 'ENOENT' });
  const [first, second] = [1, 2].map(() => new RecordingFile(join(folder, 'gate.ts'))) as [
    RecordingFile,
    RecordingFile,
  ];
  await first.start({});
  await t.rejects(second.start({}), { code: 'EEXIST' });
  await first.discard();
});
