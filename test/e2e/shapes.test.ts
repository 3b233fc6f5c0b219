/** Drawn shapes through the real GStreamer: which truth goes with which picture, and what is left when cameras close. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import type { CameraOptions } from '../../dist/capture/camera.js';
import type { Frame } from '../../dist/core/frame.js';
import type { ShapesSource } from '../../dist/core/source.js';
import type { CameraPlan } from '../../dist/core/worker-plan.js';
import type { DetectionsPayload, TruthObject } from '../../dist/publish/payloads.js';
import { Scene } from '../../dist/scene/scene.js';
import { pipelineFactory } from '../../dist/worker/source-pipeline.js';
import { noCapture, rig } from '../helpers/capture-rig.js';
import { freePort } from '../helpers/mosquitto.js';
import { mqttWatcher } from '../helpers/mqtt-watcher.js';
import { runDaemon } from '../helpers/running-daemon.js';
import { until } from '../helpers/until.js';

const SOURCE: ShapesSource = {
  kind: 'shapes',
  width: 322,
  height: 240,
  fps: 20,
  seed: 5,
  objects: 4,
  cutSeconds: 0.5,
  plain: false,
};

function shapesRig(
  source: ShapesSource,
  plan: Partial<CameraPlan> = {},
  options: Partial<CameraOptions> = {},
) {
  const factory = { pipelineFactory: pipelineFactory(source, systemClock) };
  return rig(source, plan, { ...factory, ...options });
}

const digest = (data: Uint8Array) => createHash('sha1').update(data).digest('hex');

/** Every picture of the schedule up to `seconds`, by its pixels. */
function schedule(source: ShapesSource, seconds: number): Map<string, { number: number; truth: unknown }> {
  const scene = new Scene(source);
  const found = new Map<string, { number: number; truth: unknown }>();
  for (let number = 0; number < seconds * source.fps; number += 1) {
    const { data, truth, unsure } = scene.draw(number / source.fps);
    found.set(digest(data), { number, truth: { objects: truth, unsure } });
  }
  return found;
}

t.test('each picture comes with the truth that it was drawn with', { skip: noCapture }, async (t) => {
  const known = schedule(SOURCE, 30);
  // A cap on the frame rate lets pictures pass; a slow consumer would too.
  for (const fps of [undefined, 6]) {
    const frames: Frame[] = [];
    const target = { kind: 'source-size', format: 'RGB' } as const;
    const it = await shapesRig(SOURCE, { fps }, { target, onFrame: (frame) => frames.push(frame) });
    it.camera.start();
    await until(() => frames.length >= 15);
    await it.camera.stop();
    let last = -1;
    for (const { data, truth, width, height } of frames) {
      t.same([width, height], [322, 240]);
      const drawn = known.get(digest(data));
      if (drawn === undefined) {
        t.fail('a picture that is not in the schedule');
        break;
      }
      t.same(truth, drawn.truth, `picture ${drawn.number}`);
      t.ok(drawn.number > last, 'in order');
      last = drawn.number;
    }
  }
});

t.test('a camera that is opened again pairs from the start', { skip: noCapture }, async (t) => {
  const known = schedule(SOURCE, 5);
  const frames: Frame[] = [];
  let broken = false;
  const it = await shapesRig(
    SOURCE,
    {},
    {
      target: { kind: 'source-size', format: 'RGB' },
      onFrame: (frame) => frames.push(frame),
      pipelineFactory: (description) => {
        const pipeline = pipelineFactory(SOURCE, systemClock)(description);
        const pull = pipeline.pull.bind(pipeline);
        pipeline.pull = async () => {
          if (frames.length < 5 || broken) return pull();
          broken = true;
          throw new Error('torn away');
        };
        return pipeline;
      },
    },
  );
  it.camera.start();
  t.match(await it.reached('offline'), { error: { message: /torn away/ } });
  const before = frames.length;
  await until(() => frames.length >= before + 5);
  await it.camera.stop();
  for (const { data, truth } of frames) t.same(truth, known.get(digest(data))?.truth);
  t.match(
    known.get(digest(frames[before]?.data ?? new Uint8Array()))?.number,
    /^[0-3]$/,
    'from its first pictures on',
  );
});

const CHILD = `
import { readdirSync } from 'node:fs';
import { systemClock } from './dist/base/clock.js';
import { findElements } from './dist/capture/elements.js';
import { pipelineString } from './dist/capture/pipeline-string.js';
import { pipelineFactory } from './dist/worker/source-pipeline.js';
const source = JSON.parse(process.argv[1]);
const target = { kind: 'scaled', width: 416, height: 416, format: 'RGB' };
const pipeline = pipelineFactory(source, systemClock)(
  pipelineString({ source, target, everyFrame: false }, await findElements()),
);
pipeline.open();
let pictures = 0;
let before;
for (let round = 0; round < 100; round += 1) {
  if (round === 30) before = process.memoryUsage.rss();
  pipeline.play();
  if ((await pipeline.pull())?.truth !== undefined) pictures += 1;
  if (round % 2 === 0) void pipeline.pull();
  pipeline.stop();
}
pipeline.close();
const growth = process.memoryUsage.rss() - before;
console.log(JSON.stringify({ pictures, growth }));
`;

t.test('a pipeline that plays and stops 100 times leaves nothing behind', { skip: noCapture }, async (t) => {
  // In a process of its own, which has to end by itself: a thread that stayed would keep it alive.
  const source = JSON.stringify({ ...SOURCE, width: 640, height: 480, cutSeconds: 0 });
  const root = join(import.meta.dirname, '../..');
  const options = { cwd: root, env: { ...process.env, NODE_OPTIONS: '' }, timeout: 200_000 };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', CHILD, source],
    options,
  );
  const { pictures, growth } = JSON.parse(stdout) as { pictures: number; growth: number };
  t.comment(`${Math.round(growth / 1e5) / 10} MB in 70 rounds`);
  t.equal(pictures, 100);
  // A picture kept per round would be 65 MB, what a thread draws on 350 MB.
  t.ok(growth < 40e6, `${growth} bytes`);
});

const BUNDLE = join(import.meta.dirname, '../../config/bundles/shapes');

type Boxed = Pick<TruthObject, 'label' | 'bbox_px'>;

function overlap({ bbox_px: a }: Boxed, { bbox_px: b }: Boxed): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = ([x1, y1, x2, y2]: Boxed['bbox_px']) => (x2 - x1) * (y2 - y1);
  return (width * height) / (area(a) + area(b) - width * height);
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean over what was detected of the best overlap with something true of the same label. */
function agreement(found: Boxed[][], truths: Boxed[][]): number {
  const best = found.flatMap((objects, index) =>
    objects.map((object) =>
      Math.max(
        0,
        ...(truths[index] ?? [])
          .filter(({ label }) => label === object.label)
          .map((other) => overlap(object, other)),
      ),
    ),
  );
  return mean(best);
}

async function messagesOf(t: Test, source: string, count: number): Promise<DetectionsPayload[]> {
  const port = await freePort();
  const daemon = runDaemon(t, {
    config: {
      mqtt: { broker: 'embedded', embedded: { port } },
      models: { shapes: { bundle: BUNDLE, threshold: 0.4 } },
      cameras: { drawn: { source, model: 'shapes' } },
    },
  });
  await daemon.line(/embedded MQTT broker listens/);
  const watcher = await mqttWatcher(t, `mqtt://127.0.0.1:${port}`, 'detectd/#', { protocolVersion: 4 });
  const isDetections = ({ topic }: { topic: string }) => topic.endsWith('/detections');
  const all = await watcher.collect((messages) => messages.filter(isDetections).length >= count, 60_000);
  return all.filter(isDetections).map(({ text }) => JSON.parse(text) as DetectionsPayload);
}

t.test(
  'the daemon finds what is drawn, and tells it with the truth of that very picture',
  { skip: noCapture },
  async (t) => {
    const messages = await messagesOf(t, 'test:shapes?fps=4&cut=2&plain=1', 60);
    t.ok(messages.every(({ truth, unsure }) => Array.isArray(truth) && Array.isArray(unsure)));
    const found = messages.map(({ objects }) => objects);
    const truths = messages.map(({ truth }) => truth ?? []);
    const recalls = truths.map((truth, index) => {
      const hits = truth.filter((object) =>
        found[index]?.some((other) => other.label === object.label && overlap(other, object) >= 0.5),
      );
      return truth.length === 0 ? 1 : hits.length / truth.length;
    });
    t.comment(`mean recall ${mean(recalls).toFixed(3)}`);
    t.ok(mean(recalls) > 0.7, `mean recall ${mean(recalls)}`);
    const own = agreement(found.slice(1, -1), truths.slice(1, -1));
    const before = agreement(found.slice(1, -1), truths.slice(0, -2));
    const after = agreement(found.slice(1, -1), truths.slice(2));
    t.comment(
      `overlap ${own.toFixed(3)}, with the picture before ${before.toFixed(3)}, after ${after.toFixed(3)}`,
    );
    t.ok(own > Math.max(before, after) + 0.05, `${own} against ${before} and ${after}`);
  },
);
