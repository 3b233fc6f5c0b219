/** One model from bundle to detections, on a bundle of a few nodes. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Detection } from '../../dist/core/detection.js';
import type { ModelPlan } from '../../dist/core/worker-plan.js';
import { Scene } from '../../dist/scene/scene.js';
import { ModelRunner, type RunnerOptions } from '../../dist/worker/model-runner.js';
import { type TinyBundleOptions, tinyBundle } from '../helpers/tiny-bundle.js';

type Rig = Pick<Test, 'testdir' | 'testdirName'>;

function plan(t: Rig, options?: TinyBundleOptions): ModelPlan {
  const bundle = tinyBundle(join(t.testdir({}), 'bundle'), options);
  return { name: 'people', bundle, threshold: 0.5, provider: 'auto', precision: 'fp32', threads: 1 };
}

function load(t: Rig, model: ModelPlan, change: Partial<RunnerOptions> = {}): Promise<ModelRunner> {
  return ModelRunner.load(model, { mode: 'live', format: 'RGB', scratchFolder: t.testdirName, ...change });
}

function picture(width: number, height: number, channels = 3) {
  const data = new Uint8Array(width * height * channels);
  return { width, height, sourceWidth: width, sourceHeight: height, data };
}

t.test('it reports what it is when it is ready', async (t) => {
  const runner = await load(t, plan(t, { labels: ['cat', 'dog'] }));
  t.match(runner.report, {
    identity: { name: 'people', version: /^[0-9a-f]{12}$/, digest: /^sha256:[0-9a-f]{64}$/ },
    provider: 'cpu',
    family: 'boxes with post-processing',
    mode: 'live',
    labels: ['cat', 'dog'],
    networkWidth: 32,
    networkHeight: 32,
  });
  t.ok(runner.report.loadMs >= 0);
  await runner.release();
});

t.test('pictures go in, labelled detections come out', async (t) => {
  const runner = await load(t, plan(t, { labels: ['cat', 'dog'], labelId: 1, box: [1, 2, 30, 31] }));
  const { detections, inferMs, decodeMs } = await runner.run(picture(32, 32));
  t.match(detections, [{ label: 'dog', labelId: 1, box: { x1: 1, y1: 2, x2: 30, y2: 31 } }]);
  t.ok(inferMs > 0 && decodeMs >= 0);
  await runner.release();
});

t.test('scores at or below the threshold are dropped', async (t) => {
  const runner = await load(t, { ...plan(t, { score: 0.5 }), threshold: 0.5 });
  t.strictSame((await runner.run(picture(32, 32))).detections, []);
  await runner.release();
});

t.test('in exact mode pictures of any size go in', async (t) => {
  const runner = await load(t, plan(t), { mode: 'exact' });
  t.equal(runner.mode, 'exact');
  for (const [width, height] of [
    [1, 1],
    [33, 17],
    [640, 480],
  ] as const)
    t.equal((await runner.run(picture(width, height))).detections.length, 1, `${width}×${height}`);
  // More sizes than are remembered.
  for (let width = 2; width < 80; width += 1)
    t.equal((await runner.run(picture(width, 3))).detections.length, 1);
  await runner.release();
});

t.test('four channels are taken where the board delivers them', async (t) => {
  const runner = await load(t, plan(t), { format: 'RGBA' });
  t.equal((await runner.run(picture(32, 32, 4))).detections.length, 1);
  await t.rejects(runner.run(picture(32, 32, 3)), Error);
  await runner.release();
});

t.test('a network whose size depends on the picture is run in exact mode, asked or not', async (t) => {
  const runner = await load(t, plan(t, { anySize: true }));
  t.equal(runner.report.mode, 'exact');
  for (const [width, height] of [
    [32, 32],
    [640, 360],
  ] as const)
    t.equal((await runner.run(picture(width, height))).detections.length, 1, `${width}×${height}`);
  await runner.release();
});

t.test('what goes on around a run can be watched', async (t) => {
  const calls: string[] = [];
  const aroundRun = { before: () => calls.push('before'), after: () => calls.push('after') };
  const runner = await load(t, plan(t), { aroundRun });
  calls.length = 0;
  await runner.run(picture(32, 32));
  t.strictSame(calls, ['before', 'after']);
  await runner.release();
});

t.test('a label that is missing shows at the load, not at the first camera', async (t) => {
  await t.rejects(load(t, plan(t, { labels: ['cat'], labelId: 3 })), {
    code: 'INFER_CFG_LABELS',
    message: /class 3 .* has 1 labels/,
  });
});

t.test('faults of the bundle come as they are', async (t) => {
  const model = plan(t);
  await t.rejects(load(t, { ...model, provider: 'tpu' as 'cpu' }), { code: 'PROVIDER_UNAVAILABLE' });
  rmSync(join(model.bundle, 'infer_cfg.yml'));
  await t.rejects(load(t, model), { code: 'BUNDLE_INCOMPLETE', message: /infer_cfg\.yml/ });
  await t.rejects(load(t, { ...model, bundle: join(model.bundle, 'nowhere') }), { code: 'BUNDLE_NOT_FOUND' });
});

t.test('several pictures at once', async (t) => {
  const shapes = join(import.meta.dirname, '../../config/bundles/shapes');
  const drawn = [1, 2, 3].map((seed) => {
    const { width, height, data } = new Scene({ seed, width: 256, height: 256, plain: true }).draw(0);
    return { width, height, sourceWidth: 640 * seed, sourceHeight: 480, data };
  });
  const told = (detections: Detection[]) =>
    detections.map(({ label, score, box }) => [
      label,
      score.toFixed(2),
      Math.round(box.x1),
      Math.round(box.y2),
    ]);

  t.test('each gets what it gets alone, in pixels of its own source', async (t) => {
    const runner = await load(t, { ...plan(t), bundle: shapes, maxBatch: 4 });
    t.equal(runner.report.maxBatch, 4);
    const alone: unknown[] = [];
    for (const each of drawn) alone.push(told((await runner.run(each)).detections));
    t.ok(alone.every((found) => (found as unknown[]).length > 0));
    const outcomes = await runner.runTogether(drawn);
    t.strictSame(
      outcomes.map(({ detections }) => told(detections)),
      alone,
    );
    t.strictSame(
      outcomes.map(({ together }) => together),
      [3, 3, 3],
    );
    t.match(await runner.runTogether(drawn.slice(0, 1)), [{ together: undefined }]);
    t.strictSame(await runner.runTogether([]), []);
    await runner.release();
  });

  t.test('those of different sizes are refused', async (t) => {
    const runner = await load(t, { ...plan(t, { batches: true }), maxBatch: 2 });
    await t.rejects(runner.runTogether([picture(32, 32), picture(31, 31)]), { code: 'MODEL_RUN' });
    await runner.release();
  });

  t.test('a model that cannot do so takes them one by one, and says why', async (t) => {
    const runner = await load(t, { ...plan(t), maxBatch: 4 });
    t.equal(runner.report.maxBatch, undefined);
    t.match(runner.report.notes.join('; '), /one by one and not 4 at once: .*cannot take batches/);
    t.equal((await runner.run(picture(32, 32))).detections.length, 1);
    await runner.release();
  });

  t.test('where pictures keep their size they are taken one by one', async (t) => {
    const runner = await load(t, { ...plan(t, { batches: true }), maxBatch: 4 }, { mode: 'exact' });
    t.equal(runner.report.maxBatch, undefined);
    await runner.release();
  });
  t.end();
});
