/**
 * Which pipeline a camera plays next. It is asked before each attempt, since what a camera sends may have changed, and
 * what cannot be there is better found out before GStreamer opens anything: each failed open leaks a little.
 */
import type { DetectdError } from '../base/errors.js';
import type { Source } from '../core/source.js';
import type { ElementSet } from './elements.js';
import { describePipeline, type PipelineInput, pipelineString, recordingRemark } from './pipeline-string.js';
import { checkSource } from './source-check.js';
import type { StallPlace } from './stall.js';

export interface PipelineChoice {
  /** In launch syntax, with secrets. The same text as before means that the same pipeline is played again. */
  text: string;
  /** The same for logs: without secrets. */
  described: string;
  /** h264, h265, mjpeg, vp8, vp9, raw …, where it is known. */
  codec?: string;
  /** Name of the element that decodes, e.g. avdec_h264. */
  decoder?: string;
  /** What the user should know about this choice, e.g. why no hardware decodes. */
  note?: string;
}

export interface PipelineChooser {
  /**
   * Asked before each attempt, once at a time; after `signal` nobody waits for it. Throws the DetectdError that says why
   * opening cannot succeed now, when nothing was opened. PIPELINE_INVALID and GSTREAMER_MISSING mean of a camera that
   * has not worked yet that it never will; all others are asked again.
   */
  choose(signal: AbortSignal): Promise<PipelineChoice>;
  /** Pictures come of the last choice. */
  worked(): void;
  /** An attempt ended in this fault; `place` says where, as far as that is known. */
  failed(fault: DetectdError, place: StallPlace | undefined): void;
}

/** One and the same pipeline always; before each attempt the file system is asked whether the source can be there. */
export class FixedChooser implements PipelineChooser {
  readonly #choice: () => PipelineChoice;
  readonly #check: () => Promise<void>;

  constructor(
    input: PipelineInput,
    elements: ElementSet,
    check: (source: Source) => Promise<void> = checkSource,
  ) {
    const note = recordingRemark(input, elements);
    this.#choice = () => ({
      text: pipelineString(input, elements),
      described: describePipeline(input, elements),
      ...(note === undefined ? {} : { note }),
    });
    this.#check = () => check(input.source);
  }

  async choose(): Promise<PipelineChoice> {
    const choice = this.#choice();
    await this.#check();
    return choice;
  }

  worked(): void {}

  failed(): void {}
}
