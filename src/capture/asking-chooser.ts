/**
 * Chooses a camera's pipeline by what is there now: files and devices are looked at, cameras on the network asked what
 * they send. A decoder of the hardware that fails again and again is passed over.
 */
import type { Clock } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import { cameraAddress } from './camera-address.js';
import { CameraLink, type LinkOptions } from './camera-link.js';
import { codecOf, type DecodingChain } from './decoder-choice.js';
import type { ElementSet } from './elements.js';
import { askHttp } from './http-question.js';
import type { PipelineChoice, PipelineChooser } from './pipeline-chooser.js';
import { describePipeline, type PipelineInput, pipelineString, recordingRemark } from './pipeline-string.js';
import { askRtsp } from './rtsp-question.js';
import { checkSource } from './source-check.js';
import { decodingChain, type StreamFacts } from './source-head.js';
import type { StallPlace } from './stall.js';
import { StreamRefusal } from './stream-refusal.js';

export interface AskingChooserOptions {
  clock: Clock;
  /** Default: three seconds each. */
  limits?: Pick<LinkOptions, 'connectMs' | 'answerMs'>;
}

/** Faults of the hardware decoder, so many and no longer apart than this, leave decoding to the processor. */
const MOST_DECODER_FAULTS = 2;
const IN_A_ROW_US = 300e6;

/** What is known of the stream, and how the camera itself calls its format. */
interface Knowledge extends StreamFacts {
  format?: string;
}

export class AskingChooser implements PipelineChooser {
  readonly #input: PipelineInput;
  readonly #elements: ElementSet;
  readonly #options: AskingChooserOptions;
  /** Of a web camera: asked again only when no picture came of the answer, since some serve one client at a time. */
  #web: Knowledge | undefined;
  #asked: Knowledge | undefined;
  #chain: DecodingChain | undefined;
  #software = false;
  #decoderFaults = 0;
  #lastDecoderFaultUs = 0;

  constructor(input: PipelineInput, elements: ElementSet, options: AskingChooserOptions) {
    this.#input = input;
    this.#elements = elements;
    this.#options = options;
  }

  async choose(signal: AbortSignal): Promise<PipelineChoice> {
    // Whatever the camera says: a machine that lacks elements says so first.
    pipelineString(this.#input, this.#elements);
    await checkSource(this.#input.source);
    return this.#choice(await this.#ask(signal));
  }

  worked(): void {
    if (this.#input.source.kind === 'http') this.#web = this.#asked;
  }

  failed(_fault: DetectdError, place: StallPlace | undefined): void {
    this.#web = undefined;
    if (place !== 'decoder') return;
    const nowUs = this.#options.clock.monotonicUs();
    const inARow = nowUs - this.#lastDecoderFaultUs < IN_A_ROW_US;
    this.#lastDecoderFaultUs = nowUs;
    this.#decoderFaults = inARow ? this.#decoderFaults + 1 : 1;
    if (this.#chain?.hardware === true && this.#decoderFaults >= MOST_DECODER_FAULTS) this.#software = true;
  }

  async #ask(signal: AbortSignal): Promise<Knowledge> {
    const { source } = this.#input;
    const options = { clock: this.#options.clock, signal, ...this.#options.limits };
    if (source.kind === 'v4l2') return source.codec === undefined ? {} : { codec: source.codec };
    if (source.kind !== 'rtsp' && source.kind !== 'http') return {};
    if (source.codec !== undefined) {
      await reach(source.url, options);
      return { codec: source.codec };
    }
    if (source.kind === 'rtsp') return rtspKnowledge((await askRtsp(source.url, options)).encoding);
    if (this.#web !== undefined) {
      await reach(source.url, options);
      return this.#web;
    }
    const offer = await askHttp(source.url, options);
    this.#asked = offer === 'other' ? { codec: 'other' } : { codec: 'mjpeg' };
    return this.#asked;
  }

  #choice({ format, ...facts }: Knowledge): PipelineChoice {
    const stream: StreamFacts = { ...facts, software: this.#software };
    const input = { ...this.#input, stream };
    const elements = this.#elements;
    this.#chain = decodingChain(input.source, elements, stream);
    const codec = facts.codec === 'other' ? format : facts.codec;
    const notes = [this.#note(stream, format), recordingRemark(input, elements)];
    const note = notes.filter((part) => part !== undefined).join(' ');
    return {
      text: pipelineString(input, elements),
      described: describePipeline(input, elements),
      ...(codec === undefined ? {} : { codec }),
      ...(this.#chain === undefined ? {} : { decoder: this.#chain.decoder }),
      ...(note === '' ? {} : { note }),
    };
  }

  #note({ codec }: StreamFacts, format: string | undefined): string | undefined {
    const chain = this.#chain;
    if (chain?.instead !== undefined) {
      return `${chain.instead} failed ${MOST_DECODER_FAULTS} times in a row: ${chain.decoder} decodes on the processor.`;
    }
    if (chain !== undefined || codec === undefined || codec === 'raw') return undefined;
    if (codec === 'other')
      return `Its format${format === undefined ? '' : `, ${format},`} is left to GStreamer's decodebin.`;
    return `This machine lacks elements for ${codec}: GStreamer's decodebin looks for others.`;
  }
}

/** Whether it takes a connection at all; nothing is asked. */
async function reach(url: string, options: LinkOptions): Promise<void> {
  await CameraLink.ask(cameraAddress(url), new StreamRefusal(url), options, () => Promise.resolve());
}

function rtspKnowledge(encoding: string | undefined): Knowledge {
  if (encoding === undefined) return { codec: 'other' };
  const codec = codecOf(encoding);
  return codec === undefined ? { codec: 'other', format: encoding.toLowerCase() } : { codec };
}
