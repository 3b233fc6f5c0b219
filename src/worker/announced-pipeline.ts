/**
 * A pipeline that says beforehand what may block this thread for ever: GStreamer is called on the main thread, and
 * changing the state of a pipeline waits for decoders and drivers. So the supervising process knows where a worker hangs
 * that says nothing any more.
 */
import type { BusMessage, CapturePipeline, Picture, PictureSize } from '../capture/capture-pipeline.js';
import type { Jpeg } from '../capture/jpeg-tap.js';
import type { Setting } from '../capture/picture-chain.js';
import type { NativeAct } from '../ipc/protocol.js';

export class AnnouncedPipeline implements CapturePipeline {
  readonly #inner: CapturePipeline;
  readonly #announce: (doing: NativeAct['doing']) => void;

  constructor(inner: CapturePipeline, announce: (doing: NativeAct['doing']) => void) {
    this.#inner = inner;
    this.#announce = announce;
  }

  open(): void {
    this.#announce('building');
    this.#inner.open();
  }

  play(): void {
    this.#announce('opening');
    this.#inner.play();
  }

  stop(): void {
    this.#announce('closing');
    this.#inner.stop();
  }

  sendEos(): void {
    this.#announce('closing');
    this.#inner.sendEos();
  }

  close(): void {
    this.#announce('closing');
    this.#inner.close();
  }

  push(bytes: Uint8Array, atUs?: number): void {
    this.#inner.push(bytes, atUs);
  }

  pull(): Promise<Picture | null> {
    return this.#inner.pull();
  }

  sourceSize(): Promise<PictureSize | undefined> {
    return this.#inner.sourceSize();
  }

  jpeg(quality: number): Promise<Jpeg | undefined> {
    return this.#inner.jpeg(quality);
  }

  arrivedBytes(): number | undefined {
    return this.#inner.arrivedBytes();
  }

  packetNumbers(): Promise<number[]> {
    return this.#inner.packetNumbers();
  }

  onBus(listener: (message: BusMessage) => void): void {
    this.#inner.onBus(listener);
  }

  set(settings: readonly Setting[]): void {
    this.#inner.set(settings);
  }
}
