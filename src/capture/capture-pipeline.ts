/** What a camera needs of a GStreamer pipeline. The camera's tests script one; gst-pipeline.ts is the real one. */
import type { Truth } from '../core/truth.js';
import type { PixelRegion } from '../core/view.js';
import type { Jpeg } from './jpeg-tap.js';
import type { Setting } from './picture-chain.js';

export interface Picture {
  /** Rows tightly packed; the array owns its buffer, so it can be transferred. */
  data: Uint8Array<ArrayBuffer>;
  width: number;
  height: number;
  /** GStreamer's name of the pixel format, e.g. RGB. */
  format: string;
  /** What the picture really shows; only of a source that draws. */
  truth?: Truth;
  /** Size of the whole picture as people see it, where a view of it was asked for. */
  whole?: { width: number; height: number };
  /** The part of that which this is; undefined where it is all of it. */
  region?: PixelRegion;
}

export interface PictureSize {
  width: number;
  height: number;
  /** Frames per second as the source states it: `25/1`, or `0/1` where it varies. */
  frameRate?: string;
}

/** What an encoder's pipeline tells whoever pushes into it. */
export interface PushGauge {
  /** Bytes that were pushed and not taken yet; infinitely many when stopped. */
  waitingBytes(): number;
}

/** Messages that a camera acts on; all others end in the pipeline. */
export interface BusMessage {
  type: 'error' | 'eos';
  /** Element that sent it. */
  element: string;
  /** For errors: GStreamer's message and, behind it, its detail. */
  text: string;
}

export interface CapturePipeline {
  /** Builds the pipeline; throws PIPELINE_INVALID or GSTREAMER_MISSING. Call once, before all others. */
  open(): void;
  play(): void;
  /** To NULL: a pending pull yields null. play() works again afterwards. May block while a driver lets go. */
  stop(): void;
  /**
   * Asks the source to end in good order; the end comes as an `eos` message and a null picture. Everything
   * that was pushed comes out before it (an old GStreamer may lose what still waits in the app source).
   */
  sendEos(): void;
  /**
   * Gives bytes to the app source that the pipeline begins with, one picture (rows padded to a multiple of four
   * bytes) or packet; they are copied. `atUs` is their time in the stream, left out where the source stamps them.
   * Nothing holds back whoever pushes faster than the pipeline takes. Only while playing; otherwise they are lost.
   */
  push(bytes: Uint8Array, atUs?: number): void;
  /** The next picture; null at the end of the stream or when stopped. While one is pending, the same again. */
  pull(): Promise<Picture | null>;
  /** Of the newest picture before scaling; undefined when stopped or when the pipeline keeps none. */
  sourceSize(): Promise<PictureSize | undefined>;
  /** The next picture, at the size of the source; undefined when stopped or when the pipeline makes none. 1 to 100. */
  jpeg(quality: number): Promise<Jpeg | undefined>;
  /** What the source has delivered, before any decoding, since it plays; undefined where nothing counts it. */
  arrivedBytes(): number | undefined;
  /** Numbers of the next packets from the network, in their order; none where they cannot be seen, or when stopped. */
  packetNumbers(): Promise<number[]>;
  onBus(listener: (message: BusMessage) => void): void;
  /** Sets properties of named elements, in this order; those of elements that are not there are left out. */
  set(settings: readonly Setting[]): void;
  /** stop(), and nothing is left that would keep the process alive. The pipeline cannot be used again. */
  close(): void;
}
