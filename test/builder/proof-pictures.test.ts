/** On which pictures an engine is held against the CPU. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { proofPictures } from '../../dist/builder/proof-pictures.js';
import { openBundle } from '../../dist/bundle/bundle.js';
import { prepareGraph } from '../../dist/graph/prepare.js';
import { writeDrawnPicture } from '../../dist/worker/drawn-picture.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';

async function rig(t: Pick<Test, 'testdir'>, mode: 'live' | 'exact', samples?: unknown[]) {
  const root = t.testdir({});
  const folder = tinyBundle(join(root, 'bundle'));
  if (samples !== undefined) {
    mkdirSync(join(folder, 'samples'));
    writeFileSync(join(folder, 'samples/expected.json'), JSON.stringify({ threshold: 0.5, images: samples }));
    await writeDrawnPicture(join(folder, 'samples/a.jpg'), 200, 100);
  }
  const bundle = await openBundle(folder, root);
  const where = bundle.modelPath;
  const graph = prepareGraph(readFileSync(where), bundle.inferCfg, {
    ...{ mode, format: 'RGBA', processor: 'cpu', where },
  });
  const { of, pictures } = await proofPictures(bundle, graph);
  return { of, pictures };
}

const SAMPLE = { image: 'a.jpg', width: 200, height: 100, detections: [] };

t.test('a bundle without samples gets drawn scenes, as a camera would give them', async (t) => {
  const { of, pictures } = await rig(t, 'live');
  t.equal(of, 'drawn scenes');
  const all = [];
  for await (const picture of pictures) all.push(picture);
  t.equal(all.length, 4);
  for (const { width, height, sourceWidth, sourceHeight, data } of all)
    t.strictSame([width, height, sourceWidth, sourceHeight, data.length], [32, 32, 640, 480, 32 * 32 * 4]);
  t.notSame(all[0]?.data, all[1]?.data);
});

t.test('samples come at the size of the network in live mode, and at their own in exact mode', async (t) => {
  for (const [mode, size] of [
    ['live', [32, 32]],
    ['exact', [200, 100]],
  ] as const) {
    const { of, pictures } = await rig(t, mode, [SAMPLE]);
    t.equal(of, 'samples');
    for await (const { width, height, sourceWidth } of pictures)
      t.strictSame([width, height, sourceWidth], [...size, 200]);
  }
});

t.test('eight samples at most are taken, and one that cannot be read is an error', async (t) => {
  const { pictures } = await rig(t, 'live', Array(12).fill(SAMPLE));
  let count = 0;
  for await (const _picture of pictures) count += 1;
  t.equal(count, 8);
  const missing = await rig(t, 'live', [{ ...SAMPLE, image: 'b.jpg' }]);
  await t.rejects(
    async () => {
      for await (const _picture of missing.pictures) count += 1;
    },
    { code: 'IMAGE_UNREADABLE' },
  );
  await t.rejects(rig(t, 'live', [{ image: '../x' }]), { code: 'BUNDLE_SAMPLES' });
});
