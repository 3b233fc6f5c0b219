/** What a daemon would run, as commands see it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { missingFindings, servingBundles } from '../../dist/commands/serving-bundles.js';
import { writeSlot } from '../../dist/models/slot-file.js';
import { slotPath, storeLayout } from '../../dist/models/store-layout.js';
import { testConfig } from '../helpers/config.js';
import { madeUpTarget, servingSlot } from '../helpers/model-slots.js';

t.test('a fetched model is its version in the store, and one that is not there yet is said', async (t) => {
  const state = t.testdir();
  const layout = storeLayout(state);
  mkdirSync(layout.slots, { recursive: true });
  const slot = servingSlot('1');
  const path = join(layout.versions, slot.active?.archive ?? '', 'bundle');
  const active = { ...slot.active, path } as NonNullable<typeof slot.active>;
  await writeSlot(slotPath(layout, 'people'), { ...slot, active }, layout.versions);
  const { sha256 } = madeUpTarget('1');
  const config = testConfig({
    models: {
      people: { bundle: 'file:/srv/1.tar.gz', sha256 },
      cars: { bundle: 'https://models.example/cars.tar.gz', sha256 },
      trees: { bundle: '/srv/trees' },
    },
    cameras: { gate: { source: 'test:shapes', model: 'people' } },
  });
  const bundles = await servingBundles(config, state);
  t.strictSame(
    bundles,
    new Map([
      ['people', path],
      ['cars', undefined],
      ['trees', '/srv/trees'],
    ]),
  );
  t.match(missingFindings(bundles), [{ check: 'model cars', state: 'warning', cure: /models install cars/ }]);
});
