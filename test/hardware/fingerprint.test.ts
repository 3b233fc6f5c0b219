/** On a Jetson or a machine with a card: what it is, printed, and complete enough to build engines for. */
import t from 'tap';
import { DEVICE_FACTS } from '../../dist/core/device-info.js';
import { identifyThisMachine } from '../../dist/device/this-machine.js';

const { info, sources } = await identifyThisMachine(process.env);
const isJetson = info.soc !== undefined;
const noGpu =
  info.gpu === undefined && info.driver === undefined ? `no NVIDIA GPU here: ${sources.gpu}` : false;

t.test('the fingerprint of this machine is known', { skip: noGpu }, async (t) => {
  for (const fact of DEVICE_FACTS) t.comment(`${fact}: ${info[fact] ?? '-'} (${sources[fact]})`);
  const needed = isJetson
    ? (['board', 'l4t', 'jetpack', 'soc', 'computeCapability', 'cuda', 'tensorrt', 'powerMode'] as const)
    : (['gpu', 'computeCapability', 'driver'] as const);
  for (const fact of needed) t.ok(info[fact], `${fact}: ${sources[fact]}`);
  const again = await identifyThisMachine(process.env);
  t.strictSame(again.info, info, 'it is the same when asked again');
});
