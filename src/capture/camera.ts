/**
 * One camera: plays its pipeline, hands out frames, and brings it back when it fails. Whatever goes wrong,
 * the same pipeline is stopped and played again, since the binding never frees one.
 */
import { Backoff, type BackoffOptions } from '../base/backoff.js';
import { type Clock, sleep, type Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { RepeatedFault } from '../base/repeated-fault.js';
import type { Frame } from '../core/frame.js';
import { endsByItself, type Source } from '../core/source.js';
import type { CameraPlan } from '../core/worker-plan.js';
import type { CameraReport, CameraState } from '../ipc/protocol.js';
import { type CameraEvent, nextStep } from './camera-life.js';
import { captureFault, decoderFault, endFault, hungCheckFault, stallFault } from './capture-fault.js';
import type { BusMessage, CapturePipeline, Picture, PictureSize } from './capture-pipeline.js';
import type { ElementSet } from './elements.js';
import type { Jpeg } from './jpeg-tap.js';
import { Pace } from './pace.js';
import {
  type CaptureTarget,
  describePipeline,
  type PipelineInput,
  pipelineString,
} from './pipeline-string.js';
import { checkSource } from './source-check.js';
import { Stall, type StallPlace } from './stall.js';

export interface CameraOptions {
  plan: CameraPlan;
  target: CaptureTarget;
  /** Pictures of it may be wanted, beside the frames. */
  snapshots?: boolean;
  elements: ElementSet;
  clock: Clock;
  pipelineFactory: (description: string) => CapturePipeline;
  onFrame: (frame: Frame) => void;
  onState: (report: CameraReport) => void;
  /**
   * Every-frame mode only, asked before each frame: resolves (or is true) when the consumer takes one more.
   * After `false`, demand() asks again. The decoder waits meanwhile.
   */
  wantsFrame?: () => Promise<void> | boolean;
  log?: Logger;
  backoff?: Partial<Pick<BackoffOptions, 'initialMs' | 'maxMs' | 'stableMs' | 'random'>>;
  /** Throws when the source cannot be there; asked before each attempt. */
  check?: (source: Source) => Promise<void>;
}

/** Longest wait for the end of a live source that was asked to end. Argus cameras must be let go in order. */
const EOS_GRACE_MS = { csi: 3000, others: 1000 } as const;
/** After the last picture, GStreamer's message on why it ended follows within this time. */
const REASON_WAIT_MS = 1000;
/** After an error in a file, the pictures already decoded are still taken; each comes within this time. */
const LAST_PICTURES_MS = 2000;
const STALL_CHECK_MS = 250;
/** A decoder that hangs after this many openings in a row hangs in this process. */
const STUCK_AFTER = 3;
/** The size of the source can change while it plays; looking costs one copy of a picture. */
const SIZE_CHECK_US = 5_000_000;

export class Camera {
  readonly name: string;
  readonly #options: CameraOptions;
  readonly #source: Source;
  readonly #input: PipelineInput;
  readonly #backoff: Backoff;
  readonly #faults: RepeatedFault;
  readonly #pace: Pace | undefined;
  #pipeline: CapturePipeline | undefined;
  #state: CameraState = 'connecting';
  /** Counts attempts: whatever belongs to an earlier one is ignored. */
  #attempt = 0;
  #playing = false;
  #stopping: Promise<void> | undefined;
  /** The message of the fault told last; while a camera stays offline only another one is told. */
  #toldFault: string | undefined;
  #sequence = 0;
  #reconnects = 0;
  #framesThisRun = 0;
  #size: PictureSize | undefined;
  #nextSizeCheckUs = 0;
  readonly #stall = new Stall();
  /** The question whether the source can be there: asked once at a time, since a file system may never answer. */
  #checking: Promise<void> | undefined;
  /** Stalls in a row that were the decoder's. */
  #decoderStalls = 0;
  /** An error in a file, reported after the pictures before it. */
  #pendingFault: DetectdError | undefined;
  #sawLastPicture = false;
  #sawEosMessage = false;
  #onEos: (() => void) | undefined;
  #onDemand: (() => void) | undefined;
  #watch: Timer | undefined;
  #retry: Timer | undefined;
  #reason: Timer | undefined;

  constructor(options: CameraOptions) {
    const { plan, clock, target, backoff, log } = options;
    this.name = plan.name;
    this.#options = options;
    this.#source = plan.source;
    const everyFrame = plan.everyFrame && endsByItself(plan.source);
    const { snapshots = false } = options;
    this.#input = { source: plan.source, target, fps: plan.fps, everyFrame, snapshots };
    this.#pace = plan.fps === undefined || everyFrame ? undefined : new Pace(plan.fps);
    this.#backoff = new Backoff({ initialMs: 500, maxMs: 30_000, stableMs: 30_000, clock, ...backoff });
    this.#faults = new RepeatedFault({
      clock,
      report: (message, detail, count) =>
        log?.warn({ camera: plan.name, ...(detail as object), count }, message),
    });
  }

  /** How often it was opened again. */
  get reconnects(): number {
    return this.#reconnects;
  }

  get state(): CameraState {
    return this.#state;
  }

  /** Opens the camera; what comes of it is told to onState. */
  start(): void {
    this.#options.onState(this.#report());
    // Whoever hears of a state may stop the camera then and there.
    if (this.#stopping !== undefined) return;
    try {
      const { elements, pipelineFactory, log } = this.#options;
      log?.debug({ camera: this.name, pipeline: describePipeline(this.#input, elements) }, 'opening');
      const pipeline = pipelineFactory(pipelineString(this.#input, elements));
      pipeline.open();
      pipeline.onBus((message) => this.#onBus(message));
      this.#pipeline = pipeline;
    } catch (error) {
      this.#fail(DetectdError.from(error, 'PIPELINE_INVALID'), true);
      return;
    }
    this.#watch = this.#options.clock.every(STALL_CHECK_MS, () => this.#checkStall(), { background: true });
    void this.#play();
  }

  /** Lets a live source end in good order, bounded, and closes the pipeline. No frame comes afterwards. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** The next picture at the size of the source; undefined when it plays no more, or this machine makes none. */
  jpeg(quality: number): Promise<Jpeg | undefined> {
    return this.#pipeline?.jpeg(quality) ?? Promise.resolve(undefined);
  }

  /** After wantsFrame() gave false: one more frame is wanted now. */
  demand(): void {
    this.#onDemand?.();
  }

  async #stop(): Promise<void> {
    this.#retry?.cancel();
    if (this.#playing && !endsByItself(this.#source)) {
      const grace = this.#source.kind === 'csi' ? EOS_GRACE_MS.csi : EOS_GRACE_MS.others;
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.after(grace, resolve);
        this.#onEos = () => {
          timer.cancel();
          resolve();
        };
        this.#guarded((pipeline) => pipeline.sendEos());
      });
    }
    this.#quiet();
    this.#watch?.cancel();
    this.#guarded((pipeline) => pipeline.close());
  }

  async #play(): Promise<void> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#framesThisRun = 0;
    this.#size = undefined;
    this.#pendingFault = undefined;
    this.#sawLastPicture = false;
    this.#sawEosMessage = false;
    this.#stall.await(this.#options.clock.monotonicUs());
    try {
      this.#checking ??= (this.#options.check ?? checkSource)(this.#source).finally(() => {
        this.#checking = undefined;
      });
      await this.#checking;
      if (attempt !== this.#attempt || this.#pipeline === undefined) return;
      this.#playing = true;
      this.#pipeline.play();
      await this.#pullFrames(this.#pipeline, attempt);
    } catch (error) {
      if (attempt === this.#attempt) this.#fail(DetectdError.from(error));
    }
  }

  async #pullFrames(pipeline: CapturePipeline, attempt: number): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      await this.#untilWanted();
      if (attempt !== this.#attempt) return;
      this.#stall.await(clock.monotonicUs());
      const picture = await pipeline.pull();
      if (attempt !== this.#attempt) return;
      if (picture === null) {
        this.#lastPicture();
        return;
      }
      const capturedAtUs = clock.monotonicUs();
      const size = this.#knownSize(pipeline, picture, capturedAtUs) ?? (await pipeline.sourceSize());
      if (attempt !== this.#attempt) return;
      this.#size = size ?? picture;
      this.#stall.rest();
      if (this.#stopping === undefined) this.#deliver(picture, this.#size, capturedAtUs);
    }
  }

  /** Waits for the consumer in every-frame mode, else for the frame rate cap. */
  async #untilWanted(): Promise<void> {
    const { clock, wantsFrame } = this.#options;
    this.#stall.rest();
    if (this.#input.everyFrame && wantsFrame !== undefined) {
      let answer = wantsFrame();
      while (answer === false) {
        await new Promise<void>((resolve) => {
          this.#onDemand = resolve;
        });
        answer = wantsFrame();
      }
      await answer;
    } else if (this.#pace !== undefined) {
      const waitMs = this.#pace.waitMs(clock.monotonicUs());
      if (waitMs > 0) await sleep(clock, waitMs);
    }
  }

  #knownSize(pipeline: CapturePipeline, picture: Picture, nowUs: number): PictureSize | undefined {
    if (this.#options.target.kind === 'source-size') return picture;
    if (this.#size === undefined) {
      this.#nextSizeCheckUs = nowUs + SIZE_CHECK_US;
    } else if (nowUs >= this.#nextSizeCheckUs) {
      this.#nextSizeCheckUs = nowUs + SIZE_CHECK_US;
      const attempt = this.#attempt;
      const update = (size: PictureSize | undefined) => {
        if (attempt === this.#attempt && size !== undefined) this.#size = size;
      };
      pipeline.sourceSize().then(update, () => {});
    }
    return this.#size;
  }

  #deliver(picture: Picture, size: PictureSize, capturedAtUs: number): void {
    this.#framesThisRun += 1;
    this.#pace?.took(capturedAtUs);
    if (this.#state !== 'online') this.#online();
    const frame: Frame = {
      camera: this.name,
      sequence: this.#sequence,
      capturedAtUs,
      width: picture.width,
      height: picture.height,
      sourceWidth: size.width,
      sourceHeight: size.height,
      format: this.#options.target.format,
      data: picture.data,
      ...(picture.truth === undefined ? {} : { truth: picture.truth }),
    };
    this.#sequence += 1;
    this.#options.onFrame(frame);
  }

  #online(): void {
    this.#state = nextStep(this.#state, { type: 'frame' }, this.#traits()).state;
    this.#toldFault = undefined;
    this.#decoderStalls = 0;
    this.#backoff.healthy();
    this.#options.log?.info({ camera: this.name, reconnects: this.#reconnects }, 'camera is online');
    this.#options.onState(this.#report());
  }

  #onBus(message: BusMessage): void {
    if (!this.#playing) return;
    if (message.type === 'eos') {
      this.#sawEosMessage = true;
      this.#onEos?.();
      if (this.#sawLastPicture) this.#ended();
      return;
    }
    if (this.#stopping !== undefined) {
      this.#onEos?.();
      return;
    }
    const error = captureFault(this.#source, message.text, this.#framesThisRun > 0);
    if (!endsByItself(this.#source) || this.#sawLastPicture) this.#fail(error);
    else this.#pendingFault ??= error;
  }

  #lastPicture(): void {
    this.#stall.rest();
    this.#sawLastPicture = true;
    if (this.#stopping !== undefined) {
      this.#onEos?.();
    } else if (this.#pendingFault !== undefined) {
      this.#fail(this.#pendingFault);
    } else if (this.#sawEosMessage) {
      this.#ended();
    } else {
      this.#reason = this.#options.clock.after(REASON_WAIT_MS, () => this.#ended());
    }
  }

  #ended(): void {
    if (this.#stopping !== undefined) return;
    const opened = this.#framesThisRun > 0;
    this.#act({ type: 'end', frames: this.#framesThisRun }, endFault(this.#source, opened));
  }

  #fail(error: DetectdError, permanent = false): void {
    if (this.#stopping === undefined) this.#act({ type: 'fault', permanent }, error);
  }

  /** The one place that acts on the table of camera-life.ts. */
  #act(event: CameraEvent, error: DetectdError): void {
    const step = nextStep(this.#state, event, this.#traits());
    if (step.action === 'none') return;
    this.#quiet();
    this.#state = step.state;
    const close = step.action === 'close' || step.action === 'give-up';
    this.#guarded((pipeline) => (close ? pipeline.close() : pipeline.stop()));
    if (close) this.#watch?.cancel();
    if (event.type === 'fault' || step.fault !== undefined) this.#tellFault(error);
    else if (step.action === 'close') this.#options.onState(this.#report());
    if (this.#stopping !== undefined) return;
    if (step.action === 'replay') void this.#play();
    if (step.action === 'retry') this.#retryLater();
  }

  #retryLater(): void {
    const delayMs = this.#backoff.next();
    this.#retry = this.#options.clock.after(delayMs, () => {
      this.#reconnects += 1;
      void this.#play();
    });
  }

  #tellFault(error: DetectdError): void {
    this.#faults.note(error.message, { code: error.code, hint: error.hint });
    const stuck = this.#decoderStalls >= STUCK_AFTER;
    if (this.#state === 'offline' && this.#toldFault === error.message && !stuck) return;
    this.#toldFault = error.message;
    this.#options.onState({ ...this.#report(), error: error.toData(), ...(stuck ? { stuck } : {}) });
  }

  #checkStall(): void {
    if (this.#stopping !== undefined) return;
    const limitMs = this.#pendingFault === undefined ? this.#options.plan.stallTimeoutMs : LAST_PICTURES_MS;
    const arrived = () => this.#pipeline?.arrivedBytes();
    const place = this.#stall.verdict(this.#options.clock.monotonicUs(), limitMs, arrived);
    if (place === undefined) return;
    this.#decoderStalls = place === 'decoder' ? this.#decoderStalls + 1 : 0;
    this.#fail(this.#pendingFault ?? this.#stallFault(place, limitMs));
  }

  #stallFault(place: StallPlace, limitMs: number): DetectdError {
    if (this.#checking !== undefined) return hungCheckFault(this.#source, limitMs);
    if (place === 'decoder') return decoderFault(this.#source, limitMs);
    return stallFault(this.#source, limitMs, this.#framesThisRun > 0);
  }

  /** Nothing of the current attempt will be heard of again. */
  #quiet(): void {
    this.#attempt += 1;
    this.#playing = false;
    this.#stall.rest();
    this.#retry?.cancel();
    this.#reason?.cancel();
  }

  #guarded(act: (pipeline: CapturePipeline) => void): void {
    if (this.#pipeline === undefined) return;
    try {
      act(this.#pipeline);
    } catch (error) {
      this.#options.log?.error({ camera: this.name, error: DetectdError.from(error).toData() }, 'pipeline');
    }
  }

  #traits(): { finite: boolean; loop: boolean } {
    return { finite: endsByItself(this.#source), loop: this.#options.plan.loop };
  }

  #report(): CameraReport {
    return { camera: this.name, state: this.#state, reconnects: this.#reconnects };
  }
}
