/** The table of releases: what it says, and what is made of an L4T that it does not know. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import {
  loadCompatibility,
  newestL4t,
  parseCompatibility,
  releaseOf,
} from '../../dist/device/compatibility.js';

const compatibility = loadCompatibility();

/** After NVIDIA's release notes and jetson_stats: L4T, JetPack, Ubuntu, CUDA, cuDNN, TensorRT, onnxruntime. */
const TABLE = [
  ['32.6.1', '4.6', '18.04', '10.2', '8.2.1', '8.0.1', '1.11.0'],
  ['32.7.1', '4.6.1', '18.04', '10.2', '8.2.1', '8.2.1', '1.11.0'],
  ['32.7.6', '4.6.6', '18.04', '10.2', '8.2.1', '8.2.1', '1.11.0'],
  ['35.1.0', '5.0.2', '20.04', '11.4', '8.4.1', '8.4.1', '1.17.3'],
  ['35.2.1', '5.1', '20.04', '11.4', '8.6.0', '8.5.2', '1.17.3'],
  ['35.4.1', '5.1.2', '20.04', '11.4', '8.6.0', '8.5.2', '1.17.3'],
  ['35.6.4', '5.1.6', '20.04', '11.4', '8.6.0', '8.5.2', '1.17.3'],
  ['36.3.0', '6.0', '22.04', '12.2', '8.9.4', '8.6.2', '1.17.3'],
  ['36.4.0', '6.1', '22.04', '12.6', '9.3.0', '10.3.0', '1.25.1'],
  ['36.4.3', '6.2', '22.04', '12.6', '9.3.0', '10.3.0', '1.25.1'],
  ['36.4.4', '6.2.1', '22.04', '12.6', '9.3.0', '10.3.0', '1.25.1'],
  ['36.5.0', '6.2.2', '22.04', '12.6', '9.3.0', '10.3.0', '1.25.1'],
  ['38.2.0', '7.0', '24.04', '13.0', '9.12', '10.13', '1.25.1'],
  ['38.4.0', '7.1', '24.04', '13.0', '9', '10.13', '1.25.1'],
  ['39.2.0', '7.2', '24.04', '13.2', '9.20.0', '10.16', '1.25.1'],
];

t.test('each release brings what its makers say', async (t) => {
  for (const [l4t = '', ...expected] of TABLE) {
    const match = releaseOf(compatibility, l4t);
    const { ubuntu, cuda, cudnn, tensorrt, onnxruntime } = match?.release ?? {};
    t.strictSame([match?.jetpack, ubuntu, cuda, cudnn, tensorrt, onnxruntime?.version], expected, l4t);
    t.equal(match?.exact, true);
  }
});

t.test('each SoC has its compute capability', async (t) => {
  const capabilities = Object.entries(compatibility.socs).map(([soc, entry]) => [
    soc,
    entry.computeCapability,
  ]);
  t.strictSame(Object.fromEntries(capabilities), {
    tegra210: '5.3',
    tegra186: '6.2',
    tegra194: '7.2',
    tegra234: '8.7',
    tegra264: '11.0',
  });
  for (const { socs } of compatibility.releases) for (const soc of socs) t.ok(soc in compatibility.socs, soc);
});

t.test('an L4T is listed once, and engines in files need onnxruntime 1.17 with TensorRT', async (t) => {
  const all = compatibility.releases.flatMap(({ l4t }) => Object.keys(l4t));
  t.equal(new Set(all).size, all.length);
  for (const { l4t, onnxruntime, best } of compatibility.releases) {
    const { version, epContext, providers, build } = onnxruntime;
    const minor = Number(version.split('.')[1]);
    t.equal(epContext, minor >= 17 && providers.includes('tensorrt'));
    t.equal(providers[0] ?? 'none', best, 'the best provider is one that is built');
    t.equal(build !== undefined, best !== 'none', `${Object.keys(l4t)[0]}: what its build takes`);
  }
});

t.test('what cannot be had is not asked for', async (t) => {
  for (const { node, best, cuda, onnxruntime, notes } of compatibility.releases) {
    t.strictSame(node, best === 'none' ? [] : [20, 22, 24]);
    // Only JetPack 5 has to be given a newer CUDA, and its notes say so.
    const { build } = onnxruntime;
    if (build !== undefined && Number(build.cuda) > Number(cuda))
      t.match(notes[0], new RegExp(`CUDA ${build.cuda} and GCC 10 or 11`));
    t.ok(build === undefined || Number.parseInt(build.gccMax, 10) >= Number.parseInt(build.gcc, 10));
  }
});

t.test('an L4T between two is taken as the older, one of another major as none', async (t) => {
  t.match(releaseOf(compatibility, '36.4.9'), { l4t: '36.4.7', jetpack: '6.2.1', exact: false });
  t.match(releaseOf(compatibility, '36.99.0'), { exact: false });
  t.equal(releaseOf(compatibility, '37.0.0'), undefined);
  t.equal(releaseOf(compatibility, '99.1.0'), undefined);
  t.equal(releaseOf(compatibility, '28.1.0'), undefined);
  t.equal(newestL4t(compatibility), '39.2.1');
});

t.test('a table that is damaged or missing is a defect of the installation', async (t) => {
  for (const text of ['', '{', '{}', '{"about":"","socs":{},"releases":[]}', 'null'])
    t.throws(() => parseCompatibility(text), { code: 'INTERNAL', hint: /Install detectd again/ }, text);
  t.throws(() => loadCompatibility(pathToFileURL(join(t.testdir({}), 'none.json'))), { code: 'INTERNAL' });
});
