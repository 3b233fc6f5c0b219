import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { runCli } from '../helpers/run-cli.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';

async function picture(path: string, width = 64, height = 48): Promise<string> {
  await sharp({ create: { width, height, channels: 3, background: '#4080c0' } }).toFile(path);
  return path;
}

t.test('one JSON object per picture, in the form that programs rely on', async (t) => {
  const folder = t.testdir({});
  const bundle = tinyBundle(join(folder, 'bundle'));
  const image = await picture(join(folder, 'a.png'));
  const { status, stdout, stderr } = await runCli(['detect', '--bundle', bundle, '--json', image]);
  t.equal(stderr, '');
  t.equal(status, 0);
  const result = JSON.parse(stdout) as Record<string, unknown>;
  t.strictSame(Object.keys(result), ['image', 'width', 'height', 'detections', 'timings_ms']);
  t.match(result, {
    image,
    width: 64,
    height: 48,
    detections: [{ label: 'thing', label_id: 0, score: 0.9, box: [4, 4, 20, 20] }],
  });
});
