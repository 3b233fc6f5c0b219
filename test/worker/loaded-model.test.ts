/** A model in the modes that its cameras need. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { PreprocessMode } from '../../dist/core/prepared-graph.js';
import { DEFAULT_SLICING } from '../../dist/core/slicing.js';
import { LoadedModel } from '../../dist/worker/loaded-model.js';
import { modelPlan } from '../helpers/plans.js';
import { type TinyBundleOptions, tinyBundle } from '../helpers/tiny-bundle.js';

const SLICING = { ...DEFAULT_SLICING, overlap: 0, whole: false };

function load(
  t: Pick<Test, 'testdir'>,
  modes: PreprocessMode[],
  options?: TinyBundleOptions,
): Promise<LoadedModel> {
  const folder = t.testdir({});
  const plan = modelPlan({ bundle: tinyBundle(join(folder, 'bundle'), options), modes });
  return LoadedModel.load(plan, { format: 'RGB', scratchFolder: folder });
}

function picture(width: number, height: number) {
  const data = new Uint8Array(width * height * 3);
  return { width, height, sourceWidth: width, sourceHeight: height, data };
}

async function places(model: LoadedModel, sliced: boolean, width = 64): Promise<number[]> {
  const { detections } = await model.run(picture(width, 32), sliced ? SLICING : undefined, () => {});
  return detections.map(({ box }) => box.x1);
}

t.test('one mode is one session', async (t) => {
  const live = await load(t, ['live']);
  t.equal(live.report.mode, 'live');
  t.strictSame(await places(live, false, 32), [4]);
  await live.release();
  const exact = await load(t, ['exact']);
  t.equal(exact.report.mode, 'exact');
  t.strictSame(await places(exact, true), [4, 36]);
  t.notMatch(exact.report.notes.join(), 'second time');
  await exact.release();
});

t.test('both modes are there where both are needed, and it says so', async (t) => {
  const model = await load(t, ['live', 'exact']);
  t.equal(model.report.mode, 'live');
  t.match(model.report.notes.join(), 'loaded a second time');
  t.strictSame(await places(model, false, 32), [4]);
  t.strictSame(await places(model, true), [4, 36]);
  await model.release();
});

t.test('a model that takes every size anyway is loaded once', async (t) => {
  const model = await load(t, ['live', 'exact'], { anySize: true });
  t.equal(model.report.mode, 'exact');
  t.notMatch(model.report.notes.join(), 'second time');
  t.strictSame(await places(model, true), [4, 36]);
  t.strictSame(await places(model, false), [4]);
  await model.release();
});

t.test('a threshold holds for both', async (t) => {
  const model = await load(t, ['live', 'exact'], { score: 0.6 });
  model.setThresholds({ threshold: 0.7 });
  t.strictSame(await places(model, false, 32), []);
  t.strictSame(await places(model, true), []);
  await model.release();
});

t.test('what lies below the threshold comes apart where it is wanted', async (t) => {
  const model = await load(t, ['live', 'exact'], { score: 0.625 });
  const run = () => model.run(picture(32, 32), undefined, () => {});
  t.match(await run(), { detections: [{}], faint: [] });
  model.setThresholds({ threshold: 0.7, faint: 0.1 });
  t.match(await run(), { detections: [], faint: [{ score: 0.625 }] });
  t.strictSame((await model.run(picture(64, 32), SLICING, () => {})).detections, [], 'not so in tiles');
  model.setThresholds({ threshold: 0.5, faint: 0.1 });
  t.match(await run(), { detections: [{ score: 0.625 }], faint: [] });
  await model.release();
});

t.test('boxes in part of a picture are told in pixels of the whole', async (t) => {
  const model = await load(t, ['live', 'exact'], { score: 0.625 });
  model.setThresholds({ threshold: 0.7, faint: 0.1 });
  const whole = { sourceWidth: 1000, sourceHeight: 800 };
  const live = { ...picture(32, 32), ...whole, region: { x: 100, y: 200, width: 64, height: 96 } };
  const run = async (threshold: number) => {
    model.setThresholds({ threshold, faint: 0.1 });
    const { detections, faint } = await model.run(live, undefined, () => {});
    return [...detections, ...faint].map(({ box }) => box);
  };
  const plain = { ...picture(32, 32), sourceWidth: 64, sourceHeight: 96 };
  const [inPart] = (await model.run(plain, undefined, () => {})).faint;
  const { x1 = 0, y1 = 0, x2 = 0, y2 = 0 } = inPart?.box ?? {};
  const expected = [{ x1: x1 + 100, y1: y1 + 200, x2: x2 + 100, y2: y2 + 200 }];
  t.strictSame(await run(0.7), expected, 'faint ones too');
  t.strictSame(await run(0.5), expected);
  const tiled = { ...picture(64, 32), ...whole, region: { x: 100, y: 200, width: 64, height: 32 } };
  const { detections } = await model.run(tiled, SLICING, () => {});
  t.strictSame(
    detections.map(({ box }) => box.x1),
    [104, 136],
  );
  await model.release();
});
