/** On a machine with an NVIDIA GPU: the CUDA provider finds what the CPU provider finds. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { tinyBundle } from '../helpers/tiny-bundle.js';

const gpu =
  spawnSync('nvidia-smi', ['-L']).status === 0 || spawnSync('test', ['-e', '/dev/nvhost-gpu']).status === 0
    ? false
    : 'no NVIDIA GPU here';

for (const provider of ['cuda'])
  t.test(`${provider} agrees with the CPU`, { skip: gpu }, async (t) => {
    const folder = t.testdir();
    const bundle = tinyBundle(join(folder, 'bundle'));
    const picture = join(folder, 'grey.png');
    await sharp({ create: { width: 64, height: 48, channels: 3, background: '#777777' } }).toFile(picture);
    const detect = (name: string) => {
      const args = ['dist/cli.js', 'detect', '--bundle', bundle, '--provider', name, '--json', picture];
      return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })).detections;
    };
    const [expected, found] = [detect('cpu'), detect(provider)];
    t.equal(found.length, expected.length);
    t.match(
      found,
      expected.map(({ label }: { label: string }) => ({ label })),
    );
  });
