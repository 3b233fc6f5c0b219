import t from 'tap';
import { floats, nextAbove } from '../../../dist/inference/decoders/output-data.js';

t.test('an output is as long as it must be, and of floats', async (t) => {
  const data = Float32Array.of(1, 2);
  t.equal(floats({ type: 'float32', data, dims: [2] }, 2), data);
  for (const tensor of [
    undefined,
    { type: 'float32', data, dims: [2] } as const,
    { type: 'int32', data: Int32Array.of(1, 2, 3), dims: [3] } as const,
  ])
    t.throws(() => floats(tensor, 3), { code: 'MODEL_RUN', message: /where 3 float32 numbers/ });
});

t.test('the next score above a threshold is found, and NaN is none', async (t) => {
  const scores = Float32Array.of(0.5, Number.NaN, 0.6, 0.7);
  t.equal(nextAbove(scores, 0, 0.5), 2);
  t.equal(nextAbove(scores, 3, 0.5), 3);
  t.equal(nextAbove(scores, 0, 0.9), 4);
});
