/**
 * One attempt of a camera: its pipeline is played, pictures are pulled until it ends or fails, and that is told once. A
 * camera makes a new one for each, so that nothing of an earlier attempt is ever heard again.
 */
import { type Clock, sleep, type Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { endsByItself, isNetwork, type Source } from '../core/source.js';
import { captureFault, decoderFault, stallFault } from './capture-fault.js';
import type { BusMessage, CapturePipeline, Picture, PictureSize } from './capture-pipeline.js';
import { LossWatch } from './loss-watch.js';
import type { Pace } from './pace.js';
import { RECORDER_NAME } from './recording-branch.js';
import { Stall, type StallLimits, type StallPlace } from './stall.js';

export interface CameraAttemptOptions {
  pipeline: CapturePipeline;
  source: Source;
  clock: Clock;
  /** No picture for this long is a stall. */
  stallTimeoutMs: number;
  /** The size of a picture is that of the source. */
  atSourceSize: boolean;
  /** Name of the element that decodes, where it is known: an error of it is the decoder's. */
  decoder?: string | undefined;
  pace: Pace | undefined;
  /** Set in every-frame mode; see CameraOptions. */
  wantsFrame: (() => Promise<void> | boolean) | undefined;
  onPicture: (picture: Picture, size: PictureSize, capturedAtUs: number) => void;
  /** What keeps the stream has failed; the camera has not. */
  onRecorderFault?: (text: string) => void;
  /** The stream has ended by itself. */
  onEnd: () => void;
  /** No picture came for too long. */
  onStall: (fault: DetectdError, place: StallPlace) => void;
  onFault: (fault: DetectdError, place?: StallPlace) => void;
  /** This share of the packets is lost on the way from now on; undefined when none is any more. */
  onLoss: (share: number | undefined) => void;
}

/** After the last picture, GStreamer's message on why it ended follows within this time. */
const REASON_WAIT_MS = 1000;
/** After an error in a file, the pictures already decoded are still taken; each comes within this time. */
const LAST_PICTURES_MS = 2000;
const STALL_CHECK_MS = 250;
/** The first picture may wait for a key frame, or for a sensor to get going. */
const FIRST_PICTURE_MS = 12_000;
/** The size of the source can change while it plays; looking costs one copy of a picture. */
const SIZE_CHECK_US = 2_000_000;

export class CameraAttempt {
  readonly #options: CameraAttemptOptions;
  readonly #stall = new Stall();
  #frames = 0;
  #over = false;
  /** It was asked to end, and hands out no more pictures. */
  #ending = false;
  #size: PictureSize | undefined;
  #nextSizeCheckUs = 0;
  /** An error in a file, told after the pictures before it. */
  #pendingFault: DetectdError | undefined;
  #sawLastPicture = false;
  #sawEosMessage = false;
  #onEos: (() => void) | undefined;
  #onDemand: (() => void) | undefined;
  #watch: Timer | undefined;
  readonly #losses: LossWatch;
  #reason: Timer | undefined;

  constructor(options: CameraAttemptOptions) {
    this.#options = options;
    this.#losses = new LossWatch(options);
  }

  /** Pictures so far. */
  get frames(): number {
    return this.#frames;
  }

  /** Plays the pipeline. Throws when that cannot even be tried. */
  start(): void {
    const { clock, pipeline, source } = this.#options;
    pipeline.onBus((message) => this.#onBus(message));
    this.#watch = clock.every(STALL_CHECK_MS, () => this.#checkStall(), { background: true });
    this.#stall.await(clock.monotonicUs());
    pipeline.play();
    if (source.kind === 'rtsp' && source.transport === 'udp') this.#losses.start();
    this.#pullPictures().catch((error: unknown) => this.#fail(DetectdError.from(error)));
  }

  /** Nothing of it will be heard of again; the pipeline is left as it is. */
  cancel(): void {
    this.#over = true;
    this.#watch?.cancel();
    this.#losses.close();
    this.#reason?.cancel();
    this.#onEos?.();
  }

  /** Asks a source to end in good order and waits for that, `graceMs` at most. No picture is handed out any more. */
  end(graceMs: number): Promise<void> {
    const { clock, pipeline } = this.#options;
    this.#ending = true;
    return new Promise((resolve) => {
      const timer = clock.after(graceMs, resolve);
      this.#onEos = () => {
        timer.cancel();
        resolve();
      };
      try {
        pipeline.sendEos();
      } catch {
        this.#onEos();
      }
    });
  }

  /** After wantsFrame() gave false: one more frame is wanted now. */
  demand(): void {
    this.#onDemand?.();
  }

  async #pullPictures(): Promise<void> {
    const { clock, pipeline, pace, onPicture } = this.#options;
    for (;;) {
      await this.#untilWanted();
      if (this.#over) return;
      this.#stall.await(clock.monotonicUs());
      const picture = await pipeline.pull();
      if (this.#over) return;
      if (picture === null) {
        this.#lastPicture();
        return;
      }
      const capturedAtUs = clock.monotonicUs();
      const size = this.#knownSize(picture, capturedAtUs) ?? (await pipeline.sourceSize());
      if (this.#over) return;
      this.#size = size ?? picture;
      this.#stall.rest();
      if (this.#ending) continue;
      this.#frames += 1;
      pace?.took(capturedAtUs);
      onPicture(picture, this.#size, capturedAtUs);
    }
  }

  /** Waits for the consumer in every-frame mode, else for the frame rate cap. */
  async #untilWanted(): Promise<void> {
    const { clock, pace, wantsFrame } = this.#options;
    this.#stall.rest();
    if (wantsFrame !== undefined) {
      let answer = wantsFrame();
      while (answer === false) {
        await new Promise<void>((resolve) => {
          this.#onDemand = resolve;
        });
        answer = wantsFrame();
      }
      await answer;
    } else if (pace !== undefined) {
      const waitMs = pace.waitMs(clock.monotonicUs());
      if (waitMs > 0) await sleep(clock, waitMs);
    }
  }

  #knownSize(picture: Picture, nowUs: number): PictureSize | undefined {
    if (picture.whole !== undefined) return picture.whole;
    if (this.#options.atSourceSize) return picture;
    if (this.#size === undefined) {
      this.#nextSizeCheckUs = nowUs + SIZE_CHECK_US;
    } else if (nowUs >= this.#nextSizeCheckUs) {
      this.#nextSizeCheckUs = nowUs + SIZE_CHECK_US;
      const update = (size: PictureSize | undefined) => {
        if (size !== undefined) this.#size = size;
      };
      this.#options.pipeline.sourceSize().then(update, () => {});
    }
    return this.#size;
  }

  #onBus(message: BusMessage): void {
    if (this.#over) return;
    if (message.type === 'eos') {
      this.#sawEosMessage = true;
      this.#onEos?.();
      if (this.#sawLastPicture) this.#end();
      return;
    }
    if (message.element.startsWith(RECORDER_NAME)) {
      this.#options.onRecorderFault?.(message.text);
      return;
    }
    if (this.#ending) {
      this.#onEos?.();
      return;
    }
    const { source, decoder } = this.#options;
    const fault = captureFault(source, message.text, this.#frames > 0);
    const place = decoder !== undefined && message.element.startsWith(decoder) ? 'decoder' : undefined;
    if (!endsByItself(source) || this.#sawLastPicture) this.#fail(fault, place);
    else this.#pendingFault ??= fault;
  }

  #lastPicture(): void {
    this.#stall.rest();
    this.#sawLastPicture = true;
    if (this.#ending) this.#onEos?.();
    else if (this.#pendingFault !== undefined) this.#fail(this.#pendingFault);
    else if (this.#sawEosMessage) this.#end();
    else this.#reason = this.#options.clock.after(REASON_WAIT_MS, () => this.#end());
  }

  #checkStall(): void {
    if (this.#ending) return;
    const { clock, pipeline, source, onStall } = this.#options;
    const limits = this.#limits();
    const place = this.#stall.verdict(clock.monotonicUs(), limits, () => pipeline.arrivedBytes());
    if (place === undefined) return;
    const waitedMs = place === 'decoder' ? limits.patienceMs : limits.limitMs;
    const stalled =
      place === 'decoder' ? decoderFault(source, waitedMs) : stallFault(source, waitedMs, this.#frames > 0);
    if (this.#over) return;
    this.cancel();
    onStall(this.#pendingFault ?? stalled, place);
  }

  /** A silent network is one at once; whatever else opens is given its time. */
  #limits(): StallLimits {
    const { source, stallTimeoutMs } = this.#options;
    if (this.#pendingFault !== undefined) return { limitMs: LAST_PICTURES_MS, patienceMs: LAST_PICTURES_MS };
    if (this.#frames > 0) return { limitMs: stallTimeoutMs, patienceMs: stallTimeoutMs };
    const patienceMs = Math.max(stallTimeoutMs, FIRST_PICTURE_MS);
    return { limitMs: isNetwork(source) ? stallTimeoutMs : patienceMs, patienceMs };
  }

  #end(): void {
    if (this.#over || this.#ending) return;
    this.cancel();
    this.#options.onEnd();
  }

  #fail(fault: DetectdError, place?: StallPlace): void {
    if (this.#over || this.#ending) return;
    this.cancel();
    this.#options.onFault(fault, place);
  }
}
