/** Whether a model takes several pictures at once. */
import { join } from 'node:path';
import t from 'tap';
import { openBundle } from '../../dist/bundle/bundle.js';
import { requireBatchFit } from '../../dist/worker/batch-fit.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';

t.test('it is tried, and refused with the reason', async (t) => {
  const folder = t.testdir({});
  const fit = await openBundle(tinyBundle(join(folder, 'fit'), { batches: true }), folder);
  await t.resolves(requireBatchFit(fit, 'RGB', 8));
  const unfit = await openBundle(tinyBundle(join(folder, 'unfit')), folder);
  await t.rejects(requireBatchFit(unfit, 'RGB', 8), { code: 'MODEL_INPUT', message: /cannot take batches/ });
});
