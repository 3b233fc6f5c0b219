/**
 * What runs inside a worker: cameras → scheduler → inference thread → results. It holds no policy about
 * restarts; when it cannot go on it says so and the supervising process replaces it.
 */
import type { Clock, Timer } from '../base/clock.js';
import { sleep } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { RepeatedFault } from '../base/repeated-fault.js';
import type { Camera } from '../capture/camera.js';
import { type ElementSet, pixelFormat } from '../capture/elements.js';
import type { CaptureTarget } from '../capture/pipeline-string.js';
import { type Drops, noDrops } from '../core/drops.js';
import type { Frame } from '../core/frame.js';
import type { FrameResult } from '../core/frame-result.js';
import type { CameraPlan, Thresholds, WorkerPlan } from '../core/worker-plan.js';
import { Scheduler, type SlotOptions } from '../inference/scheduler.js';
import type { CameraReport, ModelReport, WorkerMessage, WorkerUsage } from '../ipc/protocol.js';
import { GstreamerCpuAccount } from './cpu-account.js';
import { Dispatcher } from './dispatcher.js';
import type { InferenceHandlers, InferenceHost } from './inference-host.js';
import { ShadowShare } from './shadow-share.js';
import type { ThreadOptions } from './thread-protocol.js';

const HEARTBEAT_MS = 1000;
/** A model that fails on this many frames in a row will not recover by itself. */
const MAX_FAILURES_IN_A_ROW = 30;
/** How long stop() waits for the frames in hand. */
const DRAIN_MS = 2500;

export interface PipelineParts {
  clock: Clock;
  log: Logger;
  send: (message: WorkerMessage) => void;
  /** Messages not yet taken by the supervising process. */
  backlog: () => number;
  /** Resolves when it has taken them all. */
  drained: () => Promise<void>;
  elements: () => Promise<ElementSet>;
  inference: (options: ThreadOptions, handlers: InferenceHandlers) => InferenceHost;
  camera: (options: {
    plan: CameraPlan;
    target: CaptureTarget;
    elements: ElementSet;
    onFrame: (frame: Frame) => void;
    onState: (report: CameraReport) => void;
    onDeadPipeline: () => void;
    wantsFrame: () => Promise<void>;
  }) => Camera;
}

/** What a camera has counted since the worker started, however often it was opened. */
interface Tally {
  captured: number;
  analysed: number;
  failed: number;
  drops: Drops;
  /** Of those that were closed. */
  reconnects: number;
}

interface OpenCamera {
  camera: Camera;
  plan: CameraPlan;
  lastFrameUs: number | undefined;
  size?: { width: number; height: number };
  /** Its last state report, held back until the frames before it have been analysed. */
  ended: CameraReport | undefined;
}

export class WorkerPipeline {
  readonly #plan: WorkerPlan;
  readonly #parts: PipelineParts;
  readonly #scheduler = new Scheduler();
  readonly #dispatcher: Dispatcher;
  readonly #cameras = new Map<string, OpenCamera>();
  readonly #tallies = new Map<string, Tally>();
  readonly #faults: RepeatedFault;
  readonly #gstreamer: GstreamerCpuAccount | undefined;
  readonly #usage = { inferMs: 0, decodeMs: 0 };
  /** Which frames a version beside the one that serves gets, too. */
  #shadow: ShadowShare | undefined;
  #elements: ElementSet | undefined;
  #inference: InferenceHost | undefined;
  #models = new Map<string, ModelReport>();
  #heartbeat: Timer | undefined;
  #failuresInARow = 0;
  #deadPipelines = 0;
  /** Cameras that are gone, on their way out. */
  #closing: Promise<unknown> = Promise.resolve();
  /** Since when the model owes an answer: from the frame it was given, or from its last answer while it has more. */
  #inferringSinceUs: number | undefined;

  constructor(plan: WorkerPlan, parts: PipelineParts) {
    this.#plan = plan;
    this.#parts = parts;
    const { clock, backlog, drained } = parts;
    const runs = () => this.#inference?.runs;
    const analyse = (frames: Frame[]) => this.#analyse(frames);
    const lent = { clock, backlog, drained, scheduler: this.#scheduler, runs, analyse };
    this.#dispatcher = new Dispatcher(lent, plan.maxRate);
    this.#shadow = plan.shadow === undefined ? undefined : new ShadowShare(plan.shadow);
    this.#gstreamer = plan.measureCpu ? new GstreamerCpuAccount() : undefined;
    this.#faults = new RepeatedFault({
      clock: parts.clock,
      report: (key, detail, count) => parts.log.error({ count, error: detail }, key),
    });
  }

  /** Loads the models, says `ready`, then opens the cameras. Throws when a model does not load. */
  async start(): Promise<void> {
    const { clock, send } = this.#parts;
    this.#heartbeat = clock.every(HEARTBEAT_MS, () => this.#beat());
    this.#elements = await this.#parts.elements();
    this.#inference = this.#parts.inference(
      {
        models: this.#plan.models,
        format: pixelFormat(this.#elements),
        scratchFolder: this.#plan.cacheFolder,
        measureCpu: this.#plan.measureCpu,
        engines: { maxBytes: this.#plan.maxEngineBytes, device: this.#plan.device },
        shadow: this.#plan.shadow?.model,
      },
      {
        onResult: (result) => this.#onResult(result),
        onFrameFailed: (camera, error) => this.#onFrameFailed(camera, error),
        onProgress: () => this.#answered(),
        onShadow: (message) => this.#parts.send(message),
        onDeath: (error) => this.#fatal(error),
      },
    );
    const models = await this.#inference.start();
    this.#models = new Map(models.map((model) => [model.identity.name, model]));
    this.#beat();
    send({ type: 'ready', models });
    this.#gstreamer?.start(clock);
    for (const plan of this.#plan.cameras) this.#open(plan);
  }

  camera(name: string): Camera | undefined {
    return this.#cameras.get(name)?.camera;
  }

  /** Closes cameras that are gone or changed, opens new ones, leaves the others alone. */
  async setCameras(plans: CameraPlan[]): Promise<void> {
    const wanted = new Map(plans.map((plan) => [plan.name, plan]));
    const closing: Promise<void>[] = [];
    for (const [name, open] of this.#cameras) {
      const plan = wanted.get(name);
      if (plan !== undefined && isOpenAs(plan, open.plan)) {
        this.#scheduler.setWeight(name, plan.weight ?? 1);
        open.plan = plan;
        wanted.delete(name);
      } else closing.push(this.#close(name));
    }
    const names = new Set(plans.map(({ name }) => name));
    for (const name of this.#tallies.keys()) if (!names.has(name)) this.#tallies.delete(name);
    this.#closing = Promise.all([this.#closing, ...closing]);
    // What is opened may be what is being closed, by another name. Mere closing keeps no order waiting, least of all `stop`.
    if (wanted.size > 0) await this.#closing;
    for (const plan of wanted.values()) this.#open(plan);
    if (plans.length === 0) void this.#closing.then(() => this.#tellIdle());
  }

  /** Thresholds by model, and how many frames a second are analysed at most; both from the next frame on. */
  adjust(thresholds: Record<string, Thresholds>, maxRate?: number, shadow = true): void {
    this.#inference?.setThresholds(thresholds);
    if (!shadow && this.#shadow !== undefined) {
      this.#shadow = undefined;
      this.#inference?.dropShadow();
    }
    this.#dispatcher.setRate(maxRate);
    this.#dispatcher.dispatch();
  }

  /** CSI cameras get EOS, whatever became of the rest: Argus keeps the session of a client that was just ended. */
  async releaseCsi(): Promise<void> {
    const open = [...this.#cameras.values()].filter(({ plan }) => plan.source.kind === 'csi');
    await Promise.all(open.map(({ camera }) => camera.stop()));
  }

  /** Cameras get EOS, the frames in hand are analysed, then everything is closed. */
  async stop(): Promise<void> {
    await Promise.all([this.#closing, ...[...this.#cameras.values()].map((open) => open.camera.stop())]);
    this.#dispatcher.setRate(undefined);
    const drained = this.#drained();
    await Promise.race([drained, sleep(this.#parts.clock, DRAIN_MS)]);
    this.#scheduler.clear();
    this.#beat();
    this.#heartbeat?.cancel();
    this.#gstreamer?.close();
    this.#parts.send({ type: 'stopped' });
    await Promise.race([this.#inference?.close(), sleep(this.#parts.clock, DRAIN_MS)]);
  }

  #tellIdle(): void {
    if (this.#cameras.size === 0) this.#parts.send({ type: 'idle' });
  }

  #open(plan: CameraPlan): void {
    const model = this.#models.get(plan.model);
    const elements = this.#elements;
    if (model === undefined || elements === undefined) return;
    const tally = this.#tally(plan.name);
    this.#scheduler.add(plan.name, tally, this.#slotOf(plan, model));
    const format = pixelFormat(elements);
    const camera = this.#parts.camera({
      plan,
      target:
        model.mode === 'live' && plan.slicing === undefined
          ? { kind: 'scaled', width: model.networkWidth, height: model.networkHeight, format }
          : { kind: 'source-size', format },
      elements,
      onFrame: (frame) => this.#onFrame(plan.name, frame),
      onState: (report) => this.#onState(plan.name, report),
      onDeadPipeline: () => {
        this.#deadPipelines += 1;
      },
      wantsFrame: () => this.#scheduler.whenFree(plan.name),
    });
    this.#cameras.set(plan.name, {
      camera,
      plan,
      lastFrameUs: undefined,
      ended: undefined,
    });
    camera.start();
  }

  async #close(name: string): Promise<void> {
    const open = this.#cameras.get(name);
    if (open === undefined) return;
    this.#cameras.delete(name);
    this.#scheduler.remove(name);
    this.#tally(name).reconnects += open.camera.reconnects;
    this.#deadPipelines += 1;
    await open.camera.stop();
  }

  #onFrame(name: string, frame: Frame): void {
    const open = this.#cameras.get(name);
    if (open === undefined) return;
    open.lastFrameUs = frame.capturedAtUs;
    open.size = { width: frame.sourceWidth, height: frame.sourceHeight };
    this.#dispatcher.offer(frame);
  }

  #onState(name: string, report: CameraReport): void {
    const open = this.#cameras.get(name);
    if (open !== undefined && report.state === 'ended') {
      open.ended = report;
      this.#tellEnded();
      return;
    }
    const reconnects = this.#tally(name).reconnects + report.reconnects;
    this.#parts.send({ type: 'camera', report: { ...report, reconnects } });
  }

  /** Counts on where the camera was closed and is opened again. */
  #tally(name: string): Tally {
    const known = this.#tallies.get(name);
    if (known !== undefined) return known;
    const tally = { captured: 0, analysed: 0, failed: 0, drops: noDrops(), reconnects: 0 };
    this.#tallies.set(name, tally);
    return tally;
  }

  #onResult(result: FrameResult): void {
    this.#answered();
    this.#failuresInARow = 0;
    this.#usage.inferMs += result.timings.infer / (result.timings.together ?? 1);
    this.#usage.decodeMs += result.timings.decode;
    const tally = this.#tallies.get(result.camera);
    if (tally !== undefined) tally.analysed += 1;
    this.#dispatcher.dispatch();
    this.#parts.send({ type: 'result', result });
    this.#tellEnded();
  }

  #onFrameFailed(camera: string, error: DetectdError): void {
    this.#answered();
    // Every picture of this camera would fail: it is the camera that cannot be analysed, not the model.
    if (error.code === 'SLICING_TOO_FINE') {
      this.#giveUp(camera, error);
      return;
    }
    this.#failuresInARow += 1;
    const tally = this.#tallies.get(camera);
    if (tally !== undefined) tally.failed += 1;
    this.#faults.note(`a frame of "${camera}" could not be analysed`, error.toData());
    if (this.#failuresInARow >= MAX_FAILURES_IN_A_ROW) {
      this.#fatal(error);
      return;
    }
    this.#dispatcher.dispatch();
    this.#tellEnded();
  }

  #giveUp(camera: string, error: DetectdError): void {
    if (this.#cameras.has(camera)) {
      void this.#close(camera);
      const report: CameraReport = { camera, state: 'offline', error: error.toData(), reconnects: 0 };
      this.#parts.send({ type: 'camera', report });
    }
    this.#dispatcher.dispatch();
    this.#tellEnded();
  }

  #answered(): void {
    const busy = (this.#inference?.inFlight ?? 0) > 0;
    this.#inferringSinceUs = busy ? this.#parts.clock.monotonicUs() : undefined;
  }

  /** Frames that are taken together are of cameras of one model, which are not sliced. */
  #analyse(frames: Frame[]): void {
    const plan = this.#cameras.get(frames[0]?.camera ?? '')?.plan;
    if (plan === undefined) return;
    this.#inferringSinceUs ??= this.#parts.clock.monotonicUs();
    const shadowed = frames.map(() => this.#isShadowed(plan.model));
    this.#inference?.infer(plan.model, frames, plan.slicing, shadowed);
  }

  #slotOf(
    { weight = 1, everyFrame, slicing, model: key }: CameraPlan,
    { maxBatch = 1 }: ModelReport,
  ): SlotOptions {
    const slot = { weight, lossless: everyFrame };
    if (maxBatch === 1 || slicing !== undefined) return slot;
    const { batchWaitMs = 0 } = this.#plan.models.find(({ name }) => name === key) ?? {};
    return { ...slot, batch: { key, most: maxBatch, waitUs: batchWaitMs * 1000 } };
  }

  /** Only while no frame waits: who is in a hurry has no time for comparisons. */
  #isShadowed(model: string): boolean {
    const idle = this.#scheduler.waiting === 0 && this.#inference?.inFlight === 0;
    return this.#shadow?.takes(model, idle) ?? false;
  }

  /** `ended` means that every frame before the end has been analysed and its result sent. */
  #tellEnded(): void {
    if (this.#scheduler.waiting > 0 || (this.#inference?.inFlight ?? 0) > 0) return;
    for (const open of this.#cameras.values()) {
      if (open.ended === undefined) continue;
      this.#parts.send({ type: 'camera', report: open.ended });
      open.ended = undefined;
    }
  }

  async #drained(): Promise<void> {
    while (this.#scheduler.waiting > 0 || (this.#inference?.inFlight ?? 0) > 0) {
      this.#dispatcher.dispatch();
      await sleep(this.#parts.clock, 5);
    }
  }

  #beat(): void {
    this.#gstreamer?.sample();
    const now = this.#parts.clock.monotonicUs();
    this.#parts.send({
      type: 'heartbeat',
      inferringMs: this.#inferringSinceUs === undefined ? null : (now - this.#inferringSinceUs) / 1000,
      usage: this.#readUsage(),
      cameras: [...this.#cameras].map(([camera, open]) => {
        const { captured, analysed, failed, drops, reconnects } = this.#tally(camera);
        return {
          ...{ camera, captured, analysed, failed, drops: { ...drops } },
          reconnects: reconnects + open.camera.reconnects,
          lastFrameAgeMs: open.lastFrameUs === undefined ? null : Math.round((now - open.lastFrameUs) / 1000),
          ...(open.size && { size: open.size }),
        };
      }),
    });
  }

  #readUsage(): WorkerUsage {
    const cpu = process.cpuUsage();
    return {
      waitingFrames: this.#scheduler.waiting + (this.#inference?.inFlight ?? 0),
      unsentResults: this.#parts.backlog(),
      rssBytes: process.memoryUsage.rss(),
      deadPipelines: this.#deadPipelines,
      cpuMs: (cpu.user + cpu.system) / 1000,
      ...this.#usage,
      ...(this.#gstreamer === undefined
        ? {}
        : { gstreamerCpuMs: this.#gstreamer.totalMs, inferCpuMs: this.#inference?.inferCpuMs ?? 0 }),
    };
  }

  #fatal(error: DetectdError): void {
    this.#parts.send({ type: 'fatal', error: error.toData() });
  }
}

/** A camera whose turns alone are to be others is not opened again. */
function isOpenAs(wanted: CameraPlan, open: CameraPlan): boolean {
  return JSON.stringify({ ...wanted, weight: 0 }) === JSON.stringify({ ...open, weight: 0 });
}
