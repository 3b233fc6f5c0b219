/** Where a GPU can be used: its engines are built, accepted against the CPU, cached, and found again. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from 'js-yaml';
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
      const folder = mkdtempSync(join(tmpdir(), 'detectd-hardware-'));
      t.teardown(() => rmSync(folder, { recursive: true, force: true }));
      const config = join(folder, 'detectd.yaml');
      const shapes = { bundle: join(process.cwd(), 'config/bundles/shapes'), provider, precision };
      const paths = { cache: join(folder, 'cache'), state: join(folder, 'state') };
      const cameras = { drawn: { source: 'test:shapes', model: 'shapes' } };
      writeFileSync(config, dump({ paths, models: { shapes }, cameras }));
      const build = () => {
        const args = ['dist/cli.js', 'engines', 'build', '-c', config, '--json'];
        return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
      };
      const first = build();
      t.match(first, { engines: [{ provider, precision, outcome: 'built' }] });
      t.match(build(), { engines: [{ key: first.engines[0].key, outcome: 'there' }] });
    },
  );
