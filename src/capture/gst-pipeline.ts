/**
 * One GStreamer pipeline through gstreamer-superficial, the only file that loads that binding. The binding
 * waits on libuv's pool threads and never frees a pipeline: this class keeps at most one wait of each kind,
 * ends them when stopped (a process cannot exit while one waits), and plays the same pipeline again.
 */
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import type { Clock } from '../base/clock.js';
import { DetectdError, messageOf } from '../base/errors.js';
import { BusReading } from './bus-reading.js';
import type { BusMessage, CapturePipeline, Picture, PictureSize, PushGauge } from './capture-pipeline.js';
import type {
  Caps,
  GstAppSink,
  GstAppSource,
  GstBinding,
  GstElement,
  GstNativePipeline,
} from './gst-binding.js';
import { type Jpeg, JpegTap } from './jpeg-tap.js';
import { maskSecrets } from './launch-syntax.js';
import { packRows } from './pack-rows.js';
import { PACKET_SINK_NAME, PacketTap } from './packet-tap.js';
import type { Setting } from './picture-chain.js';
import { ENCODER_NAME, GATE_NAME, SINK_NAME, SIZE_SINK_NAME, SNAPSHOT_SINK_NAME } from './pipeline-string.js';
import { COUNTER_NAME, SOURCE_NAME } from './source-head.js';

/** A longer video is a number that nobody set. */
const LONGEST_S = 1e6;

let binding: GstBinding | undefined;

/** Loads the binding; throws GSTREAMER_MISSING with the cure. Repeated calls cost nothing. */
export function requireGstreamer(): void {
  loadBinding();
}

function loadBinding(): GstBinding {
  if (binding !== undefined) return binding;
  if (!isMainThread) throw new DetectdError('INTERNAL', 'GStreamer was loaded outside the main thread.');
  try {
    binding = createRequire(import.meta.url)('gstreamer-superficial') as GstBinding;
    return binding;
  } catch (error) {
    throw new DetectdError(
      'GSTREAMER_MISSING',
      `The GStreamer binding cannot be loaded: ${messageOf(error).split('\n', 1)[0]}.`,
      'Install build-essential, libgstreamer1.0-dev and libgstreamer-plugins-base1.0-dev, then run: npm rebuild gstreamer-superficial.',
      { cause: error },
    );
  }
}

export interface GstPipelineOptions {
  /** Reads messages only where they tell why a run failed; for pipelines that are played again and again. */
  sparing?: Clock;
}

export class GstPipeline implements CapturePipeline, PushGauge {
  readonly #description: string;
  /** Undefined: all messages are read. */
  readonly #reading: BusReading | undefined;
  #native: GstNativePipeline | undefined;
  #sink: GstAppSink | undefined;
  #sizeSink: GstAppSink | undefined;
  #source: GstAppSource | undefined;
  #tap: JpegTap | undefined;
  #counter: GstElement | undefined;
  #packets: PacketTap | undefined;
  #listener: (message: BusMessage) => void = () => {};
  #pull: Promise<Picture | null> | undefined;
  #sizePull: Promise<PictureSize | undefined> | undefined;
  /** The pipeline's state is NULL, as the binding sees it when a bus callback returns. */
  #null = true;
  /** A wait for bus messages is under way. */
  #polling = false;
  /** Messages of an earlier run may still be queued; they end with the pipeline's own change to READY. */
  #stale = false;
  /** After a failed play(): the bus is read up to this many markers, since waits end one by one in state NULL. */
  #markers = 0;
  #markersSeen = 0;
  /** The newest that was read; what is told of a failed start whose own reason is not read. */
  #lastError: BusMessage | undefined;

  constructor(description: string, { sparing }: GstPipelineOptions = {}) {
    this.#description = description;
    this.#reading = sparing === undefined ? undefined : new BusReading(sparing);
  }

  open(): void {
    const { Pipeline } = loadBinding();
    const native = attempt(() => new Pipeline(this.#description));
    const sink = attempt(() => native.findChild(SINK_NAME));
    if (!isAppSink(sink)) throw invalid('the pipeline does not lead to its end');
    const sizeSink = native.findChild(SIZE_SINK_NAME);
    const source = native.findChild(SOURCE_NAME);
    // Stopping must leave its messages on the bus: they are what ends the wait for messages.
    native['auto-flush-bus'] = false;
    this.#native = native;
    this.#sink = sink;
    this.#sizeSink = isAppSink(sizeSink) ? sizeSink : undefined;
    this.#source = isAppSource(source) ? source : undefined;
    this.#counter = native.findChild(COUNTER_NAME);
    const packets = native.findChild(PACKET_SINK_NAME);
    this.#packets = isAppSink(packets) ? new PacketTap(packets) : undefined;
    const [gate, encoder] = [native.findChild(GATE_NAME), native.findChild(ENCODER_NAME)];
    const snapshots = gate && encoder && native.findChild(SNAPSHOT_SINK_NAME);
    this.#tap = isAppSink(snapshots) && gate && encoder ? new JpegTap(gate, encoder, snapshots) : undefined;
  }

  play(): void {
    const { native, sink } = this.#opened();
    if (!this.#null) return;
    this.#stale = true;
    // What nobody reads goes with the stop. A wait that has not ended yet would then never end.
    if (this.#reading !== undefined) native['auto-flush-bus'] = !this.#polling;
    native.play();
    this.#null = false;
    this.#reading?.begin(() => this.#read(native));
    // A sink that has not even started: some element could not be opened, and the state is still NULL.
    if (sink['eos'] === true) this.#failedToStart(native, sink);
    else if (this.#reading === undefined) this.#poll(native);
  }

  stop(): void {
    const native = this.#native;
    if (native === undefined || this.#null) return;
    this.#null = true;
    this.#reading?.end();
    native.stop();
  }

  sendEos(): void {
    if (!this.#null) this.#opened().native.sendEOS();
  }

  push(bytes: Uint8Array, atUs?: number): void {
    this.#opened();
    if (this.#source === undefined) {
      throw new DetectdError('INTERNAL', 'A picture was pushed into a pipeline that takes none.');
    }
    if (this.#null) return;
    if (atUs === undefined) this.#source.push(bytes);
    else this.#source.push(bytes, streamTime(atUs));
  }

  pull(): Promise<Picture | null> {
    const { native, sink } = this.#opened();
    this.#pull ??= pullFrom(sink, toPicture, (last) => {
      this.#pull = undefined;
      if (this.#null) return;
      if (!last) this.#reading?.picture();
      else if (this.#reading !== undefined && !this.#polling) this.#endReached(native, this.#reading.worthIt);
    });
    return this.#pull;
  }

  waitingBytes(): number {
    // A 64-bit number comes as text.
    return this.#null ? Number.POSITIVE_INFINITY : Number(this.#source?.['current-level-bytes'] ?? 0);
  }

  /** Length of what plays, in seconds; undefined where it is not known (yet). */
  duration(): number | undefined {
    if (this.#null) return undefined;
    const seconds = this.#opened().native.queryDuration();
    return seconds > 0.001 && seconds < LONGEST_S ? seconds : undefined;
  }

  sourceSize(): Promise<PictureSize | undefined> {
    const sink = this.#sizeSink;
    if (sink === undefined) return Promise.resolve(undefined);
    this.#sizePull ??= pullFrom(
      sink,
      (_buffer, caps) => ({ ...toSize(caps), ...rateOf(caps) }),
      () => {
        this.#sizePull = undefined;
      },
    ).then((size) => size ?? undefined);
    return this.#sizePull;
  }

  jpeg(quality: number): Promise<Jpeg | undefined> {
    if (this.#null || this.#tap === undefined) return Promise.resolve(undefined);
    return this.#tap.take(quality);
  }

  arrivedBytes(): number | undefined {
    if (this.#null) return undefined;
    // A structure comes as text; GStreamer before 1.20 has none.
    const bytes = /num-bytes=\(guint64\)(\d+)/.exec(String(this.#counter?.['stats']))?.[1];
    return bytes === undefined ? undefined : Number(bytes);
  }

  packetNumbers(): Promise<number[]> {
    return this.#null ? Promise.resolve([]) : (this.#packets?.look() ?? Promise.resolve([]));
  }

  onBus(listener: (message: BusMessage) => void): void {
    this.#listener = listener;
  }

  set(settings: readonly Setting[]): void {
    const { native } = this.#opened();
    for (const { element, property, value } of settings) {
      const found = native.findChild(element);
      if (found) found[property] = value;
    }
  }

  close(): void {
    this.#listener = () => {};
    this.#markersSeen = this.#markers;
    this.stop();
  }

  #opened(): { native: GstNativePipeline; sink: GstAppSink } {
    const [native, sink] = [this.#native, this.#sink];
    if (native === undefined || sink === undefined) {
      throw new DetectdError('INTERNAL', 'A pipeline was used before it was opened.');
    }
    return { native, sink };
  }

  /** From now on messages are read until the pipeline is stopped. */
  #read(native: GstNativePipeline): void {
    // Stopping must leave its messages on the bus: they are what ends the wait for messages.
    native['auto-flush-bus'] = false;
    this.#poll(native);
  }

  /** The end came out of the sink: of the stream, or behind an error. */
  #endReached(native: GstNativePipeline, tellsWhy: boolean): void {
    if (tellsWhy) this.#read(native);
    else this.#tell({ type: 'eos', element: SINK_NAME, text: '' });
  }

  #failedToStart(native: GstNativePipeline, sink: GstAppSink): void {
    const known = this.#lastError;
    if (this.#reading === undefined || this.#reading.worthIt || known === undefined) {
      native['auto-flush-bus'] = false;
      this.#drain(native, sink);
      this.#poll(native);
    } else {
      this.stop();
      this.#tell(known);
    }
  }

  #tell(message: BusMessage): void {
    setImmediate(() => this.#listener(message));
  }

  #drain(native: GstNativePipeline, sink: GstAppSink): void {
    this.#null = true;
    this.#stale = false;
    this.#reading?.end();
    native.stop();
    // Changing this property is the one act that posts a message in state NULL: the last one of this attempt.
    this.#markers += 1;
    sink['render-delay'] = this.#markers;
  }

  #draining(): boolean {
    return this.#markersSeen < this.#markers;
  }

  #poll(native: GstNativePipeline): void {
    if (this.#polling) return;
    this.#polling = true;
    native.pollBus((message) => {
      // The binding looks at the state when this callback and every promise settled by it have run. So nobody
      // hears of the message before that: stopping in between would end the wait unnoticed.
      this.#onMessage(message);
      if (!this.#null) return;
      this.#polling = false;
      if (this.#draining()) this.#poll(native);
    });
  }

  #onMessage(message: Record<string, unknown>): void {
    const type = message['type'];
    if (type === 'state-changed') {
      if (this.#stale && isStart(message)) this.#stale = false;
    } else if (this.#draining() && type === 'latency' && message['_src_element_name'] === SINK_NAME) {
      this.#markersSeen += 1;
    } else if (!this.#stale && (type === 'error' || type === 'eos')) {
      const told: BusMessage = {
        type,
        element: String(message['_src_element_name']),
        text: errorText(message),
      };
      if (type === 'error') this.#lastError = told;
      this.#tell(told);
    }
  }
}

/** The pipeline's own step from NULL to READY, the first message of a run that is not an element's. */
function isStart(message: Record<string, unknown>): boolean {
  return (
    message['old-state'] === 'GST_STATE_NULL' &&
    message['new-state'] === 'GST_STATE_READY' &&
    /^pipeline\d+$/.test(String(message['_src_element_name']))
  );
}

function errorText(message: Record<string, unknown>): string {
  const [text, debug] = [message['message'], message['debug']];
  // The detail's first line only names a place in GStreamer's source.
  const detail = typeof debug === 'string' ? debug.split('\n').slice(1).join(' ').trim() : '';
  return maskSecrets([typeof text === 'string' ? text : '', detail].filter((part) => part !== '').join(' '));
}

function pullFrom<T>(
  sink: GstAppSink,
  convert: (buffer: Buffer, caps: Caps) => T,
  settled: (last: boolean) => void,
): Promise<T | null> {
  return new Promise((resolve, reject) => {
    sink.pull((buffer, caps) => {
      const last = buffer === null || buffer === undefined;
      settled(last);
      try {
        resolve(last ? null : convert(buffer, caps));
      } catch (error) {
        reject(DetectdError.from(error, 'CAMERA_LOST'));
      }
    });
  });
}

function toPicture(buffer: Buffer, caps: Caps): Picture {
  const { width, height } = toSize(caps);
  const format = String(caps['format']);
  // The binding's buffers own their memory; a view into shared memory could not be transferred.
  const whole = buffer.byteOffset === 0 && buffer.byteLength === buffer.buffer.byteLength;
  const bytes =
    whole && buffer.buffer instanceof ArrayBuffer ? new Uint8Array(buffer.buffer) : Uint8Array.from(buffer);
  return { data: packRows(bytes, width, height, format), width, height, format };
}

function toSize(caps: Caps): PictureSize {
  const [width, height] = [caps['width'], caps['height']];
  if (typeof width !== 'number' || typeof height !== 'number' || !(width > 0) || !(height > 0)) {
    throw new DetectdError('CAMERA_LOST', 'GStreamer delivered something that is not a picture.');
  }
  return { width, height };
}

function rateOf({ framerate }: Caps): { frameRate?: string } {
  return typeof framerate === 'string' ? { frameRate: framerate } : {};
}

function isAppSink(element: GstElement | undefined): element is GstAppSink {
  return typeof element?.['pull'] === 'function';
}

function isAppSource(element: GstElement | undefined): element is GstAppSource {
  return typeof element?.['push'] === 'function';
}

function streamTime(us: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(Math.max(0, Math.round(us * 1000))));
  return bytes;
}

function attempt<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw invalid(maskSecrets(messageOf(error)));
  }
}

function invalid(why: string): DetectdError {
  return new DetectdError(
    'PIPELINE_INVALID',
    `GStreamer cannot build the pipeline: ${why}.`,
    'Try the same pipeline with gst-launch-1.0; gst-inspect-1.0 NAME tells whether an element exists.',
  );
}
