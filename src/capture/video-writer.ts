/**
 * Pictures into a video file, encoded by GStreamer. Whoever writes waits while the encoder is behind, so a long
 * video needs no more memory than a short one. The file is whole only after finish().
 */
import { type Clock, sleep } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { CapturePipeline, PushGauge } from './capture-pipeline.js';
import type { ElementSet } from './elements.js';
import { property } from './launch-syntax.js';
import { padRows } from './pack-rows.js';
import { SINK_NAME } from './pipeline-string.js';
import { SOURCE_NAME } from './source-head.js';
import { type EncodedVideo, encoderChains } from './video-encoders.js';

/** The part of a pipeline that a writer needs. */
export type EncodingPipeline = Pick<
  CapturePipeline,
  'open' | 'play' | 'push' | 'sendEos' | 'onBus' | 'close'
> &
  PushGauge;

export interface VideoWriterOptions extends EncodedVideo {
  /** Where it is written, under whatever name. */
  file: string;
  /** What kind of file it is, by the ending of its final name: `.mp4`. */
  ending: string;
  elements: ElementSet;
  clock: Clock;
  pipelineFactory: (description: string) => EncodingPipeline;
}

const FILE_SINK = 'detectd_file';
/** Pictures that may wait for the encoder. */
const WAITING = 2;
const LOOK_MS = 3;
/** An encoder that takes nothing for this long will take nothing more. */
const STUCK_MS = 60_000;
const TRIAL_MS = 15_000;

/** Encoders that have worked in this process, by size. */
const tried = new Set<string>();

export class VideoWriter {
  readonly #options: VideoWriterOptions;
  #pipeline: EncodingPipeline | undefined;
  #failure: DetectdError | undefined;
  #ended = false;
  #written = 0;

  constructor(options: VideoWriterOptions) {
    this.#options = options;
  }

  /**
   * Adds a picture: RGB, rows tightly packed, of the agreed size. Throws GSTREAMER_MISSING, USAGE (an unknown
   * ending), OUTPUT_UNWRITABLE when the file takes no more, and VIDEO_ENCODE.
   */
  async write(data: Uint8Array): Promise<void> {
    const { width, height, frameRate } = this.#options;
    const padded = padRows(data, width, height, 'RGB');
    const atUs = (this.#written * 1e6 * frameRate.denominator) / frameRate.numerator;
    if (this.#pipeline === undefined) await this.#start(padded);
    else this.#pipeline.push(padded, atUs);
    this.#written += 1;
    await this.#until(() => this.#waiting() < WAITING * padded.length, STUCK_MS);
  }

  /** Ends the file. Without a picture there is none. Throws as write(). */
  async finish(): Promise<void> {
    if (this.#pipeline === undefined) return;
    await this.#end(STUCK_MS);
    this.close();
  }

  /** Lets go of the file, whole or not. */
  close(): void {
    this.#pipeline?.close();
    this.#pipeline = undefined;
  }

  async #start(first: Uint8Array): Promise<void> {
    const { ending, elements } = this.#options;
    const chains = encoderChains(ending, this.#options, elements, 'tee name=detectd_tee');
    for (const chain of chains.slice(0, -1)) {
      if (!(await this.#works(chain, first))) continue;
      this.#open(chain).push(first, 0);
      return;
    }
    this.#open(chains.at(-1) as string).push(first, 0);
  }

  /** Whether an encoder makes a file of one picture: many take the first ones before they find that they cannot. */
  async #works(chain: string, picture: Uint8Array): Promise<boolean> {
    const { width, height } = this.#options;
    const key = `${width}x${height} ${chain}`;
    if (tried.has(key)) return true;
    try {
      this.#open(chain).push(picture, 0);
      await this.#end(TRIAL_MS);
      tried.add(key);
      return true;
    } catch (error) {
      if (DetectdError.from(error).code === 'OUTPUT_UNWRITABLE') throw error;
      return false;
    } finally {
      this.close();
    }
  }

  #open(chain: string): EncodingPipeline {
    const pipeline = this.#options.pipelineFactory(describe(chain, this.#options));
    this.#ended = false;
    this.#failure = undefined;
    pipeline.onBus(({ type, element, text }) => {
      if (pipeline !== this.#pipeline) return;
      if (type === 'eos') this.#ended = true;
      else this.#failure ??= element === FILE_SINK ? unwritable(text) : broken(text);
    });
    pipeline.open();
    this.#pipeline = pipeline;
    pipeline.play();
    return pipeline;
  }

  async #end(patienceMs: number): Promise<void> {
    // Earlier GStreamers lose what still waits when the end is announced.
    await this.#until(() => this.#waiting() === 0, patienceMs);
    this.#pipeline?.sendEos();
    await this.#until(() => this.#ended, patienceMs);
  }

  #waiting(): number {
    return this.#pipeline?.waitingBytes() ?? 0;
  }

  /** Looks every few milliseconds: the binding cannot tell when the encoder has taken something. */
  async #until(done: () => boolean, patienceMs: number): Promise<void> {
    const { clock } = this.#options;
    const sinceUs = clock.monotonicUs();
    for (;;) {
      // Errors come over the bus; what was pushed after one would wait for ever.
      if (this.#failure !== undefined) throw this.#failure;
      if (done()) return;
      if (clock.monotonicUs() - sinceUs > patienceMs * 1000) throw broken('it takes no more pictures');
      await sleep(clock, LOOK_MS);
    }
  }
}

function describe(chain: string, { width, height, frameRate, file }: VideoWriterOptions): string {
  const rate = `${frameRate.numerator}/${frameRate.denominator}`;
  // Colours are stored for every second pixel each way: the last one of an odd number has none.
  const odd = [
    width > 1 && width % 2 === 1 ? 'right=1' : '',
    height > 1 && height % 2 === 1 ? 'bottom=1' : '',
  ];
  const crop = odd.join('') === '' ? '' : `videocrop ${odd.join(' ').trim()} ! `;
  // Nothing waits for a first picture at the ends: an encoder may want more before it gives one.
  return (
    `appsrc name=${SOURCE_NAME} format=time max-bytes=0 ` +
    `caps="video/x-raw,format=RGB,width=${width},height=${height},framerate=${rate}" ! ${crop}videoconvert ! ` +
    `${chain} ! filesink name=${FILE_SINK} async=false ${property('location', file)} ` +
    `detectd_tee. ! appsink name=${SINK_NAME} sync=false async=false drop=true max-buffers=1 ` +
    'wait-on-eos=false enable-last-sample=false'
  );
}

function unwritable(reason: string): DetectdError {
  return new DetectdError(
    'OUTPUT_UNWRITABLE',
    `The annotated video cannot be written: ${reason.replace(/\.$/, '')}.`,
    'Free some space, or choose another --output.',
  );
}

function broken(reason: string): DetectdError {
  return new DetectdError(
    'VIDEO_ENCODE',
    `The annotated video cannot be encoded: ${reason.replace(/\.$/, '')}.`,
    'Try another ending, such as .mkv or .webm; --frames writes pictures instead.',
  );
}
