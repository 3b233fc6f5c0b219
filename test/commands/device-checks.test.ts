/** What doctor says of each board, and of what does not belong together. */
import t from 'tap';
import { type DeviceState, deviceFindings, isJetson } from '../../dist/commands/device-checks.js';
import type { Finding } from '../../dist/commands/finding.js';
import type { DeviceIdentity, DeviceInfo } from '../../dist/core/device-info.js';
import { loadCompatibility } from '../../dist/device/compatibility.js';
import { identify } from '../../dist/device/identify.js';
import { boardFolder, machineAt } from '../helpers/fixture-board.js';

const compatibility = loadCompatibility();
const access = { node: '/dev/nvmap', trtexec: '/usr/src/tensorrt/bin/trtexec' };
const complete = { onnxruntime: '1.25.1', onnxruntimeProviders: 'tensorrt, cuda, cpu' };

async function board(name: string, architecture = 'arm64'): Promise<DeviceIdentity> {
  return identify(machineAt(boardFolder(name), { architecture }));
}

function findings(
  identity: DeviceIdentity,
  info: Partial<DeviceInfo> = {},
  other: Partial<DeviceState> = {},
) {
  const changed = { ...identity, info: { ...identity.info, ...complete, ...info } };
  return deviceFindings({ identity: changed, access, compatibility, ...other });
}

function troubles(found: Finding[]): string[] {
  return found.filter(({ state }) => state !== 'ok').map(({ check }) => check);
}

const orin = await board('jetpack-6.2.2-orin-nano');
const container = await board('container-jetpack-6.2');

t.test('boards as JetPack leaves them are well; on 5.1 it is said what they get', async (t) => {
  for (const name of [
    'jetpack-6.0-agx-orin',
    'jetpack-6.2.2-orin-nano',
    'jetpack-7.0-thor',
    'jetpack-7.2-agx-orin',
  ])
    t.strictSame(troubles(findings(await board(name))), [], name);
  t.strictSame(troubles(findings(container)), []);
  const xavier = findings(await board('jetpack-5.1.2-xavier'));
  t.strictSame(troubles(xavier), []);
  t.match(
    xavier.find(({ check }) => check === 'jetpack'),
    { detail: /^JetPack 5\.1\.2: TensorRT 8\.5 can be used with onnxruntime 1\.17\.3, by its sources/ },
  );
});

t.test(
  'a JetPack that is too old for TensorRT or for detectd is told, with what the board can have',
  async (t) => {
    const xavier = await board('jetpack-5.1.2-xavier');
    const jetpack = (l4t: string, soc: string) =>
      findings(xavier, { l4t, soc }).find(({ check }) => check === 'jetpack');
    t.match(jetpack('35.1.0', 'tegra194'), { detail: /run on the CUDA provider/, cure: /JetPack 5\.1\.6/ });
    t.match(jetpack('35.1.0', 'tegra234'), { cure: /JetPack 6 or 7/ });
    t.match(jetpack('32.7.1', 'tegra194'), { detail: /does not run here/, cure: /JetPack 5\.1\.6/ });
    t.match(jetpack('32.7.1', 'tegra210'), {
      detail: /does not run here/,
      cure: /no further than JetPack 4\.6/,
    });
  },
);

t.test('versions are told with where they were found', async (t) => {
  const found = findings(orin);
  const detail = (check: string) => found.find((each) => each.check === check)?.detail;
  t.match(
    detail('device'),
    /^NVIDIA Jetson Orin Nano .*Jetson Orin Nano 8 GB \(developer kit\) \(p3767-0005\), tegra234/,
  );
  t.equal(detail('jetson linux'), 'L4T 36.5.0 (/etc/nv_tegra_release), JetPack 6.2.2 (by L4T 36.5.0)');
  t.match(detail('cuda'), /^CUDA 12\.6\.68 \(\/usr\/local\/cuda-12\.6\/.*libcudart\.so\.12\.6\.68/);
  t.equal(detail('gpu'), 'Ampere (Orin), compute capability 8.7, driver nvgpu of L4T 36.5.0');
  t.equal(detail('power mode'), '25W (nvpmodel -q)');
});

t.test('what is missing names the package of this JetPack', async (t) => {
  const found = findings(orin, { cuda: undefined, cudnn: undefined, tensorrt: undefined });
  t.strictSame(troubles(found), ['cuda', 'cudnn', 'tensorrt']);
  const cures = found.flatMap(({ cure }) => cure ?? []);
  t.strictSame(cures, [
    'apt-get install cuda-toolkit-12-6',
    'apt-get install libcudnn9-cuda-12',
    'apt-get install libnvinfer10 libnvinfer-plugin10 libnvonnxparsers10',
  ]);
  t.match(
    findings(container, { tensorrt: undefined }).find(({ check }) => check === 'tensorrt'),
    {
      cure: /^In the image: apt-get install libnvinfer10 .*; or use nvcr\.io\/nvidia\/l4t-jetpack:r36\.4\.0\.$/,
    },
  );
  const access = { node: '/dev/nvmap', trtexec: undefined };
  t.match(
    findings(orin, {}, { access }).find(({ check }) => check === 'trtexec'),
    {
      state: 'warning',
      cure: 'apt-get install libnvinfer-bin',
    },
  );
});

t.test('libraries of another JetPack are told from those that were upgraded', async (t) => {
  const found = findings(orin, { cuda: '13.0.48', tensorrt: '11.4.1', cudnn: '9.20.0' });
  t.strictSame(troubles(found), ['cuda', 'tensorrt']);
  const by = (check: string) => found.find((each) => each.check === check);
  t.match(by('cuda'), { detail: /is of another JetPack: JetPack 6\.2\.2 comes with 12\.6$/ });
  t.match(by('cudnn'), { state: 'ok', detail: /; JetPack 6\.2\.2 comes with 9\.3\.0$/ });
});

t.test('an L4T that is not listed is taken for the one before, or not judged', async (t) => {
  const linux = (l4t: string, jetpack?: string) =>
    findings(orin, { l4t, jetpack }).find(({ check }) => check === 'jetson linux');
  t.match(linux('36.4.9'), {
    state: 'ok',
    detail: /not in the table, taken for 36\.4\.7 \(JetPack 6\.2\.1\)$/,
  });
  t.match(linux('41.0.0'), { state: 'warning', detail: /is newer than 39\.2\.1/, cure: /newer detectd/ });
  t.match(linux('37.1.0', '6.9'), { state: 'warning', detail: /JetPack 6\.9 .*not in the table/ });
  const unknown = findings(orin, { l4t: '41.0.0', tensorrt: undefined }).find(
    ({ check }) => check === 'tensorrt',
  );
  t.equal(unknown?.cure, 'apt-get install nvidia-jetpack');
});

t.test('containers are held against their host', async (t) => {
  const image = findings(container, { imageL4t: '35.4' });
  t.match(
    image.find(({ check }) => check === 'container image'),
    {
      state: 'warning',
      detail: /made for L4T 35\.4 .*host has L4T 36\.4\.3/,
      cure: 'Use an image for L4T 36: nvcr.io/nvidia/l4t-jetpack:r36.4.0.',
    },
  );
  const none = findings(container, {}, { access: { ...access, node: undefined } });
  t.match(
    none.find(({ check }) => check === 'container gpu'),
    { cure: /^docker run --runtime nvidia/ },
  );
  t.match(
    findings(container, { l4t: undefined, imageL4t: undefined }).find(
      ({ check }) => check === 'jetson linux',
    ),
    {
      cure: /-v \/etc\/nv_tegra_release/,
    },
  );
  t.match(
    findings(orin, { l4t: undefined }).find(({ check }) => check === 'jetson linux'),
    {
      cure: /nvidia-l4t-core/,
    },
  );
});

t.test('the published runtime is told from a build for the board', async (t) => {
  const found = findings(orin, { onnxruntime: '1.30.0', onnxruntimeProviders: 'cpu' });
  t.match(
    found.find(({ check }) => check === 'onnxruntime provider'),
    {
      detail: /1\.30\.0 brings cpu and not tensorrt/,
      cure: /Build onnxruntime 1\.25\.1 on the board with jetson\/build-onnxruntime/,
    },
  );
  t.strictSame(troubles(findings(orin, { onnxruntime: undefined, onnxruntimeProviders: undefined })), []);
});

t.test('other machines are one line, cards their own', async (t) => {
  const nothing = await board('nothing');
  t.equal(isJetson(nothing), false);
  t.strictSame(findings(nothing), [
    {
      check: 'device',
      state: 'ok',
      detail: 'arm64, Debian GNU/Linux 12 (bookworm); no NVIDIA GPU: models run on the CPU',
    },
  ]);
  const card = findings(await board('x86-card', 'x64'));
  t.match(card[1], { check: 'gpu', detail: /RTX 4090/ });
});

t.test('every finding that is not well has its cure', async (t) => {
  const bare: Partial<DeviceInfo> = {
    cuda: undefined,
    tensorrt: undefined,
    onnxruntimeProviders: 'cpu',
    powerMode: undefined,
  };
  for (const l4t of [undefined, '32.7.1', '35.1.0', '36.4.9', '38.4.0', '41.0.0'])
    for (const [name, machine] of [
      ['orin', orin],
      ['container', container],
    ] as const)
      for (const { state, check, cure, detail } of findings(machine, { ...bare, l4t })) {
        t.equal(state === 'ok', cure === undefined, `${name} ${l4t} ${check}`);
        t.notMatch(`${detail} ${cure ?? ''}`, 'undefined', `${name} ${l4t} ${check}`);
      }
});
