/**
 * Entry of the worker process: everything native lives and dies here. It takes its orders over IPC, ignores
 * the terminal's signals (the supervising process decides when it ends) and never outlives its parent.
 */
import { sleep, systemClock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { createLogger, type Logger, setLogLevel } from '../base/logger.js';
import { offerToEnd, WORKER_OOM_SCORE } from '../base/oom-score.js';
import { Camera } from '../capture/camera.js';
import { findElements } from '../capture/elements.js';
import type { WorkerPlan } from '../core/worker-plan.js';
import { ParentChannel } from '../ipc/channel.js';
import {
  HOST_MESSAGE_TYPES,
  type HostMessage,
  type NativeAct,
  PROTOCOL_VERSION,
  type WorkerMessage,
} from '../ipc/protocol.js';
import { AnnouncedPipeline } from './announced-pipeline.js';
import { endNow } from './end-process.js';
import { InferenceHost } from './inference-host.js';
import { WorkerPipeline } from './pipeline.js';
import { cameraChooser, pipelineFactory } from './source-pipeline.js';
import { takeSnapshot } from './take-snapshot.js';

/** A worker without a parent, or that cannot go on, ends after this at the latest. */
const ORPHAN_MS = 5000;

const channel = new ParentChannel<WorkerMessage, HostMessage>(HOST_MESSAGE_TYPES);
let pipeline: WorkerPipeline | undefined;
let log: Logger | undefined;
/** Orders are carried out one after the other: `stop` during `start` waits for it. */
let last: Promise<void> = Promise.resolve();

function newPipeline(plan: WorkerPlan, log: Logger): WorkerPipeline {
  return new WorkerPipeline(plan, {
    clock: systemClock,
    log,
    send: (message) => {
      channel.send(message);
      if (message.type === 'fatal') void leave();
    },
    backlog: () => channel.backlog,
    drained: () => channel.drained(),
    elements: () => findElements(),
    inference: (options, handlers) => new InferenceHost(options, handlers),
    camera: (options) => {
      const { name: camera, source } = options.plan;
      const build = pipelineFactory(source, systemClock);
      const announce = (doing: NativeAct['doing']): void =>
        channel.send({ type: 'activity', act: { camera, doing } });
      return new Camera({
        ...options,
        clock: systemClock,
        log,
        snapshots: true,
        chooser: cameraChooser(systemClock),
        pipelineFactory: (description) => new AnnouncedPipeline(build(description), announce),
      });
    },
  });
}

/** In no order with the rest: what is closed or opened meanwhile may take long. */
function answer(message: Extract<HostMessage, { type: 'snapshot' }>): void {
  void takeSnapshot(message, pipeline?.camera(message.camera), systemClock).then((said) =>
    channel.send(said),
  );
}

async function obey(message: Exclude<HostMessage, { type: 'snapshot' }>): Promise<void> {
  if (message.type === 'start') {
    log = createLogger(message.plan.log);
    pipeline = newPipeline(message.plan, log.child({ component: 'worker' }));
    await pipeline.start();
  } else if (message.type === 'adjust') {
    if (log !== undefined) setLogLevel(log, message.logLevel);
    pipeline?.adjust(message.thresholds, message.maxRate, message.shadow);
  } else if (message.type === 'cameras') {
    await pipeline?.setCameras(message.cameras);
  } else {
    await pipeline?.stop();
    await leave();
  }
}

async function leave(): Promise<void> {
  await Promise.race([pipeline?.releaseCsi(), sleep(systemClock, ORPHAN_MS)]);
  await channel.drained();
  endNow();
}

/** Cameras are closed in order even then: Argus keeps the session of a client that was just killed. */
async function leaveWithoutParent(): Promise<void> {
  await Promise.race([pipeline?.stop(), sleep(systemClock, ORPHAN_MS)]);
  endNow();
}

void offerToEnd(WORKER_OOM_SCORE);
channel.start({
  onMessage: (message) => {
    if (message.type === 'snapshot') {
      answer(message);
      return;
    }
    last = last
      .then(() => obey(message))
      .catch((error: unknown) => {
        channel.send({ type: 'fatal', error: DetectdError.from(error).toData() });
        return leave();
      });
  },
  onParentGone: () => void leaveWithoutParent(),
});
channel.send({ type: 'hello', version: PROTOCOL_VERSION, pid: process.pid });
