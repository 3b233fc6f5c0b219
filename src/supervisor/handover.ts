/**
 * One worker takes over from another without a gap: the next one loads its models while the old one goes on, then opens
 * the cameras that can be opened twice. With its first result it owns a camera, and the old one closes it. What only one
 * can open it gets when the old one is gone, or has closed it: for a model that has to prove itself the old worker is kept
 * loaded without cameras, to be called back.
 */
import type { Clock, Timer } from '../base/clock.js';
import type { CameraState } from '../core/camera-state.js';
import type { CameraPlan } from '../core/worker-plan.js';
import type { WorkerMessage } from '../ipc/protocol.js';
import { CameraOwners, canShare } from './camera-owners.js';
import type { RunningWorker } from './running-worker.js';

/** Cameras that the next worker has no picture of after this go over when the old worker ends. */
const SHARE_MS = 10_000;

export interface HandoverOptions {
  old: RunningWorker;
  /** Started, without cameras. */
  next: RunningWorker;
  clock: Clock;
  onMessage: (message: WorkerMessage) => void;
  /** Another worker plays these from now on, told before the first it says of them. */
  onTakenOver: (cameras: string[]) => void;
  /** The old worker is not ended: this is called when it has closed its last camera. */
  onIdle?: (() => void) | undefined;
}

export class Handover {
  readonly old: RunningWorker;
  readonly next: RunningWorker;
  readonly #options: HandoverOptions;
  /** Undefined while the next worker loads its models. */
  #owners: CameraOwners | undefined;
  /** What the old worker had before it lost cameras to the next one. */
  #oldCameras: CameraPlan[] = [];
  #shared: CameraPlan[] = [];
  #deadline: Timer | undefined;
  #closing = false;
  /** The old worker was told to close what it has left, and is kept. */
  #emptying = false;
  /** Whether the models of the next worker were told. */
  #told = false;

  constructor(options: HandoverOptions) {
    this.#options = options;
    this.old = options.old;
    this.next = options.next;
  }

  /** The next worker still loads its models and has no camera. */
  get warming(): boolean {
    return this.#owners === undefined;
  }

  /** The old worker was told to end: there is no way back. */
  get closing(): boolean {
    return this.#closing;
  }

  /** The next worker is ready and shall have these cameras: it opens what can be opened twice. */
  share(cameras: CameraPlan[]): void {
    const { old, next } = this;
    this.#oldCameras = old.plan.cameras;
    const states = this.#oldCameras.map(({ name }): [string, CameraState] => [name, old.stateOf(name)]);
    this.#owners = new CameraOwners(cameras, new Map(states));
    this.#shared = cameras.filter(canShare);
    next.setCameras(this.#shared);
    this.#deadline = this.#options.clock.after(SHARE_MS, () => this.#close());
    this.#closeWhenShared();
  }

  take(worker: RunningWorker, message: WorkerMessage): void {
    const { onMessage, onTakenOver } = this.#options;
    if (this.#owners === undefined) {
      if (worker === this.old) onMessage(message);
      return;
    }
    if (worker === this.old && message.type === 'idle') {
      if (this.#emptying) this.#options.onIdle?.();
      return;
    }
    if (worker === this.old) {
      for (const each of this.#owners.fromOld(message)) onMessage(each);
      return;
    }
    const { pass, taken, refused } = this.#owners.fromNext(message);
    if (pass.length > 0) this.#tellReady();
    if (taken !== undefined) onTakenOver([taken]);
    for (const each of pass) onMessage(each);
    if (refused !== undefined) {
      this.#shared = this.#shared.filter(({ name }) => name !== refused);
      this.next.setCameras(this.#shared);
    }
    if (taken !== undefined) this.#closeAtOld(taken);
    if (taken !== undefined || refused !== undefined) this.#closeWhenShared();
  }

  /** The old worker is gone: all cameras belong to the next one. */
  finish(): void {
    this.#deadline?.cancel();
    const { onMessage, onTakenOver } = this.#options;
    const rest = this.#owners?.of('old') ?? [];
    const reports = this.#owners?.takeRest() ?? [];
    if (this.next.ready !== undefined) this.#tellReady();
    onTakenOver(rest);
    for (const report of reports) onMessage(report);
  }

  /** The next worker is gone: the old one, unless it was told to end, gets back what it had. */
  rollBack(): void {
    this.#deadline?.cancel();
    if (this.#owners === undefined || this.#closing) return;
    const lost = this.#owners.of('next');
    if (lost.length > 0 || this.#emptying) this.old.setCameras(this.#oldCameras);
    const { onMessage, onTakenOver } = this.#options;
    onTakenOver(lost);
    if (this.#told && this.old.ready !== undefined) onMessage(this.old.ready);
  }

  /** Ends both. */
  async abandon(): Promise<void> {
    this.#deadline?.cancel();
    await Promise.all([this.warming ? this.next.kill() : this.next.stop(), this.old.stop()]);
  }

  #tellReady(): void {
    if (this.#told || this.next.ready === undefined) return;
    this.#told = true;
    this.#options.onMessage(this.next.ready);
  }

  #closeAtOld(camera: string): void {
    if (!this.#closing && !this.#emptying)
      this.old.setCameras(this.old.plan.cameras.filter(({ name }) => name !== camera));
  }

  #closeWhenShared(): void {
    if (this.#owners?.waiting === false) this.#close();
  }

  #close(): void {
    if (this.#closing || this.#emptying) return;
    this.#deadline?.cancel();
    if (this.#options.onIdle !== undefined) {
      this.#emptying = true;
      this.old.setCameras([]);
      return;
    }
    this.#closing = true;
    void this.old.stop();
  }
}
