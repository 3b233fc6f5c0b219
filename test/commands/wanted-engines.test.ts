/** The engines that a configuration wants. */
import { join } from 'node:path';
import t from 'tap';
import { configuredModels, providersOf, wantedEngines } from '../../dist/commands/wanted-engines.js';
import { testConfig } from '../helpers/config.js';
import { madeUpDevice } from '../helpers/made-up-engine.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';

t.test('each model in each way its pictures arrive, and on each provider that it may use', async (t) => {
  const folder = t.testdir();
  const bundle = tinyBundle(join(folder, 'things'));
  const anySize = tinyBundle(join(folder, 'any'), { anySize: true });
  const config = testConfig({
    models: {
      things: { bundle, provider: 'auto' },
      any: { bundle: anySize, provider: 'cpu' },
      unused: { bundle, provider: 'tensorrt', precision: 'fp16' },
      gone: { bundle: join(folder, 'gone') },
    },
    cameras: {
      a: { source: 'test:ball', model: 'things' },
      b: { source: 'test:ball', model: 'things', slicing: {} },
      c: { source: 'test:ball', model: 'any' },
    },
  });
  const device = { ...madeUpDevice, onnxruntimeProviders: 'cuda, cpu, webgpu' };
  const { wanted, problems } = await wantedEngines(configuredModels(config), {
    ...{ device, format: 'RGB', scratchFolder: folder },
    providers: ({ provider }) => providersOf(provider, device),
  });
  t.strictSame(
    wanted.flatMap((each) =>
      each.choices.map(({ wish }) => `${each.plan.name} ${wish.mode} ${wish.provider} ${wish.precision}`),
    ),
    [
      ...['things live cuda fp32', 'things live cpu fp32', 'things exact cuda fp32', 'things exact cpu fp32'],
      ...['any exact cpu fp32', 'unused live tensorrt fp16', 'unused live tensorrt fp32'],
    ],
  );
  const keys = wanted.flatMap(({ choices }) => choices.map(({ key }) => key.digest));
  t.equal(new Set(keys).size, keys.length);
  t.match(problems, [{ model: 'gone', error: { code: 'BUNDLE_NOT_FOUND' } }]);
});

t.test('auto is what ONNX Runtime brings, best first, and the CPU in any case', async (t) => {
  t.strictSame(providersOf('auto', { onnxruntimeProviders: undefined }), ['cpu']);
  t.strictSame(providersOf('auto', { onnxruntimeProviders: 'cpu, cuda, tensorrt' }), [
    'tensorrt',
    'cuda',
    'cpu',
  ]);
  t.strictSame(providersOf('cuda', { onnxruntimeProviders: 'cpu' }), ['cuda']);
});
