/** Pictures tapped from real pipelines: the right one, at the size of the source, and nothing else is any different for it. */
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { findElements } from '../../dist/capture/elements.js';
import { GstPipeline } from '../../dist/capture/gst-pipeline.js';
import type { Jpeg } from '../../dist/capture/jpeg-tap.js';
import { pipelineString } from '../../dist/capture/pipeline-string.js';
import type { Source } from '../../dist/core/source.js';
import { noCapture, rig } from '../helpers/capture-rig.js';
import { testVideo } from '../helpers/test-video.js';

const skip = { skip: noCapture };
const SOURCE = {
  kind: 'shapes',
  ...{ width: 96, height: 64, fps: 30, seed: 1, cutSeconds: 8, plain: false },
} satisfies Source;

/** A pipeline into which a test pushes grey pictures, scaled to 32×32 for its frames. */
async function pushed(): Promise<{ pipeline: GstPipeline; push: (level: number) => Promise<unknown> }> {
  const target = { kind: 'scaled', width: 32, height: 32, format: 'RGB' } as const;
  const elements = await findElements();
  const pipeline = new GstPipeline(
    pipelineString({ source: SOURCE, target, everyFrame: false, snapshots: true }, elements),
  );
  pipeline.open();
  pipeline.play();
  const push = (level: number) => {
    pipeline.push(new Uint8Array(SOURCE.width * SOURCE.height * 3).fill(level));
    return pipeline.pull();
  };
  return { pipeline, push };
}

/** The wanted picture. How many must be pushed for it nobody knows: the encoder's queue keeps only the newest. */
async function pushedFor<T>(wanted: Promise<T>, push: () => Promise<unknown>): Promise<T> {
  let came = false;
  const settled = () => {
    came = true;
  };
  wanted.then(settled, settled);
  while (!came) await push();
  return wanted;
}

async function level(bytes: Buffer): Promise<number> {
  const { channels } = await sharp(bytes).stats();
  return Math.round(channels[0]?.mean ?? -1);
}

t.test('a picture is one that came after it was asked for', skip, async (t) => {
  const { pipeline, push } = await pushed();
  for (const base of [40, 80, 120, 160]) {
    // The last of these may still be on its way through the pipeline when one is asked for.
    for (let number = 0; number < 5; number += 1) await push(base - 5);
    const wanted = pipeline.jpeg(90);
    await push(base);
    const { bytes, width, height } = (await pushedFor(wanted, () => push(base + 10))) as Jpeg;
    t.match({ width, height }, { width: 96, height: 64 });
    const seen = await level(bytes);
    t.ok(seen >= base - 7 && seen <= base + 12, `${seen} of ${base}`);
  }
  pipeline.close();
});

t.test('the wanted quality is that of the picture', skip, async (t) => {
  const sizes: number[] = [];
  const it = await rig(
    { kind: 'test', pattern: 'snow', width: 320, height: 240, fps: 30 },
    {},
    { snapshots: true },
  );
  it.camera.start();
  await it.reached('online');
  for (const quality of [95, 10]) sizes.push((await it.camera.jpeg(quality))?.bytes.byteLength ?? 0);
  t.ok((sizes[0] as number) > 2 * (sizes[1] as number), `${sizes}`);
  await it.camera.stop();
});

t.test(
  'who waits when the pipeline is stopped goes without, and the next run gives pictures',
  skip,
  async (t) => {
    const { pipeline, push } = await pushed();
    await push(10);
    const wanted = pipeline.jpeg(90);
    pipeline.stop();
    t.equal(await wanted, undefined);
    t.equal(await pipeline.jpeg(90), undefined, 'while it does not play');
    pipeline.play();
    const next = await pushedFor(pipeline.jpeg(90), () => push(200));
    t.ok(Math.abs((await level(next?.bytes ?? Buffer.alloc(0))) - 200) < 3);
    pipeline.close();
  },
);

t.test('a file ends as it does without that branch, every frame of it', skip, async (t) => {
  const file = testVideo(join(t.testdir(), 'x.avi'), 20);
  const frames: number[] = [];
  for (const snapshots of [false, true]) {
    const it = await rig(
      { kind: 'file', path: file },
      { everyFrame: true },
      { snapshots, wantsFrame: () => true },
    );
    it.camera.start();
    await it.reached('ended');
    frames.push(it.frames.length);
    t.equal(await it.camera.jpeg(80), undefined);
    await it.camera.stop();
  }
  t.equal(frames[0], frames[1]);
});
