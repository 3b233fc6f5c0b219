/**
 * A side branch of a camera's pipeline that makes JPEGs of pictures as they come from the source. It is shut by an element
 * that drops every buffer and lets everything else through, so that caps and the end of the stream need no care, and
 * costs next to nothing until somebody wants a picture.
 */
import type { Caps, GstAppSink, GstElement } from './gst-binding.js';

/** A picture as a file of its own. */
export interface Jpeg {
  bytes: Buffer;
  width: number;
  height: number;
}

export class JpegTap {
  readonly #gate: GstElement;
  readonly #encoder: GstElement;
  readonly #sink: GstAppSink;
  #taking: Promise<Jpeg | undefined> | undefined;
  /** A picture that came while the gate was being shut may wait in the sink. */
  #mayBeOld = false;

  constructor(gate: GstElement, encoder: GstElement, sink: GstAppSink) {
    this.#gate = gate;
    this.#encoder = encoder;
    this.#sink = sink;
  }

  /**
   * The next picture, at the size of the source; undefined when the pipeline is stopped or ends before. While one is
   * taken, whoever asks gets the same. Rejects when what came is no picture.
   * @param quality 1 to 100
   */
  take(quality: number): Promise<Jpeg | undefined> {
    this.#taking ??= this.#take(quality).finally(() => {
      this.#gate['drop-probability'] = 1;
      this.#taking = undefined;
    });
    return this.#taking;
  }

  async #take(quality: number): Promise<Jpeg | undefined> {
    this.#encoder['quality'] = quality;
    this.#gate['drop-probability'] = 0;
    const first = await this.#pull();
    if (first === undefined || !this.#mayBeOld) {
      this.#mayBeOld = true;
      return first;
    }
    return this.#pull();
  }

  #pull(): Promise<Jpeg | undefined> {
    return new Promise((resolve, reject) => {
      this.#sink.pull((bytes, caps) => {
        if (bytes === null || bytes === undefined) resolve(undefined);
        else if (isPicture(caps)) resolve({ bytes, width: caps['width'], height: caps['height'] });
        else reject(new Error('GStreamer delivered something that is not a picture'));
      });
    });
  }
}

function isPicture(caps: Caps): caps is Caps & { width: number; height: number } {
  return typeof caps['width'] === 'number' && typeof caps['height'] === 'number';
}
