/**
 * Entry of the inference thread: session.run() blocks the thread it is called on, so it gets one of its
 * own and the worker's main thread stays free for GStreamer and IPC. Frames are analysed in the order in
 * which they arrive; the order among cameras is the scheduler's business.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { returnMemory } from '../base/memory-return.js';
import type { Detection } from '../core/detection.js';
import type { Frame } from '../core/frame.js';
import { ThreadCpuAccount } from './cpu-account.js';
import { engineAccess } from './engine-access.js';
import { LoadedModel } from './loaded-model.js';
import type { RunOutcome } from './model-runner.js';
import { loadShadow, type ShadowRunner } from './shadow-runner.js';
import type { FromThread, ThreadOptions, ToThread } from './thread-protocol.js';

const options = workerData as ThreadOptions;
const models = new Map<string, LoadedModel>();
const account = options.measureCpu ? new ThreadCpuAccount() : undefined;
let shadows: ShadowRunner | undefined;
/** run() is asynchronous in form: frames that arrive meanwhile wait their turn here. */
let last = Promise.resolve();

function tell(message: FromThread): void {
  parentPort?.postMessage(message);
}

/** Only what takes long is told of: a picture of many tiles is no hang. */
function tellProgress(): void {
  tell({ type: 'progress' });
}

async function load(): Promise<void> {
  const { scratchFolder, engines } = options;
  const { maxBytes, device } = engines;
  const access = await engineAccess(scratchFolder, maxBytes, device);
  for (const plan of options.models) {
    const loaded = await LoadedModel.load(plan, {
      format: options.format,
      scratchFolder,
      engines: access,
      ...(account === undefined ? {} : { aroundRun: account }),
    });
    models.set(plan.name, loaded);
  }
  const { shadow, format } = options;
  if (shadow !== undefined)
    shadows = await loadShadow(
      shadow,
      models.get(shadow.name),
      { format, scratchFolder, engines: access },
      tell,
    );
}

type InferOrder = Extract<ToThread, { type: 'infer' }>;

async function infer({ model: name, frames, slicing, shadowed }: InferOrder): Promise<void> {
  const model = models.get(name);
  if (model === undefined) return;
  let startUs = systemClock.monotonicUs();
  const together = frames.length > 1 ? await analysedTogether(model, frames) : undefined;
  const served: [Frame, Detection[]][] = [];
  for (const [place, frame] of frames.entries()) {
    if (together === undefined) startUs = systemClock.monotonicUs();
    try {
      const outcome = together?.[place] ?? (await model.run(frame, slicing, tellProgress));
      tellResult(model, frame, outcome, startUs);
      if (shadowed[place] === true) served.push([frame, outcome.detections]);
    } catch (error) {
      const data = DetectdError.from(error, 'MODEL_RUN').toData();
      tell({ type: 'frame-failed', camera: frame.camera, error: data });
    }
  }
  try {
    for (const [frame, found] of served) await shadows?.analyse(frame, slicing, found, tellProgress);
  } finally {
    returnMemory(frames.map(({ data }) => data.buffer));
  }
}

/** Where that fails, each is tried alone: nobody's picture is lost for another's. */
async function analysedTogether(
  model: LoadedModel,
  frames: readonly Frame[],
): Promise<RunOutcome[] | undefined> {
  try {
    return await model.runTogether(frames);
  } catch {
    return undefined;
  }
}

function tellResult(model: LoadedModel, frame: Frame, outcome: RunOutcome, startUs: number): void {
  const { detections, faint, inferMs, decodeMs, together } = outcome;
  const queue = (startUs - frame.capturedAtUs) / 1000;
  tell({
    type: 'result',
    inferCpuMs: account?.totalMs ?? 0,
    result: {
      camera: frame.camera,
      sequence: frame.sequence,
      capturedAtUs: frame.capturedAtUs,
      imageWidth: frame.sourceWidth,
      imageHeight: frame.sourceHeight,
      model: model.report.identity,
      detections,
      ...(faint.length === 0 ? {} : { faint }),
      timings: { queue, infer: inferMs, decode: decodeMs, ...(together === undefined ? {} : { together }) },
      ...(frame.truth === undefined ? {} : { truth: frame.truth }),
    },
  });
}

async function obey(message: ToThread): Promise<void> {
  if (message.type === 'infer') await infer(message);
  else if (message.type === 'drop-shadow') await shadows?.release();
  else if (message.type === 'end') await end();
  else
    for (const [model, thresholds] of Object.entries(message.thresholds))
      models.get(model)?.setThresholds(thresholds);
}

async function end(): Promise<void> {
  for (const model of models.values()) await model.release();
  parentPort?.close();
}

parentPort?.on('message', (message: ToThread) => {
  last = last.then(() => obey(message));
});

try {
  await load();
  tell({ type: 'loaded', models: [...models.values()].map((model) => model.report) });
} catch (error) {
  tell({ type: 'load-failed', error: DetectdError.from(error).toData() });
}
