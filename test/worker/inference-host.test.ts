/** The inference thread, seen from the thread that feeds it. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { DetectdError } from '../../dist/base/errors.js';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import type { Frame } from '../../dist/core/frame.js';
import type { FrameResult } from '../../dist/core/frame-result.js';
import type { PreprocessMode } from '../../dist/core/prepared-graph.js';
import { DEFAULT_SLICING } from '../../dist/core/slicing.js';
import { InferenceHost } from '../../dist/worker/inference-host.js';
import { modelPlan } from '../helpers/plans.js';
import { type TinyBundleOptions, tinyBundle } from '../helpers/tiny-bundle.js';

interface Rig {
  host: InferenceHost;
  results: FrameResult[];
  failures: [string, DetectdError][];
  deaths: DetectdError[];
  /** For each word of progress, how many results had come before it. */
  progress: number[];
  /** Resolves when so many frames have been answered. */
  answers(count: number): Promise<void>;
  /** What was said of the version beside the one that serves. */
  shadows: object[];
  /** Resolves when something was. */
  told(): Promise<void>;
}

function rig(
  t: Pick<Test, 'testdir'>,
  bundles: TinyBundleOptions[] = [{}],
  {
    measureCpu = false,
    modes = ['live'],
    shadow,
    maxBatch = 1,
  }: { measureCpu?: boolean; modes?: PreprocessMode[]; shadow?: TinyBundleOptions; maxBatch?: number } = {},
): Rig {
  const folder = t.testdir({});
  const results: FrameResult[] = [];
  const failures: Rig['failures'] = [];
  const deaths: DetectdError[] = [];
  const progress: number[] = [];
  const shadows: Rig['shadows'] = [];
  let wake = (): void => {};
  const host = new InferenceHost(
    {
      models: bundles.map((options, index) => ({
        name: `model${index}`,
        bundle: tinyBundle(join(folder, String(index)), options),
        threshold: 0.5,
        provider: 'cpu',
        precision: 'fp32',
        threads: 1,
        modes,
        providers: ['cpu'],
        maxBatch,
      })),
      format: 'RGB',
      scratchFolder: folder,
      measureCpu,
      engines: { maxBytes: 1e9, device: UNKNOWN_DEVICE },
      shadow:
        shadow === undefined
          ? undefined
          : modelPlan({ name: 'model0', bundle: tinyBundle(join(folder, 'shadow'), shadow) }),
    },
    {
      onResult: (result) => {
        results.push(result);
        wake();
      },
      onFrameFailed: (camera, error) => {
        failures.push([camera, error]);
        wake();
      },
      onProgress: () => progress.push(results.length),
      onShadow: (message) => {
        shadows.push(message);
        wake();
      },
      onDeath: (error) => deaths.push(error),
    },
  );
  const answers = (count: number): Promise<void> =>
    new Promise((resolve) => {
      wake = () => {
        if (results.length + failures.length >= count) resolve();
      };
      wake();
    });
  const told = (): Promise<void> =>
    new Promise((resolve) => {
      wake = () => {
        if (shadows.length > 0) resolve();
      };
      wake();
    });
  return { host, results, failures, deaths, progress, shadows, answers, told };
}

function frame(sequence: number, side = 32): Frame {
  return {
    camera: 'gate',
    sequence,
    capturedAtUs: 5,
    width: side,
    height: side,
    sourceWidth: 640,
    sourceHeight: 480,
    format: 'RGB',
    data: new Uint8Array(side * side * 3),
  };
}

t.test('frames are analysed in their order, without a copy', async (t) => {
  const { host, results, answers, deaths } = rig(t);
  t.match(await host.start(), [{ identity: { name: 'model0' }, mode: 'live' }]);
  const frames = [frame(0), frame(1), frame(2)];
  for (const each of frames) host.infer('model0', [each]);
  t.equal(host.inFlight, 3);
  t.strictSame(
    frames.map(({ data }) => data.length),
    [0, 0, 0],
    'the pictures went over',
  );
  await answers(3);
  t.equal(host.inFlight, 0);
  t.strictSame(
    results.map(({ sequence }) => sequence),
    [0, 1, 2],
  );
  t.match(results[0], {
    camera: 'gate',
    capturedAtUs: 5,
    imageWidth: 640,
    imageHeight: 480,
    model: { name: 'model0' },
    detections: [{ label: 'thing', labelId: 0 }],
  });
  t.ok((results[0]?.timings.infer ?? 0) > 0);
  await host.close();
  t.strictSame(deaths, [], 'its end was wanted');
});

t.test('frames that go together are one run, each with its own answer', async (t) => {
  const { host, results, answers, deaths } = rig(t, [{ batches: true }], { maxBatch: 4 });
  t.match(await host.start(), [{ maxBatch: 4 }]);
  host.infer('model0', [frame(0), frame(1), frame(2)]);
  host.infer('model0', [frame(3)]);
  t.strictSame([host.inFlight, host.runs], [4, 2]);
  await answers(4);
  t.strictSame([host.inFlight, host.runs], [0, 0]);
  t.strictSame(
    results.map(({ sequence, detections, timings }) => [sequence, detections.length, timings.together]),
    [
      [0, 1, 3],
      [1, 1, 3],
      [2, 1, 3],
      [3, 1, undefined],
    ],
  );
  t.strictSame(new Set(results.slice(0, 3).map(({ timings }) => timings.infer)).size, 1);
  await host.close();
  t.strictSame(deaths, []);
});

t.test('where frames cannot be analysed together, each is tried alone', async (t) => {
  const { host, results, failures, answers } = rig(t, [{ batches: true }], { maxBatch: 4 });
  await host.start();
  host.infer('model0', [frame(0), frame(1, 31), frame(2)]);
  await answers(3);
  t.strictSame(
    results.map(({ sequence }) => sequence),
    [0, 2],
  );
  t.equal(failures.length, 1);
  t.equal(host.runs, 0);
  await host.close();
});

t.test('the truth of a drawn frame comes back with its result', async (t) => {
  const { host, results, answers } = rig(t);
  await host.start();
  const box = { x1: 1, y1: 2, x2: 3, y2: 4 };
  const truth = { objects: [{ label: 'star', labelId: 3, box, visible: 0.9 }], unsure: [] };
  host.infer('model0', [{ ...frame(0), truth }]);
  host.infer('model0', [frame(1)]);
  await answers(2);
  t.strictSame(results[0]?.truth, truth);
  t.notOk('truth' in (results[1] ?? {}));
  await host.close();
});

t.test('each model answers for itself', async (t) => {
  const { host, results, answers } = rig(t, [{ labels: ['cat'] }, { labels: ['dog'] }]);
  t.equal((await host.start()).length, 2);
  host.infer('model1', [frame(0)]);
  host.infer('model0', [frame(1)]);
  await answers(2);
  t.strictSame(
    results.map(({ detections }) => detections[0]?.label),
    ['dog', 'cat'],
  );
  await host.close();
});

t.test('a frame is cut into tiles where its camera wants that, and each is told of', async (t) => {
  const { host, results, failures, progress, answers } = rig(t, [{}], { modes: ['live', 'exact'] });
  await host.start();
  const large = { ...frame(0, 64), sourceWidth: 64, sourceHeight: 64 };
  host.infer('model0', [large], { ...DEFAULT_SLICING, overlap: 0, whole: false });
  host.infer('model0', [frame(1)]);
  host.infer('model0', [{ ...frame(2, 64), sourceWidth: 64, sourceHeight: 64 }], {
    ...DEFAULT_SLICING,
    tile: 32,
    overlap: 0.9,
    whole: true,
  });
  await answers(3);
  t.strictSame(
    results[0]?.detections.map(({ box }) => [box.x1, box.y1]),
    [
      [4, 4],
      [36, 4],
      [4, 36],
      [36, 36],
    ],
  );
  t.match(results[0], { imageWidth: 64, imageHeight: 64 });
  t.equal(results[1]?.detections.length, 1);
  t.strictSame([...new Set(progress)], [0, 2], 'told before the result of the frame');
  t.strictSame(failures, []);
  await host.close();
});

t.test('a frame that fails leaves the others alone', async (t) => {
  const { host, results, failures, answers } = rig(t);
  await host.start();
  host.infer('model0', [frame(0, 31)]);
  host.infer('model0', [frame(1)]);
  await answers(2);
  t.match(failures, [['gate', { code: 'MODEL_RUN' }]]);
  t.equal(results.length, 1);
  t.equal(host.inFlight, 0);
  await host.close();
});

t.test('frames in flight are answered before the end', async (t) => {
  const { host, results } = rig(t);
  await host.start();
  for (let sequence = 0; sequence < 5; sequence += 1) host.infer('model0', [frame(sequence)]);
  await host.close();
  t.equal(results.length, 5);
});

t.test('a model that does not load is the error of the start', async (t) => {
  const { host } = rig(t, [{}, { labels: ['cat'], labelId: 9 }]);
  await t.rejects(host.start(), { code: 'INFER_CFG_LABELS' });
  await host.close();
});

t.test('CPU time is accounted when asked for', async (t) => {
  const { host, answers } = rig(t, [{}], { measureCpu: true });
  await host.start();
  host.infer('model0', [frame(0)]);
  await answers(1);
  t.not(host.inferCpuMs, 0);
  await host.close();
});

t.test('what was never started closes at once', async (t) => {
  const { host } = rig(t);
  await host.close();
  t.equal(host.inFlight, 0);
});

t.test('a version beside the one that serves gets the frames that are for it, and is compared', async (t) => {
  const { host, results, shadows, answers, told } = rig(t, [{}], { shadow: { box: [40, 40, 60, 60] } });
  await host.start();
  host.infer('model0', [frame(0)]);
  host.infer('model0', [frame(1)], undefined, [true]);
  await answers(2);
  await told();
  t.equal(results.length, 2, 'no output changes');
  t.match(shadows, [
    { type: 'shadow', report: { camera: 'gate', both: 0, onlyOld: 1, onlyNew: 1, imageWidth: 640 } },
  ]);
  host.dropShadow();
  host.infer('model0', [frame(2)], undefined, [true]);
  await answers(3);
  await host.close();
  t.equal(shadows.length, 1, 'it is gone');
});

t.test('a version that cannot run beside the other one keeps nobody from serving', async (t) => {
  const { host, shadows, answers, told } = rig(t, [{}], { shadow: { side: 64 } });
  await host.start();
  host.infer('model0', [frame(0)], undefined, [true]);
  await answers(1);
  await told();
  t.match(shadows, [{ type: 'shadow-failed', error: { code: 'MODEL_FAILS', message: /another size/ } }]);
  await host.close();
});
