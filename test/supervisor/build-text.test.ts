/** Builds in words. */
import t from 'tap';
import type { BuildProgress } from '../../dist/core/engine.js';
import { buildText, progressText } from '../../dist/supervisor/build-text.js';

const wish = { key: 'k', provider: 'tensorrt', precision: 'int8', mode: 'live', format: 'RGB' } as const;
const progress: BuildProgress = {
  phase: 'building',
  provider: 'tensorrt',
  precision: 'fp16',
  elapsedMs: 185_000,
  expectedMs: 540_000,
  attempt: 1,
};

t.test('it names the engine as it is being built now', (t) => {
  t.equal(buildText('people', wish, undefined), 'building the TensorRT int8 engine of people');
  t.equal(
    buildText('people', wish, progress),
    'building the TensorRT fp16 engine of people: building, 3 min of about 9',
  );
  t.end();
});

t.test('times are in seconds where minutes would be coarse, and the second attempt is one', (t) => {
  t.equal(progressText({ ...progress, elapsedMs: 5900, expectedMs: 12_000 }), 'building, 5 s of about 12');
  t.equal(progressText({ ...progress, expectedMs: undefined }), 'building, 3 min');
  t.equal(
    progressText({ ...progress, phase: 'accepting', attempt: 2, elapsedMs: 0, expectedMs: 1 }),
    'comparing it with the CPU, attempt 2, 0 s of about 1',
  );
  t.end();
});
