/**
 * Why there is no engine, in words. On a copy of a board's files each fact is changed where the board itself would
 * change it: another key, the engine that is there never opened, and the change named.
 */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { DeviceInfo } from '../../dist/core/device-info.js';
import { identify } from '../../dist/device/identify.js';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { type EngineRequest, engineKey } from '../../dist/engines/engine-key.js';
import { explainEngine } from '../../dist/engines/explain.js';
import { boardFolder, machineAt } from '../helpers/fixture-board.js';
import { built, kept, madeUpFacts, madeUpKey, madeUpKeys } from '../helpers/made-up-engine.js';

const LIBRARIES = 'usr/lib/aarch64-linux-gnu';
const CUDA = 'usr/local/cuda-12.6/targets/aarch64-linux/lib';
const request: EngineRequest = {
  bundleDigest: `sha256:${'ab'.repeat(32)}`,
  preparation: 1,
  provider: 'tensorrt',
  precision: 'fp16',
  shapes: { picture: [1, 416, 416, 3] },
  flags: { mode: 'live', format: 'RGBA' },
};

/** The files of a board that a test may change. */
function board(folder: string): string {
  cpSync(boardFolder('jetpack-6.2.2-orin-nano'), folder, { recursive: true, verbatimSymlinks: true });
  const runtime = join(folder, 'opt/detectd/node_modules/onnxruntime-node');
  mkdirSync(runtime, { recursive: true });
  writeFileSync(join(runtime, 'package.json'), '{"name":"onnxruntime-node","version":"1.25.1"}');
  return folder;
}

const look = async (folder: string, architecture = 'arm64'): Promise<DeviceInfo> =>
  (await identify(machineAt(folder, { architecture }))).info;

/** Replaces in a file of the board. */
const edit =
  (path: string, was: string | RegExp, is: string) =>
  (folder: string): void => {
    const at = join(folder, path);
    const text = readFileSync(at, 'latin1');
    if (text.search(was) < 0) throw new Error(`${path} does not say ${was}`);
    writeFileSync(at, text.replaceAll(new RegExp(was, 'g'), is), 'latin1');
  };

/** Another version of a library, as the link to it and its package say. */
const library =
  (folderOf: string, name: string, was: string, is: string) =>
  (folder: string): void => {
    const at = join(folder, folderOf);
    renameSync(join(at, `${name}.${was}`), join(at, `${name}.${is}`));
    const link = join(at, `${name}.${was.split('.')[0]}`);
    rmSync(link);
    symlinkSync(`${name}.${is}`, link);
    const text = readFileSync(join(folder, 'var/lib/dpkg/status'), 'utf8');
    writeFileSync(join(folder, 'var/lib/dpkg/status'), text.replaceAll(was, is));
  };

/** What is changed, how, and which of the key's parts differ then. */
const CHANGES: [string, (folder: string) => void, RegExp[]][] = [
  [
    'TensorRT',
    library(LIBRARIES, 'libnvinfer.so', '10.3.0', '10.7.0'),
    [/^TensorRT was 10\.3\.0.* is 10\.7\.0/],
  ],
  ['cuDNN', library(LIBRARIES, 'libcudnn.so', '9.3.0', '9.4.0'), [/^cuDNN was 9\.3\.0.* is 9\.4\.0/]],
  ['CUDA', library(CUDA, 'libcudart.so', '12.6.68', '12.6.77'), [/^CUDA was 12\.6\.68 and is 12\.6\.77/]],
  [
    'L4T, and the driver with it',
    edit('etc/nv_tegra_release', 'REVISION: 5.0', 'REVISION: 4.4'),
    [/^L4T was 36\.5\.0 and is 36\.4\.4/, /^GPU driver was nvgpu of L4T 36\.5\.0/],
  ],
  [
    'the board',
    edit('sys/firmware/devicetree/base/model', 'Orin Nano', 'Orin NX'),
    [/^Board was NVIDIA Jetson Orin Nano/],
  ],
  [
    'the module',
    edit('sys/firmware/devicetree/base/nvidia,boardids', 'p3767-0005', 'p3767-0003'),
    [/^Module was p3767-0005 and is p3767-0003/],
  ],
  [
    'the SoC, and the GPU with it',
    edit('sys/firmware/devicetree/base/compatible', 'tegra234', 'tegra264'),
    [/^SoC was tegra234 and is tegra264/, /^GPU was Ampere/, /^Compute capability was 8\.7/],
  ],
  ['the power mode', edit('usr/sbin/nvpmodel', '25W', '15W'), [/^Power mode was 25W and is 15W/]],
  [
    'ONNX Runtime',
    edit('opt/detectd/node_modules/onnxruntime-node/package.json', '1\\.25\\.1', '1.26.0'),
    [/^ONNX Runtime was 1\.25\.1 and is 1\.26\.0/],
  ],
];

t.test('each fact of a board that changes is another key, and is named', async (t) => {
  const cache = new EngineCache({ folder: join(t.testdir(), 'cache'), maxBytes: 1e9 });
  for (const [what, change, expected] of CHANGES) {
    const folder = board(join(t.testdirName, what));
    const before = engineKey(request, await look(folder));
    if ((await cache.inspect(before.digest)).state === 'missing') await kept(cache, before);
    change(folder);
    const after = engineKey(request, await look(folder));
    t.not(after.digest, before.digest, what);
    t.strictSame(await cache.open(after.digest), { state: 'missing' }, 'the engine is not opened');
    const listing = await cache.list();
    const explanation = explainEngine({ key: after, model: 'people' }, { state: 'missing' }, listing);
    t.match(explanation, { state: 'missing', summary: /^None was built for exactly this\. / });
    const [nearest] = explanation.others;
    t.equal(nearest?.key, before.digest);
    for (const sentence of expected)
      t.ok(
        nearest?.differences.some((text) => sentence.test(text)),
        `${what}: ${nearest?.differences.join(' ')}`,
      );
    t.ok(explanation.summary.includes(nearest?.differences[0] ?? '?'));
  }
});

t.test('another architecture, and processor extensions on the CPU, are named too', async (t) => {
  const folder = board(join(t.testdir(), 'board'));
  const cache = new EngineCache({ folder: t.testdirName, maxBytes: 1e9 });
  const onCpu = { ...request, provider: 'cpu', precision: 'fp32' } as const;
  const before = engineKey(onCpu, await look(folder));
  await kept(cache, before);
  const differences = async (device: DeviceInfo): Promise<string[]> => {
    const key = engineKey(onCpu, device);
    t.strictSame(await cache.open(key.digest), { state: 'missing' });
    const listing = await cache.list();
    return (
      explainEngine({ key, model: 'people' }, { state: 'missing' }, listing).others[0]?.differences ?? []
    );
  };
  t.match(await differences(await look(folder, 'x64')), [/^Architecture was arm64 and is x64/]);
  edit('proc/cpuinfo', 'asimddp', 'nothing')(folder);
  t.match(await differences(await look(folder)), [/^Processor extensions was asimd asimddp and is asimd/]);
});

t.test('an engine that is there, one that is bad, and one that is being built', async (t) => {
  const cache = new EngineCache({ folder: t.testdir(), maxBytes: 1e9 });
  const [key] = madeUpKeys;
  const engine = await built(cache, key);
  const wanted = { key, model: 'people' };
  const { manifest } = engine;
  const explain = async (found: Parameters<typeof explainEngine>[1]) =>
    explainEngine(wanted, found, await cache.list());
  t.match(await explain({ state: 'usable', manifest }), {
    state: 'usable',
    summary: /^It is there and whole: built .* by detectd .* in 1\.5 s\.$/,
    others: [],
  });
  await engine.close();
  writeFileSync(join(engine.folder, 'engine'), 'x');
  const bad = await cache.open(key.digest);
  if (bad.state !== 'bad') throw new Error(bad.state);
  t.match(await explain(bad), {
    state: 'bad',
    summary: 'It is damaged and will be built again: engine has 1 bytes, not 10.',
    setAside: [{ name: `${key.digest}.bad-1`, reason: 'engine has 1 bytes, not 10' }],
  });
  t.match(await explain({ state: 'missing' }), {
    summary: 'None was built for this model with the provider cpu.',
  });
  const acquired = await cache.acquire(key);
  t.match(await explain({ state: 'missing' }), { state: 'building' });
  if (acquired.kind === 'build') await acquired.build.abandon();
});

t.test('the nearest engines of the same model come first, those of others not at all', async (t) => {
  const cache = new EngineCache({ folder: t.testdir(), maxBytes: 1e9 });
  const keys = {
    nearer: madeUpKey(1, { precision: 'fp16' }),
    far: madeUpKey(1, { precision: 'fp16', shapes: {} }),
    otherProvider: madeUpKey(1, { provider: 'cuda' }),
    earlierVersion: madeUpKey(2),
  };
  for (const key of Object.values(keys)) await kept(cache, key);
  const acquired = await cache.acquire(madeUpKey(3));
  if (acquired.kind === 'build') {
    writeFileSync(join(acquired.build.folder, 'engine'), '');
    const engine = await acquired.build.commit({ ...madeUpFacts, model: { name: 'cars', version: '1' } });
    await engine.close();
  }
  const [key] = madeUpKeys;
  const { others, summary } = explainEngine(
    { key, model: 'people' },
    { state: 'missing' },
    await cache.list(),
  );
  t.equal(others.length, 3);
  t.match(
    new Set(others.slice(0, 2).map((other) => other.key)),
    new Set([keys.nearer.digest, keys.earlierVersion.digest]),
  );
  t.equal(others[2]?.key, keys.far.digest);
  t.match(summary, /\.$/);
  const onCuda = explainEngine(
    { key: madeUpKey(4, { provider: 'cuda' }), model: 'cars' },
    { state: 'missing' },
    await cache.list(),
  );
  t.match(onCuda.summary, /^None was built for this model with the provider cuda, only for others\.$/);
  t.ok(onCuda.others[0]?.differences.includes('Provider was cpu and is cuda: each has engines of its own.'));
});
