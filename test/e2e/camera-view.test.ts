/**
 * Part of a picture, and turned, through the real GStreamer: the very pixels, their truth, snapshots, and what a daemon
 * finds in them, held against the whole picture.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { analysedRegion, seenSize, seenTruth, turned } from '../../dist/capture/camera-view.js';
import type { Frame } from '../../dist/core/frame.js';
import type { Source } from '../../dist/core/source.js';
import type { Truth } from '../../dist/core/truth.js';
import { type PixelRegion, ROTATIONS, type View } from '../../dist/core/view.js';
import type { DetectionsPayload, TruthObject } from '../../dist/publish/payloads.js';
import { Scene } from '../../dist/scene/scene.js';
import { pipelineFactory } from '../../dist/worker/source-pipeline.js';
import { noCapture, noVtest, rig, VTEST } from '../helpers/capture-rig.js';
import { freePort } from '../helpers/mosquitto.js';
import { mqttWatcher } from '../helpers/mqtt-watcher.js';
import { runDaemon } from '../helpers/running-daemon.js';
import { until } from '../helpers/until.js';

const skip = { skip: noCapture };
const SHAPES = {
  kind: 'shapes',
  ...{ width: 322, height: 242, fps: 20, seed: 5, objects: 6, cutSeconds: 0.5, plain: false },
} satisfies Source;
/** Asymmetric in every way. */
const REGION = { x: 0.25, y: 0.1, width: 0.7, height: 0.55 };
const VIEWS: View[] = ROTATIONS.flatMap((rotate) => [
  { rotate, region: REGION },
  ...(rotate === 0 ? [] : [{ rotate }]),
]);

/** Where each pixel of a view comes from in the drawn picture. */
function origins(whole: { width: number; height: number }, view: View): Uint32Array {
  const { rotate = 0 } = view;
  const part: PixelRegion = analysedRegion(whole, view) ?? { x: 0, y: 0, ...seenSize(whole, rotate) };
  const from = new Uint32Array(part.width * part.height);
  for (let y = 0; y < whole.height; y += 1)
    for (let x = 0; x < whole.width; x += 1) {
      const { x1, y1 } = turned({ x1: x, y1: y, x2: x + 1, y2: y + 1 }, whole, rotate);
      const [column, row] = [x1 - part.x, y1 - part.y];
      const inside = column >= 0 && row >= 0 && column < part.width && row < part.height;
      if (inside) from[row * part.width + column] = y * whole.width + x;
    }
  return from;
}

/** A digest of what a view of a drawn picture must be, pixel by pixel. */
function digestOf(whole: Uint8Array, from: Uint32Array): string {
  const data = new Uint8Array(from.length * 3);
  from.forEach((pixel, index) => {
    data[index * 3] = whole[pixel * 3] as number;
    data[index * 3 + 1] = whole[pixel * 3 + 1] as number;
    data[index * 3 + 2] = whole[pixel * 3 + 2] as number;
  });
  return digest(data);
}

const digest = (data: Uint8Array) => createHash('sha1').update(data).digest('hex');

for (const view of VIEWS) {
  const name = `${view.rotate}°${view.region === undefined ? '' : ', part'}`;
  t.test(`${name}: the pixels and the truth are those of the drawn picture`, skip, async (t) => {
    const scene = new Scene(SHAPES);
    const from = origins(SHAPES, view);
    const expected = new Map<string, Truth>();
    for (let number = 0; number < 100; number += 1) {
      const { data, truth, unsure } = scene.draw(number / SHAPES.fps);
      expected.set(digestOf(data, from), seenTruth({ objects: truth, unsure }, SHAPES, view));
    }
    const { width, height } = analysedRegion(SHAPES, view) ?? seenSize(SHAPES, view.rotate);
    // Scaled to their own size pictures must not change either.
    for (const kind of ['source-size', 'scaled'] as const) {
      const frames: Frame[] = [];
      const target =
        kind === 'scaled'
          ? { kind, width, height, format: 'RGB' as const }
          : { kind, format: 'RGB' as const };
      const it = await rig(
        SHAPES,
        { view },
        {
          target,
          pipelineFactory: pipelineFactory(SHAPES, systemClock),
          onFrame: (frame) => frames.push(frame),
        },
      );
      it.camera.start();
      await until(() => frames.length >= 5);
      await it.camera.stop();
      for (const { data, region, truth, ...frame } of frames) {
        t.same([frame.width, frame.height], [width, height], kind);
        t.same([frame.sourceWidth, frame.sourceHeight], Object.values(seenSize(SHAPES, view.rotate)));
        t.same(region, analysedRegion(SHAPES, view));
        const seen = expected.get(digest(data));
        if (seen === undefined) t.fail(`${kind}: a picture that was never drawn`);
        else t.same(truth, seen);
      }
    }
  });
}

t.test('no picture of a file is left out, in any round', { skip: noVtest }, async (t) => {
  const view = { region: REGION, rotate: 90 } as const;
  const it = await rig({ kind: 'file', path: VTEST }, { view, everyFrame: true }, { wantsFrame: () => true });
  it.camera.start();
  await it.reached('ended');
  await it.camera.stop();
  t.equal(it.frames.length, 795);
  t.match(it.frames[0], { sourceWidth: 576, sourceHeight: 768, region: { x: 144, y: 76 } });
});

t.test('another size of the source is another region of as much of it', skip, async (t) => {
  // As a camera that is set to another resolution. What leaves nothing of the smaller picture would be an error first.
  const source: Source = {
    kind: 'gst',
    pipeline:
      'concat name=c videotestsrc num-buffers=40 is-live=true ! video/x-raw,format=I420,width=640,height=480,framerate=20/1 ! c. ' +
      'videotestsrc num-buffers=400 is-live=true ! video/x-raw,format=I420,width=480,height=360,framerate=20/1 ! c. c.',
  };
  const view = { region: { x: 0.5, y: 0.5, width: 0.5, height: 0.5 } };
  const it = await rig(source, { view, stallTimeoutMs: 3000 });
  it.camera.start();
  t.teardown(() => it.camera.stop());
  await until(() => it.frames.some(({ sourceWidth }) => sourceWidth === 640));
  await until(() => it.frames.some(({ sourceWidth }) => sourceWidth === 480));
  await it.camera.stop();
  for (const { sourceWidth, region } of it.frames) t.equal(region?.x, sourceWidth / 2);
});

t.test('a snapshot shows the whole picture, turned', skip, async (t) => {
  const source: Source = { kind: 'test', pattern: 'smpte', width: 320, height: 240, fps: 20 };
  const colour = async (jpeg: Buffer, [left, top]: readonly [number, number]) => {
    const { data } = await sharp(jpeg)
      .extract({ left, top, width: 4, height: 4 })
      .raw()
      .toBuffer({ resolveWithObject: true });
    return [data[0], data[1], data[2]].map((value) => ((value ?? 0) > 90 ? 1 : 0)).join('');
  };
  // Bars from left to right: white, yellow, cyan, green …; clockwise they run from top to bottom.
  for (const [rotate, width, height, yellow] of [
    [0, 320, 240, [60, 60]],
    [90, 240, 320, [180, 60]],
    [180, 320, 240, [256, 180]],
    [270, 240, 320, [60, 256]],
  ] as const) {
    const view: View = { region: REGION, ...(rotate === 0 ? {} : { rotate }) };
    const it = await rig(source, { view }, { snapshots: true });
    it.camera.start();
    await it.reached('online');
    const jpeg = await it.camera.jpeg(90);
    await it.camera.stop();
    t.match(jpeg, { width, height });
    t.equal(await colour(jpeg?.bytes ?? Buffer.alloc(0), yellow), '110', `${rotate}°`);
  }
});

const BUNDLE = join(import.meta.dirname, '../../config/bundles/shapes');

function iou({ bbox_px: a }: Pick<TruthObject, 'bbox_px'>, { bbox_px: b }: Pick<TruthObject, 'bbox_px'>) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = ([x1, y1, x2, y2]: TruthObject['bbox_px']) => (x2 - x1) * (y2 - y1);
  return (width * height) / (area(a) + area(b) - width * height);
}

async function messagesOf(t: Test, cameras: Record<string, object>): Promise<DetectionsPayload[]> {
  const port = await freePort();
  const daemon = runDaemon(t, {
    config: {
      mqtt: { broker: 'embedded', embedded: { port } },
      models: { shapes: { bundle: BUNDLE, threshold: 0.4 } },
      cameras,
    },
  });
  await daemon.line(/embedded MQTT broker listens/);
  const watcher = await mqttWatcher(t, `mqtt://127.0.0.1:${port}`, 'detectd/#', { protocolVersion: 4 });
  const isDetections = ({ topic }: { topic: string }) => topic.endsWith('/detections');
  const enough = Object.keys(cameras).length * 25;
  const all = await watcher.collect((messages) => messages.filter(isDetections).length >= enough, 60_000);
  return all.filter(isDetections).map(({ text }) => JSON.parse(text) as DetectionsPayload);
}

t.test('what a daemon finds in a view lies where it is in the whole picture', skip, async (t) => {
  const camera = (view: object) => ({
    source: 'test:shapes?width=640&height=480&fps=3&cut=2&plain=1',
    model: 'shapes',
    ...view,
  });
  const region = { x: 0.2, y: 0.1, width: 0.75, height: 0.85 };
  const messages = await messagesOf(t, {
    part: camera({ region }),
    turned: camera({ rotate: 90 }),
    both: camera({ region, rotate: 270 }),
    tiles: camera({ region, rotate: 180, slicing: { tile: 300 } }),
  });
  for (const name of ['part', 'turned', 'both', 'tiles']) {
    const own = messages.filter((message) => message.camera === name);
    const size = name === 'part' || name === 'tiles' ? { w: 640, h: 480 } : { w: 480, h: 640 };
    t.ok(
      own.every(({ image }) => image.w === size.w && image.h === size.h),
      name,
    );
    const truths = own.flatMap(({ truth = [], objects }) => truth.map((object) => ({ object, objects })));
    const best = truths.map(({ object, objects }) =>
      Math.max(0, ...objects.map((other) => iou(other, object))),
    );
    const hits = best.filter((overlap) => overlap >= 0.5);
    const overlap = hits.reduce((sum, value) => sum + value, 0) / hits.length;
    t.comment(`${name}: ${hits.length} of ${best.length} found, mean overlap ${overlap.toFixed(3)}`);
    t.ok(best.length >= 5, `${name}: ${best.length} objects`);
    t.ok(hits.length / best.length > 0.7, `${name}: ${hits.length} of ${best.length}`);
    t.ok(overlap > 0.7, `${name}: ${overlap}`);
  }
});
