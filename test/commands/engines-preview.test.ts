/** Whether wanted engines are there, and how long they take. */
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { previewEngines } from '../../dist/commands/engines-preview.js';
import type { WantedEngines } from '../../dist/commands/wanted-engines.js';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { noteRefusal } from '../../dist/engines/engine-refusals.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { kept, madeUpKey } from '../helpers/made-up-engine.js';
import { modelPlan } from '../helpers/plans.js';

const { signal } = new AbortController();

function wanted(number: number): WantedEngines {
  const key = madeUpKey(number);
  const wish = { key: key.digest, provider: 'cpu', precision: 'fp32', mode: 'live', format: 'RGB' } as const;
  return { plan: modelPlan(), bundleName: 'people', mode: 'live', choices: [{ wish, key }] };
}

t.test('every state of an engine is told apart, and nothing is changed', async (t) => {
  const folder = t.testdir();
  const cache = new EngineCache({ folder, maxBytes: 1e9 });
  await kept(cache, madeUpKey(1));
  await kept(cache, madeUpKey(2));
  truncateSync(join(cache.engines.engine(madeUpKey(2).digest), 'engine'), 1);
  const refusal = { code: 'ENGINE_REFUSED', reason: 'It finds nothing.', final: true };
  await noteRefusal(folder, madeUpKey(3).digest, refusal, new FakeClock());
  await noteRefusal(folder, madeUpKey(4).digest, { ...refusal, final: false }, new FakeClock());
  const nobody = { ...wanted(5), choices: [] };
  const all = [wanted(1), wanted(2), wanted(3), wanted(4), nobody];
  const previewed = await previewEngines(all, cache, folder, signal);
  t.match(previewed, [
    { model: 'people', state: 'there', reason: undefined },
    { state: 'bad', reason: /1 bytes/, expectedMs: 1500 },
    { state: 'refused', reason: 'It finds nothing.' },
    { state: 'missing', reason: undefined, expectedMs: 1500 },
  ]);
  t.equal(previewed.length, 4);
  t.strictSame((await cache.list()).bad, []);
});
