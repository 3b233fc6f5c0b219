/**
 * Entry of the process in which a new version of a model is tried before it may serve: here it may crash, hang and take
 * all memory. It runs behind everything else in line for the CPU and is the first to go when memory ends.
 */
import { setPriority } from 'node:os';
import { DetectdError, messageOf } from '../base/errors.js';
import { BUILDER_OOM_SCORE, offerToEnd } from '../base/oom-score.js';
import { openBundle } from '../bundle/bundle.js';
import { findElements, pixelFormat } from '../capture/elements.js';
import type { PixelFormat } from '../core/frame.js';
import type { WorkerModelPlan } from '../core/worker-plan.js';
import { ParentChannel } from '../ipc/channel.js';
import {
  type FromTrial,
  TO_TRIAL_TYPES,
  type ToTrial,
  type TrialJob,
  type TrialMeasures,
} from '../ipc/trial-protocol.js';
import { endNow } from './end-process.js';
import { engineAccess } from './engine-access.js';
import { LoadedModel } from './loaded-model.js';
import type { EngineAccess } from './open-model.js';
import { type TrialPictures, trialPictures } from './trial-pictures.js';
import { runSamples, type TrialModel, timeInTurns } from './trial-run.js';

/** Behind the worker that serves, before builds. */
const NICE = 10;
const channel = new ParentChannel<FromTrial, ToTrial>(TO_TRIAL_TYPES);

interface Contender {
  loaded: LoadedModel;
  model: TrialModel;
  pictures: TrialPictures;
}

async function open(plan: WorkerModelPlan, job: TrialJob, engines: EngineAccess): Promise<Contender> {
  const format = await pictureFormat();
  const loaded = await LoadedModel.load(plan, { format, scratchFolder: job.cacheFolder, engines });
  const bundle = await openBundle(plan.bundle, job.cacheFolder);
  const model = {
    run: (picture: Parameters<TrialModel['run']>[0]) => loaded.run(picture, undefined, () => {}),
  };
  return { loaded, model, pictures: await trialPictures(bundle, loaded.report.mode, format) };
}

/** As the worker's pictures come, for which its engines are made. */
async function pictureFormat(): Promise<PixelFormat> {
  try {
    return pixelFormat(await findElements());
  } catch {
    return 'RGB';
  }
}

async function tryOut(job: TrialJob): Promise<TrialMeasures> {
  const engines = await engineAccess(job.cacheFolder, job.maxEngineBytes, job.device);
  tell('loading', 0, 2);
  const candidate = await open(job.candidate, job, engines);
  const { report } = candidate.loaded;
  const nothing = { samples: [], ms: 0, activeMs: undefined, activeError: undefined, runs: 0, rssBytes: [] };
  if (job.loadOnly) return { report, ...nothing };
  const { threshold, pictures } = candidate.pictures;
  if (threshold !== undefined) candidate.loaded.setThresholds({ threshold });
  const samples = await runSamples(candidate.model, pictures, threshold ?? job.candidate.threshold, (done) =>
    tell('samples', done, pictures.length),
  );
  candidate.loaded.setThresholds({ threshold: job.candidate.threshold });
  tell('loading', 1, 2);
  let active: Contender | undefined;
  let activeError: string | undefined;
  try {
    active = job.active === undefined ? undefined : await open(job.active, job, engines);
  } catch (error) {
    activeError = messageOf(error);
  }
  const timing = await timeInTurns(
    { model: candidate.model, pictures },
    active === undefined ? undefined : { model: active.model, pictures: active.pictures.pictures },
    {
      rss: () => process.memoryUsage.rss(),
      nowMs: () => performance.now(),
      onDone: (done) => tell('timing', done, 0),
    },
  );
  return { report, samples, activeError, ...timing };
}

function tell(stage: Extract<FromTrial, { type: 'stage' }>['stage'], done: number, total: number): void {
  channel.send({ type: 'stage', stage, done, total });
}

async function makeModest(): Promise<void> {
  try {
    setPriority(0, NICE);
  } catch {
    // It runs behind an even lower priority.
  }
  await offerToEnd(BUILDER_OOM_SCORE);
}

async function answer({ job }: ToTrial): Promise<void> {
  try {
    await makeModest();
    channel.send({ type: 'tried', measures: await tryOut(job) });
  } catch (error) {
    channel.send({ type: 'fatal', error: DetectdError.from(error).toData() });
  }
  await channel.drained();
  endNow();
}

channel.start({ onMessage: (message) => void answer(message), onParentGone: endNow });
