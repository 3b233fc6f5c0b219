/**
 * A CapturePipeline that a test drives by hand. It behaves as the real one: one pending pull, null when
 * stopped, silence after an error, messages on the bus apart from pictures.
 */
import type {
  BusMessage,
  CapturePipeline,
  Picture,
  PictureSize,
  PushGauge,
} from '../../dist/capture/capture-pipeline.js';
import type { Jpeg } from '../../dist/capture/jpeg-tap.js';
import type { Setting } from '../../dist/capture/picture-chain.js';
import type { Truth } from '../../dist/core/truth.js';

export class ScriptedPipeline implements CapturePipeline, PushGauge {
  /** Every call, in order. */
  readonly calls: string[] = [];
  size: PictureSize | undefined = { width: 1920, height: 1080 };
  /** What the source has delivered, where that is counted. */
  arrived: number | undefined;
  /** Numbers of packets, asked for at each look. */
  packets: () => number[] = () => [];
  /** What was pushed and is not taken yet. */
  waiting = 0;
  readonly pushed: { bytes: Uint8Array; atUs: number | undefined }[] = [];
  openError: Error | undefined;
  /** A pull that does not come back even when stopped. */
  wedged = false;
  #pending: { promise: Promise<Picture | null>; settle: (value: Picture | null | Error) => void } | undefined;
  #queued: (Picture | null)[] = [];
  #listener: (message: BusMessage) => void = () => {};

  /** What its elements were told, one text each time. */
  readonly settings: string[] = [];

  get pulling(): boolean {
    return this.#pending !== undefined;
  }

  count(call: string): number {
    return this.calls.filter((name) => name === call).length;
  }

  /** What is given for each picture that is asked for. */
  jpegs: (Jpeg | undefined)[] = [];

  async jpeg(quality: number): Promise<Jpeg | undefined> {
    this.calls.push(`jpeg ${quality}`);
    return this.jpegs.shift();
  }

  open(): void {
    this.calls.push('open');
    if (this.openError !== undefined) throw this.openError;
  }

  play(): void {
    this.calls.push('play');
    this.#queued = [];
  }

  stop(): void {
    this.calls.push('stop');
    if (!this.wedged) this.#settle(null);
  }

  sendEos(): void {
    this.calls.push('sendEos');
  }

  push(bytes: Uint8Array, atUs?: number): void {
    this.calls.push('push');
    this.pushed.push({ bytes, atUs });
  }

  pull(): Promise<Picture | null> {
    const next = this.#queued.shift();
    if (next !== undefined) return Promise.resolve(next);
    if (this.#pending === undefined) {
      let settle: (value: Picture | null | Error) => void = () => {};
      const promise = new Promise<Picture | null>((resolve, reject) => {
        settle = (value) => (value instanceof Error ? reject(value) : resolve(value));
      });
      this.#pending = { promise, settle };
    }
    return this.#pending.promise;
  }

  waitingBytes(): number {
    return this.waiting;
  }

  sourceSize(): Promise<PictureSize | undefined> {
    this.calls.push('sourceSize');
    return Promise.resolve(this.size);
  }

  arrivedBytes(): number | undefined {
    return this.arrived;
  }

  packetNumbers(): Promise<number[]> {
    return Promise.resolve(this.packets());
  }

  onBus(listener: (message: BusMessage) => void): void {
    this.#listener = listener;
  }

  set(settings: readonly Setting[]): void {
    this.calls.push('set');
    this.settings.push(
      settings.map(({ element, property, value }) => `${element}.${property}=${value}`).join(' '),
    );
  }

  close(): void {
    this.calls.push('close');
    this.#settle(null);
  }

  /** A picture comes out of the appsink. */
  picture(width = 4, height = 2, truth?: Truth, level = 0): void {
    const data = new Uint8Array(width * height * 3).fill(level);
    this.#give({ data, width, height, format: 'RGB', ...(truth === undefined ? {} : { truth }) });
  }

  /** The appsink is at its end; `message` also puts EOS on the bus. */
  end(message = true): void {
    this.#give(null);
    if (message) this.bus({ type: 'eos', element: 'pipeline0', text: '' });
  }

  error(text: string, element = 'source0'): void {
    this.bus({ type: 'error', element, text });
  }

  bus(message: BusMessage): void {
    this.#listener(message);
  }

  /** The pending pull rejects, as when the binding delivers nonsense. */
  pullFails(error: Error): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.settle(error);
  }

  #give(value: Picture | null): void {
    if (this.#pending === undefined) this.#queued.push(value);
    else this.#settle(value);
  }

  #settle(value: Picture | null): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.settle(value);
  }
}
