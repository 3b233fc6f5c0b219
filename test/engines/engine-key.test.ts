/** Keys of engines: every part counts, and every change is told in words. */
import t from 'tap';
import { DEVICE_FACTS, type DeviceInfo } from '../../dist/core/device-info.js';
import { identify } from '../../dist/device/identify.js';
import { ENGINE_FACTS } from '../../dist/engines/engine-fact.js';
import {
  compareKeys,
  type EngineRequest,
  engineKey,
  keyDigest,
  partMeaning,
} from '../../dist/engines/engine-key.js';
import { boardFolder, machineAt } from '../helpers/fixture-board.js';

const request: EngineRequest = {
  bundleDigest: `sha256:${'ab'.repeat(32)}`,
  preparation: 3,
  provider: 'tensorrt',
  precision: 'fp16',
  shapes: { image: [1, 416, 416, 3], scale_factor: [1, 2] },
  flags: { workspace: 512, dla_core: 'none' },
};
const { info } = await identify(machineAt(boardFolder('jetpack-6.2.2-orin-nano')));
const orin: DeviceInfo = { ...info, onnxruntime: '1.25.1', onnxruntimeProviders: 'tensorrt, cuda, cpu' };
const key = engineKey(request, orin);

t.test('the same request on the same machine is the same key, however it was put together', async (t) => {
  t.match(key.digest, /^[0-9a-f]{64}$/);
  const turned = {
    ...request,
    shapes: { scale_factor: [1, 2], image: [1, 416, 416, 3] },
    flags: { dla_core: 'none', workspace: 512 },
  };
  t.strictSame(engineKey(turned, { ...orin }), key);
  t.equal(keyDigest([...key.parts].reverse()), key.digest);
  t.strictSame(compareKeys(key.parts, engineKey(turned, orin).parts), []);
  t.strictSame(JSON.parse(JSON.stringify(key)), key, 'a manifest can hold it');
});

t.test('each part of the request makes another key, and is named', async (t) => {
  const changes: [Partial<EngineRequest>, string][] = [
    [
      { bundleDigest: `sha256:${'cd'.repeat(32)}` },
      'Model was sha256:abababababab… and is sha256:cdcdcdcdcdcd…: an engine is one model.',
    ],
    [
      { preparation: 4 },
      'Preparation of the graph was 3 and is 4: this version of detectd makes another graph of the model.',
    ],
    [{ precision: 'fp32' }, 'Precision was fp16 and is fp32: it is built into the engine.'],
    [
      { shapes: { ...request.shapes, image: [1, 320, 320, 3] } },
      'Shape of input "image" was 1×416×416×3 and is 1×320×320×3: an engine takes the shapes it was built for.',
    ],
    [
      { shapes: { ...request.shapes, image: { min: [1, 3], opt: [2, 3], max: [4, 3] } } },
      'Shape of input "image" was 1×416×416×3 and is min 1×3, opt 2×3, max 4×3: an engine takes the shapes it was built for.',
    ],
    [
      { shapes: { image: [1, 416, 416, 3] } },
      'Shape of input "scale_factor" was 1×2 and is no longer part of the key: an engine takes the shapes it was built for.',
    ],
    [
      { flags: { ...request.flags, workspace: 256 } },
      'Builder flag "workspace" was 512 and is 256: the engine was built with it.',
    ],
    [
      { flags: { ...request.flags, sparsity: true } },
      'Builder flag "sparsity" is true and was not part of the key: the engine was built with it.',
    ],
  ];
  for (const [change, text] of changes) {
    const other = engineKey({ ...request, ...change }, orin);
    t.not(other.digest, key.digest, text);
    t.strictSame(
      compareKeys(key.parts, other.parts).map((each) => each.text),
      [text],
    );
  }
  const provider = compareKeys(key.parts, engineKey({ ...request, provider: 'cpu' }, orin).parts);
  t.ok(
    provider.some(({ text }) => text === 'Provider was tensorrt and is cpu: each has engines of its own.'),
  );
});

t.test('each fact that matters to the provider makes another key, and no other fact does', async (t) => {
  for (const provider of ['tensorrt', 'cuda', 'cpu'] as const) {
    const here = engineKey({ ...request, provider }, orin);
    for (const fact of DEVICE_FACTS)
      for (const value of ['another', undefined]) {
        const there = engineKey({ ...request, provider }, { ...orin, [fact]: value });
        const matters = ENGINE_FACTS[fact].providers.includes(provider) && value !== orin[fact];
        t.equal(there.digest !== here.digest, matters, `${provider}: ${fact} ${value}`);
        const changes = compareKeys(here.parts, there.parts);
        t.strictSame(
          changes.map(({ name }) => name),
          matters ? [`device ${fact}`] : [],
        );
      }
  }
});

t.test('changes of the machine are told in plain words', async (t) => {
  const text = (change: Partial<DeviceInfo>) =>
    compareKeys(key.parts, engineKey(request, { ...orin, ...change }).parts)[0]?.text;
  t.equal(
    text({ tensorrt: '10.13.3.9' }),
    'TensorRT was 10.3.0.30 and is 10.13.3.9: only the version that built an engine can run it.',
  );
  t.equal(
    text({ powerMode: undefined }),
    'Power mode was 25W and is unknown: kernels were chosen by their speed at the clocks of this mode.',
  );
});

t.test('boards have keys of their own', async (t) => {
  const names = [
    'jetpack-6.0-agx-orin',
    'jetpack-6.2.2-orin-nano',
    'jetpack-7.0-thor',
    'container-jetpack-6.2',
  ];
  const digests = await Promise.all(
    names.map(async (name) => engineKey(request, (await identify(machineAt(boardFolder(name)))).info).digest),
  );
  t.equal(new Set(digests).size, names.length);
});

t.test('parts of another version of the program are still compared', async (t) => {
  const older = [
    ...key.parts.slice(1),
    { name: 'format', value: 0 },
    { name: 'moon', value: { phase: [1, 'full'] } },
  ];
  t.strictSame(
    compareKeys(older, key.parts).map(({ text }) => text),
    [
      'Form of the key was 0 and is 1: this version of detectd builds engines otherwise.',
      '"moon" was phase [1,"full"] and is no longer part of the key: it belongs to the key.',
    ],
  );
  for (const { name } of key.parts) t.notMatch(partMeaning(name).label, '"device');
});
