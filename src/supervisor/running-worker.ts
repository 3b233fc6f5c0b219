/**
 * One worker as its supervisor sees it: the process, the plan that it runs by, and what it said last. There may be two
 * at a time, while one takes over from the other.
 */
import type { DetectdError } from '../base/errors.js';
import { type CameraState, delivers } from '../core/camera-state.js';
import { endsByItself } from '../core/source.js';
import type { CameraPlan, WorkerPlan } from '../core/worker-plan.js';
import type { SnapshotPicture, WorkerMessage } from '../ipc/protocol.js';
import { SnapshotAsks } from './snapshot-asks.js';
import type { WorkerFailure } from './supervision.js';
import { WorkerHost, type WorkerHostOptions } from './worker-host.js';

export interface RunningWorkerOptions extends Omit<WorkerHostOptions, 'onMessage'> {
  /** Files that ended under a worker before this one and are not to be played again. */
  finished: CameraPlan[];
  onMessage: (worker: RunningWorker, message: WorkerMessage) => void;
  /** It is gone: undefined after stop() or kill(), otherwise why. */
  onGone: (worker: RunningWorker, error: DetectdError | undefined) => void;
}

/** One comes a second. A fresh worker is given a quarter more than this size, which arenas grow into later. */
const SETTLED_BEATS = 60;

export class RunningWorker {
  readonly #host: WorkerHost;
  readonly #finished: Set<string>;
  readonly #states = new Map<string, CameraState>();
  readonly #onGone: RunningWorkerOptions['onGone'];
  readonly #snapshots: SnapshotAsks;
  #plan: WorkerPlan;
  #gone: Promise<void> = Promise.resolve();
  #ready: WorkerMessage | undefined;
  #rssBytes: number | undefined;
  /** Heartbeats since it was ready, or was given other cameras. */
  #beats = 0;
  /** Why it had to end although it was told to. */
  blame: DetectdError | undefined;

  constructor(options: RunningWorkerOptions) {
    const { finished, onMessage, onGone, plan, ...host } = options;
    this.#plan = plan;
    this.#finished = new Set(finished.map((camera) => JSON.stringify(camera)));
    this.#onGone = onGone;
    this.#snapshots = new SnapshotAsks(options.clock);
    this.#host = new WorkerHost({
      ...host,
      plan: { ...plan, cameras: this.#unfinished(plan.cameras) },
      onMessage: (message) => {
        if (this.#snapshots.takes(message)) return;
        this.#note(message);
        onMessage(this, message);
      },
    });
  }

  start(): void {
    this.#gone = this.#host.run().then((error) => {
      this.#snapshots.end();
      this.#onGone(this, error ?? this.blame);
    });
  }

  get pid(): number | undefined {
    return this.#host.pid;
  }

  get host(): Pick<WorkerHost, 'abandoned' | 'ended' | 'fault' | 'hungWith' | 'standing'> {
    return this.#host;
  }

  /** Whose failure it is, should it fail. */
  get failure(): WorkerFailure {
    return { plan: this.#plan, camera: this.#host.hungWith };
  }

  /** By which it runs, all cameras that it was given included. */
  get plan(): WorkerPlan {
    return this.#plan;
  }

  /** What it said when its models were loaded; undefined until then. */
  get ready(): WorkerMessage | undefined {
    return this.#ready;
  }

  /** What one like it needs: its memory, without what it gained after it had settled. */
  get rssBytes(): number | undefined {
    return this.#rssBytes;
  }

  stateOf(camera: string): CameraState {
    return this.#states.get(camera) ?? 'connecting';
  }

  /** Whether pictures of that camera come. */
  shows(camera: string): boolean {
    return delivers(this.stateOf(camera));
  }

  /** Resolves when it is gone and onGone has been told. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  setCameras(cameras: CameraPlan[]): void {
    this.#beats = 0;
    this.#plan = { ...this.#plan, cameras };
    this.#host.setCameras(this.#unfinished(cameras));
  }

  adjust(plan: WorkerPlan): void {
    this.#plan = plan;
    this.#host.adjust(plan);
  }

  /** A JPEG of the camera's next picture. Rejects with SNAPSHOT_UNAVAILABLE. */
  snapshot(camera: string, quality: number, timeoutMs: number): Promise<SnapshotPicture> {
    return this.#snapshots.ask(camera, quality, timeoutMs, (wish) => this.#host.askSnapshot(wish));
  }

  stop(): Promise<void> {
    this.#host.stop();
    return this.#gone;
  }

  kill(): Promise<void> {
    this.#host.kill();
    return this.#gone;
  }

  /** Files without loop that have ended, under this worker or one before. */
  finishedFiles(): CameraPlan[] {
    return this.#files().filter(
      (camera) => this.#isFinished(camera) || this.stateOf(camera.name) === 'ended',
    );
  }

  /** These have ended under another worker meanwhile. */
  noteFinished(cameras: CameraPlan[]): void {
    for (const camera of cameras) this.#finished.add(JSON.stringify(camera));
  }

  /** Whether a file without loop is playing, which another worker would start over. */
  get playsFile(): boolean {
    return this.finishedFiles().length < this.#files().length;
  }

  #files(): CameraPlan[] {
    return this.#plan.cameras.filter(({ source, loop }) => endsByItself(source) && !loop);
  }

  #unfinished(cameras: CameraPlan[]): CameraPlan[] {
    return cameras.filter((camera) => !this.#isFinished(camera));
  }

  #isFinished(camera: CameraPlan): boolean {
    return this.#finished.has(JSON.stringify(camera));
  }

  /** What leaks would keep the next worker from starting beside it, although there is room for both. */
  #noteSize(rssBytes: number): void {
    this.#rssBytes = this.#beats < SETTLED_BEATS ? rssBytes : Math.min(this.#rssBytes ?? rssBytes, rssBytes);
    if (this.#ready !== undefined) this.#beats += 1;
  }

  #note(message: WorkerMessage): void {
    if (message.type === 'ready') this.#ready = message;
    else if (message.type === 'heartbeat') this.#noteSize(message.usage.rssBytes);
    else if (message.type === 'camera') this.#states.set(message.report.camera, message.report.state);
  }
}
