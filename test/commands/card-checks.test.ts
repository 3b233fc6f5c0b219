/** What doctor says of machines with a card. */
import t from 'tap';
import { cardFindings } from '../../dist/commands/card-checks.js';
import type { Finding } from '../../dist/commands/finding.js';
import type { DeviceIdentity, DeviceInfo } from '../../dist/core/device-info.js';
import { identify } from '../../dist/device/identify.js';
import { boardFolder, machineAt } from '../helpers/fixture-board.js';

const card = await identify(machineAt(boardFolder('x86-card'), { architecture: 'x64' }));

function findings(info: Partial<DeviceInfo>, sources = {}): Finding[] {
  const identity: DeviceIdentity = {
    info: { ...card.info, onnxruntime: '1.30.0', onnxruntimeProviders: 'tensorrt, cuda, cpu', ...info },
    sources: { ...card.sources, onnxruntime: '/opt/node_modules/onnxruntime-node', ...sources },
  };
  return cardFindings(identity);
}

t.test('a card with all that it needs is well', async (t) => {
  const found = findings({});
  t.ok(found.every(({ state }) => state === 'ok'));
  t.match(
    found.find(({ check }) => check === 'gpu'),
    { detail: 'NVIDIA GeForce RTX 4090, compute capability 8.9, driver 570.195.03' },
  );
});

t.test('libraries that are missing or of another major name what to install', async (t) => {
  const found = findings({
    cuda: '13.0.48',
    cudnn: undefined,
    tensorrt: undefined,
    computeCapability: undefined,
  });
  const by = (check: string) => found.find((each) => each.check === check);
  t.match(by('cuda'), { state: 'warning', detail: /needs CUDA 12$/, cure: /CUDA 12/ });
  t.match(by('cudnn'), { state: 'warning', detail: /^missing: /, cure: /libcudnn9-cuda-12/ });
  t.match(by('tensorrt'), { state: 'warning', cure: /libnvinfer10 .*libnvinfer-bin/ });
  t.match(by('gpu'), { state: 'ok', detail: /compute capability unknown \(nvidia-smi/ });
});

t.test('a runtime without its CUDA part names the command that fetches it', async (t) => {
  t.match(findings({ onnxruntimeProviders: 'cpu' }).at(-1), {
    check: 'onnxruntime provider',
    state: 'warning',
    cure: 'ONNXRUNTIME_NODE_INSTALL=true node /opt/node_modules/onnxruntime-node/script/install.js',
  });
});
