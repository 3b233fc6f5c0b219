/** The part of gstreamer-superficial that is used, typed by its C++ source; the package carries no types. */

export type Caps = Record<string, unknown>;

export interface GstElement {
  [property: string]: unknown;
}

export interface GstAppSink extends GstElement {
  /** Waits on a pool thread; a null buffer means the end of the stream or a stopped pipeline. */
  pull(callback: (buffer: Buffer | null, caps: Caps) => void): void;
}

export interface GstAppSource extends GstElement {
  /** Copies the bytes. The time is in nanoseconds, as eight bytes, the highest first. */
  push(bytes: Uint8Array, time?: Uint8Array): void;
}

export interface GstNativePipeline {
  'auto-flush-bus': boolean;
  play(): void;
  stop(): void;
  sendEOS(): void;
  /** Seconds. Where nobody knows, -1 or any number whatever. */
  queryDuration(): number;
  findChild(name: string): GstElement | undefined;
  /**
   * Waits for a message on a pool thread, for as long as it takes. After the callback it waits again unless
   * the pipeline's state is NULL at that moment.
   */
  pollBus(callback: (message: Record<string, unknown>) => void): void;
}

export interface GstBinding {
  Pipeline: new (description: string) => GstNativePipeline;
}
