/**
 * One camera: has its pipeline chosen and played, hands out frames, and brings it back when it fails. Whatever goes
 * wrong, the same pipeline is stopped and played again, since the binding never frees one.
 */
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { RepeatedFault } from '../base/repeated-fault.js';
import { type CameraState, delivers } from '../core/camera-state.js';
import { BYTES_PER_PIXEL, type Frame } from '../core/frame.js';
import { endsByItself } from '../core/source.js';
import type { CameraPlan } from '../core/worker-plan.js';
import type { CameraReport } from '../ipc/protocol.js';
import { CameraAttempt } from './camera-attempt.js';
import { type CameraEvent, nextStep } from './camera-life.js';
import { argusFault, endFault, hungCheckFault, sightFault } from './capture-fault.js';
import type { CapturePipeline, Picture, PictureSize } from './capture-pipeline.js';
import type { ElementSet } from './elements.js';
import type { Jpeg } from './jpeg-tap.js';
import { Pace } from './pace.js';
import { lossNote } from './packet-loss.js';
import { PictureWatch, type Sight } from './picture-watch.js';
import { FixedChooser, type PipelineChoice, type PipelineChooser } from './pipeline-chooser.js';
import type { CaptureTarget, PipelineInput } from './pipeline-string.js';
import { newRun } from './recording-branch.js';
import { Reopening, type WaitOptions } from './reopening.js';
import { withView } from './view-pipeline.js';

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
  backoff?: WaitOptions;
  /** Says what is played; without it always the same. */
  chooser?: (input: PipelineInput, elements: ElementSet) => PipelineChooser;
  /** A pipeline was put aside for another one. It keeps files and memory until the process ends. */
  onDeadPipeline?: () => void;
}

/** Longest wait for the end of a live source that was asked to end. Argus cameras must be let go in order. */
const EOS_GRACE_MS = { csi: 4500, others: 1000 } as const;
/** Choosing is bounded by itself; what takes longer hangs in a driver or a file system. */
const CHOICE_LIMIT_MS = 10_000;
/** A decoder that hangs after this many openings in a row hangs in this process. */
const STUCK_AFTER = 3;

export class Camera {
  readonly name: string;
  readonly #options: CameraOptions;
  readonly #input: PipelineInput;
  readonly #chooser: PipelineChooser;
  readonly #reopening: Reopening;
  readonly #watch: PictureWatch | undefined;
  readonly #faults: RepeatedFault;
  readonly #pace: Pace | undefined;
  #choice: PipelineChoice | undefined;
  #pipeline: CapturePipeline | undefined;
  #attempt: CameraAttempt | undefined;
  #state: CameraState = 'connecting';
  #everOnline = false;
  /** Counts openings: an answer to an earlier one is ignored. */
  #opening = 0;
  /** The question what to play: asked once at a time, since a file system may never answer. */
  #choosing: Promise<PipelineChoice> | undefined;
  #abandon = new AbortController();
  #stopping: Promise<void> | undefined;
  /** State and fault told last; while a camera stays away only another one is told. */
  #toldFault: string | undefined;
  #toldNote: string | undefined;
  /** That packets of the current attempt are lost, in words. */
  #loss: string | undefined;
  #sequence = 0;
  #reconnects = 0;
  /** Failures in a row without a picture. */
  #failures = 0;
  /** Stalls in a row that were the decoder's. */
  #decoderStalls = 0;
  #limit: Timer | undefined;
  #retry: Timer | undefined;

  constructor(options: CameraOptions) {
    const { plan, clock, target, elements, backoff, log } = options;
    this.name = plan.name;
    this.#options = options;
    const everyFrame = plan.everyFrame && endsByItself(plan.source);
    const { snapshots = false, chooser } = options;
    const view = plan.view === undefined ? {} : { view: plan.view };
    const recording =
      plan.recording === undefined ? {} : { recording: { ...plan.recording, run: newRun(clock) } };
    const { source, fps } = plan;
    this.#input = { source, target, fps, everyFrame, snapshots, ...view, ...recording };
    this.#chooser = chooser?.(this.#input, elements) ?? new FixedChooser(this.#input, elements);
    this.#pace = plan.fps === undefined || everyFrame ? undefined : new Pace(plan.fps);
    this.#reopening = new Reopening(plan.source, clock, backoff);
    this.#watch = watchOf(plan, BYTES_PER_PIXEL[target.format]);
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
    if (this.#stopping === undefined) void this.#open();
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
    this.#attempt?.demand();
  }

  async #stop(): Promise<void> {
    const { source } = this.#input;
    this.#abandonChoice();
    if (this.#attempt !== undefined && !endsByItself(source)) {
      await this.#attempt.end(source.kind === 'csi' ? EOS_GRACE_MS.csi : EOS_GRACE_MS.others);
    }
    this.#quiet();
    this.#guarded((pipeline) => pipeline.close());
  }

  async #open(): Promise<void> {
    this.#opening += 1;
    const opening = this.#opening;
    const limitMs = Math.max(CHOICE_LIMIT_MS, this.#options.plan.stallTimeoutMs);
    this.#limit = this.#options.clock.after(limitMs, () => {
      this.#fail(hungCheckFault(this.#input.source, limitMs));
    });
    try {
      const choice = await this.#choose();
      if (opening !== this.#opening) return;
      this.#limit.cancel();
      const pipeline = this.#built(choice);
      this.#attempt = this.#newAttempt(pipeline, choice);
      this.#attempt.start();
    } catch (error) {
      if (opening !== this.#opening) return;
      const fault = DetectdError.from(error);
      this.#fail(fault, fault.code === 'PIPELINE_INVALID' || fault.code === 'GSTREAMER_MISSING');
    }
  }

  #choose(): Promise<PipelineChoice> {
    if (this.#choosing !== undefined) return this.#choosing;
    this.#abandon = new AbortController();
    this.#choosing = this.#chooser.choose(this.#abandon.signal).finally(() => {
      this.#choosing = undefined;
    });
    return this.#choosing;
  }

  /** The pipeline of this choice: the one that is there, if it is the same. */
  #built(choice: PipelineChoice): CapturePipeline {
    const { pipelineFactory, elements, clock, log, onDeadPipeline } = this.#options;
    if (choice.note !== undefined && choice.note !== this.#toldNote) {
      log?.warn({ camera: this.name, pipeline: choice.described }, choice.note);
    }
    this.#toldNote = choice.note;
    if (this.#pipeline !== undefined && this.#choice?.text === choice.text) return this.#pipeline;
    if (this.#pipeline !== undefined) {
      this.#guarded((pipeline) => pipeline.close());
      this.#pipeline = undefined;
      onDeadPipeline?.();
    }
    log?.debug({ camera: this.name, pipeline: choice.described }, 'opening');
    try {
      const pipeline = withView(pipelineFactory(choice.text), this.#input, elements, clock);
      pipeline.open();
      this.#choice = choice;
      this.#pipeline = pipeline;
      return pipeline;
    } catch (error) {
      throw DetectdError.from(error, 'PIPELINE_INVALID');
    }
  }

  #newAttempt(pipeline: CapturePipeline, { decoder }: PipelineChoice): CameraAttempt {
    const { plan, clock, target, wantsFrame } = this.#options;
    return new CameraAttempt({
      pipeline,
      source: plan.source,
      clock,
      stallTimeoutMs: plan.stallTimeoutMs,
      atSourceSize: target.kind === 'source-size',
      decoder,
      pace: this.#pace,
      wantsFrame: this.#input.everyFrame ? wantsFrame : undefined,
      onPicture: (picture, size, capturedAtUs) => this.#deliver(picture, size, capturedAtUs),
      onEnd: () => this.#ended(),
      onLoss: (share) => this.#loses(share),
      onRecorderFault: (text) => this.#faults.note(`the recording fails: ${text}`),
      onStall: (fault, place) => {
        this.#chooser.failed(fault, place);
        this.#decoderStalls = fault.code === 'CAMERA_DECODER' ? this.#decoderStalls + 1 : 0;
        this.#act({ type: 'stall' }, fault);
      },
      onFault: (fault, place) => {
        this.#chooser.failed(fault, place);
        this.#fail(fault);
      },
    });
  }

  #deliver(picture: Picture, size: PictureSize, capturedAtUs: number): void {
    const sight = this.#watch?.look(picture, capturedAtUs) ?? 'online';
    if (this.#state !== sight) this.#sees(sight);
    else if (this.#reopening.renews(capturedAtUs)) this.#act({ type: 'renew' });
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
      ...(picture.region === undefined ? {} : { region: picture.region }),
      ...(picture.truth === undefined ? {} : { truth: picture.truth }),
    };
    this.#sequence += 1;
    this.#options.onFrame(frame);
  }

  /** Pictures come, and show something else than before. */
  #sees(sight: Sight): void {
    const back = !delivers(this.#state);
    this.#state = nextStep(this.#state, { type: 'picture', sight }, this.#traits()).state;
    this.#toldFault = undefined;
    if (back) {
      this.#everOnline = true;
      this.#failures = 0;
      this.#decoderStalls = 0;
      this.#reopening.back();
      this.#chooser.worked();
    }
    if (sight === 'frozen') this.#reopening.frozen();
    else this.#reopening.moves();
    if (sight === 'online') {
      this.#options.log?.info({ camera: this.name, reconnects: this.#reconnects }, 'camera is online');
      this.#options.onState(this.#report());
    } else {
      this.#tellFault(sightFault(this.#input.source, sight));
    }
  }

  /** Pictures still come, and may be torn. */
  #loses(share: number | undefined): void {
    this.#loss = share === undefined ? undefined : lossNote(share);
    if (this.#loss !== undefined) this.#options.log?.warn({ camera: this.name }, this.#loss);
    if (this.#state === 'online') this.#options.onState(this.#report());
  }

  #ended(): void {
    const frames = this.#attempt?.frames ?? 0;
    this.#act({ type: 'end', frames }, endFault(this.#input.source, frames > 0));
  }

  #fail(error: DetectdError, cannotBeBuilt = false): void {
    if (this.#stopping !== undefined) return;
    this.#act({ type: 'fault', permanent: cannotBeBuilt && !this.#everOnline }, error);
  }

  /** The one place that acts on the table of camera-life.ts. */
  #act(event: CameraEvent, error?: DetectdError): void {
    const step = nextStep(this.#state, event, this.#traits());
    if (step.action === 'none') return;
    this.#quiet();
    this.#state = step.state;
    if (!delivers(step.state)) {
      this.#failures += 1;
      this.#reopening.away();
      this.#watch?.reset();
    }
    const close = step.action === 'close' || step.action === 'give-up';
    this.#guarded((pipeline) => (close ? pipeline.close() : pipeline.stop()));
    const isFault = event.type === 'fault' || event.type === 'stall' || step.fault !== undefined;
    if (isFault && error !== undefined) this.#tellFault(error);
    else if (step.action === 'close') this.#options.onState(this.#report());
    if (this.#stopping !== undefined) return;
    if (step.action === 'retry') {
      this.#retry = this.#options.clock.after(this.#reopening.waitMs(), () => this.#reopen());
    } else if (step.action === 'reopen') this.#reopen();
    else if (step.action === 'replay') void this.#open();
  }

  #reopen(): void {
    this.#reconnects += 1;
    void this.#open();
  }

  #tellFault(fault: DetectdError): void {
    const error = argusFault(this.#input.source, fault, this.#failures);
    this.#faults.note(error.message, { code: error.code, hint: error.hint });
    const stuck = this.#decoderStalls >= STUCK_AFTER;
    const told = `${this.#state} ${error.message}`;
    if (this.#toldFault === told && !stuck) return;
    this.#toldFault = told;
    this.#options.onState({ ...this.#report(), error: error.toData(), ...(stuck ? { stuck } : {}) });
  }

  /** Nothing of the current attempt will be heard of again. */
  #quiet(): void {
    this.#abandonChoice();
    this.#attempt?.cancel();
    this.#attempt = undefined;
    this.#loss = undefined;
  }

  /** Neither what is being chosen nor a next attempt is waited for. */
  #abandonChoice(): void {
    this.#opening += 1;
    this.#limit?.cancel();
    this.#retry?.cancel();
    this.#abandon.abort();
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
    return { finite: endsByItself(this.#input.source), loop: this.#options.plan.loop };
  }

  #report(): CameraReport {
    const { codec, decoder } = this.#choice ?? {};
    const notes = [this.#choice?.note, this.#loss].filter((note) => note !== undefined);
    return {
      ...{ camera: this.name, state: this.#state, reconnects: this.#reconnects },
      ...(codec === undefined ? {} : { codec }),
      ...(decoder === undefined ? {} : { decoder }),
      ...(notes.length === 0 ? {} : { note: notes.join(' ') }),
    };
  }
}

/** What is drawn or read from a file may stand still as long as it likes. */
function watchOf(
  { source, frozenAfterMs, blackAfterMs }: CameraPlan,
  channels: number,
): PictureWatch | undefined {
  if (endsByItself(source) || source.kind === 'shapes') return undefined;
  if (frozenAfterMs === undefined && blackAfterMs === undefined) return undefined;
  return new PictureWatch({ frozenAfterMs, blackAfterMs, channels });
}
