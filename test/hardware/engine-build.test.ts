/** Where a GPU can be used: its engines are built, accepted against the CPU, cached, and found again. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { gpuAccess } from '../../dist/device/gpu-access.js';
import { identifyThisMachine } from '../../dist/device/this-machine.js';

const { info } = await identifyThisMachine(process.env);
const { node, trtexec } = await gpuAccess();
const brought = new Set(info.onnxruntimeProviders?.split(', '));

function lacking(provider: string): string | false {
  if (node === undefined) return 'no GPU here';
  if (!brought.has(provider)) return `this onnxruntime-node has no ${provider} provider`;
  return provider === 'tensorrt' && trtexec === undefined ? 'no trtexec here' : false;
}

for (const [provider, precision] of [
  ['cuda', 'fp32'],
  ['cuda', 'fp16'],
  ['tensorrt', 'fp32'],
  ['tensorrt', 'fp16'],
] as const)
  t.test(
    `the ${precision} engine of ${provider} agrees with the CPU`,
    { skip: lacking(provider), timeout: 1_800_000 },
    async (t) => {
      const cache = mkdtempSync(join(tmpdir(), 'detectd-hardware-'));
      t.teardown(() => rmSync(cache, { recursive: true, force: true }));
      const build = () => {
        const how = ['--bundle', 'config/bundles/shapes', '--provider', provider, '--precision', precision];
        const args = ['dist/cli.js', 'engines', 'build', ...how, '--json'];
        const env = { ...process.env, XDG_CACHE_HOME: cache, DETECTD_CACHE: cache };
        return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env }));
      };
      const first = build();
      t.match(first, { engines: [{ provider, precision, was_there: false }] });
      t.match(build(), { engines: [{ key: first.engines[0].key, was_there: true }] });
    },
  );
