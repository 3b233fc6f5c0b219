/** Pictures of cameras for whoever wants one: asks the worker that plays the camera, and publishes what it gives. */
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Config } from '../config/schema.js';
import type { SnapshotPicture } from '../ipc/protocol.js';
import type { CameraEntry } from '../supervisor/camera-board.js';
import { unknownCamera } from './switch-desk.js';

export interface SnapshotDeskOptions {
  clock: Clock;
  config: () => Pick<Config, 'cameras'>;
  /** What is known of each camera; reasons without secrets. */
  entries: () => readonly CameraEntry[];
  /** Whoever plays the camera; undefined: nobody does. */
  player: (
    camera: string,
  ) => { snapshot(camera: string, quality: number, timeoutMs: number): Promise<SnapshotPicture> } | undefined;
  /** Returns the topic; throws why that cannot be. */
  publish: (camera: string, jpeg: Buffer) => string;
}

export interface Snapshot {
  jpeg: Buffer;
  width: number;
  height: number;
  /** Of the wall clock. */
  capturedAtMs: number;
}

/** A camera that plays has given a picture by then. */
const PATIENCE_MS = 5000;
/** One that is read now and then has two chances, no longer than this. */
const MOST_PATIENCE_MS = 30_000;
const JPEG_START = Buffer.from([0xff, 0xd8]);

export class SnapshotDesk {
  readonly #options: SnapshotDeskOptions;

  constructor(options: SnapshotDeskOptions) {
    this.#options = options;
  }

  /** The next picture of the camera. Throws COMMAND_UNKNOWN or SNAPSHOT_UNAVAILABLE. */
  async take(camera: string, quality: number): Promise<Snapshot> {
    const { clock, config, player } = this.#options;
    const { cameras } = config();
    const plan = Object.hasOwn(cameras, camera) ? cameras[camera] : undefined;
    if (plan === undefined) throw unknownCamera(camera, Object.keys(cameras));
    // A worker plays what is left, and knows of no camera that is switched off.
    const worker = plan.enabled ? player(camera) : undefined;
    if (worker === undefined) throw this.#noPicture(camera);
    const interval = plan.fps === undefined ? 0 : 2000 / plan.fps;
    const picture = await worker.snapshot(
      camera,
      quality,
      Math.min(PATIENCE_MS + interval, MOST_PATIENCE_MS),
    );
    const jpeg = Buffer.from(picture.jpeg, 'base64');
    if (!jpeg.subarray(0, 2).equals(JPEG_START))
      throw new DetectdError('SNAPSHOT_UNAVAILABLE', 'The worker sent something that is no picture.');
    const { width, height, capturedAtUs } = picture;
    const ageMs = Math.max(0, clock.monotonicUs() - capturedAtUs) / 1000;
    return { jpeg, width, height, capturedAtMs: clock.wallMs() - ageMs };
  }

  /** Takes one and publishes it; what it is, and where. Throws MQTT_TOO_LARGE as well. */
  async show(camera: string, quality: number): Promise<Record<string, unknown>> {
    const { jpeg, width, height, capturedAtMs } = await this.take(camera, quality);
    const topic = this.#options.publish(camera, jpeg);
    return { camera, topic, bytes: jpeg.byteLength, width, height, ts: new Date(capturedAtMs).toISOString() };
  }

  #noPicture(camera: string): DetectdError {
    const entry = this.#options.entries().find((one) => one.camera === camera);
    const why = entry?.error === undefined ? '.' : `: ${entry.error.message}`;
    return new DetectdError(
      'SNAPSHOT_UNAVAILABLE',
      `The camera "${camera}" is ${entry?.state ?? 'not open yet'}${why}`,
      entry?.state === 'disabled' ? 'Switch it on first.' : 'Ask again when it is online.',
    );
  }
}
