/** Where a GPU can be used: a worker that really loses its memory is found and replaced. Takes an hour and more. */
import t from 'tap';
import { gpuAccess } from '../../dist/device/gpu-access.js';
import { identifyThisMachine } from '../../dist/device/this-machine.js';
import { leakHandover } from '../../scripts/proof/leak-handover.mjs';
import { noMosquitto } from '../helpers/mosquitto.js';
import { noGstreamer } from '../helpers/test-video.js';

const { info } = await identifyThisMachine(process.env);
const { node } = await gpuAccess();

function lacking(): string | false {
  if (node === undefined) return 'no GPU here';
  if (!info.onnxruntimeProviders?.split(', ').includes('cuda'))
    return 'this onnxruntime-node has no cuda provider';
  if (process.env['DETECTD_LONG'] === undefined) return 'takes hours: set DETECTD_LONG=1';
  return noMosquitto || noGstreamer;
}

t.test(
  'GPU memory that the CUDA provider loses comes back with a fresh worker, without a gap',
  { skip: lacking(), timeout: 7 * 3_600_000 },
  async (t) => {
    const leak = await leakHandover({ kind: 'gpu' });
    t.comment(JSON.stringify(leak));
    t.match(leak.reason, /GPU/);
    t.ok(leak.gapless, 'seq goes on');
    t.ok(leak.freshMb < leak.leakedMb, `${leak.leakedMb} MB, then ${leak.freshMb} MB`);
    t.equal(leak.recycled, 1);
    t.strictSame(leak.failures, []);
  },
);
