/** What should run, from the configuration and the machine. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig } from '../../dist/config/load.js';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import { RunPlans } from '../../dist/supervisor/run-plans.js';

const CONFIG = {
  models: { people: { bundle: 'people', provider: 'auto' } },
  cameras: { gate: { source: 'test:ball', model: 'people' } },
};

async function loaded(folder: string) {
  return loadConfig(join(folder, 'detectd.yaml'), { env: {} });
}

t.test('the machine and the trusted providers are part of the plan', async (t) => {
  const folder = t.testdir({ 'detectd.yaml': JSON.stringify(CONFIG) });
  const settings: string[] = [];
  const plans = new RunPlans({
    env: {},
    pretty: false,
    measureCpu: true,
    providers: (model) => {
      settings.push(model.provider);
      return ['cuda', 'cpu'];
    },
    bundleOf: (_name, { bundle }) => bundle,
  });
  const config = await loaded(folder);
  t.strictSame(plans.worker(config).device, UNKNOWN_DEVICE);
  plans.device = { ...UNKNOWN_DEVICE, driver: '540' };
  t.match(plans.worker(config), {
    device: { driver: '540' },
    models: [{ name: 'people', bundle: join(folder, 'people'), providers: ['cuda', 'cpu'] }],
    measureCpu: true,
    log: { pretty: false },
  });
  t.strictSame(settings, ['auto', 'auto']);
  const other = plans.worker(config, { model: 'people', path: '/store/2' });
  t.equal(other.models[0]?.bundle, '/store/2', 'a version that is to be tried');
});

t.test('the folders that are written to are made, or it is said that they cannot be', async (t) => {
  const folder = t.testdir({
    file: '',
    'detectd.yaml': JSON.stringify({ ...CONFIG, paths: { cache: 'made/cache', state: 'made/state' } }),
    'wrong.yaml': JSON.stringify({ ...CONFIG, paths: { cache: 'file/cache', state: 'made/state' } }),
  });
  const plans = new RunPlans({
    ...{ env: {}, pretty: false, measureCpu: false },
    providers: () => ['cpu'],
    bundleOf: () => undefined,
  });
  await plans.ensureFolders((await loaded(folder)).config);
  t.ok(statSync(join(folder, 'made/cache')).isDirectory());
  const { config } = await loadConfig(join(folder, 'wrong.yaml'), { env: {} });
  await t.rejects(plans.ensureFolders(config), { code: 'FOLDER_UNWRITABLE' });
});
