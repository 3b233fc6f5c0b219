/** What the daemon does about its cameras beside having them read: it keeps what is known of each, logs it and tells it. */
import type { Clock, Timer } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { RepeatedFault } from '../base/repeated-fault.js';
import { cameraSwitches } from '../config/plan.js';
import type { Config } from '../config/schema.js';
import type { CameraCounters, CameraReport } from '../ipc/protocol.js';
import type { CameraFacts } from '../publish/announcer.js';
import { CameraBoard, type CameraEntry } from '../supervisor/camera-board.js';
import type { EventTeller } from './event-teller.js';
import { maskedReport } from './masking.js';

export interface CameraDeskOptions {
  clock: Clock;
  log: Logger;
  announcer: { camera(facts: CameraFacts): void; forget(camera: string): void };
  /** Never to be told. */
  secrets: () => readonly string[];
  /** Told each state of each camera, changed or not. */
  events?: Pick<EventTeller, 'camera' | 'forget'>;
  /** A camera has another state. */
  onChanged: () => void;
}

/** Camera status is repeated this often although nothing changed, so that its figures stay fresh. */
const STATUS_MS = 30_000;

export class CameraDesk {
  readonly board: CameraBoard;
  readonly #options: CameraDeskOptions;
  readonly #faults: RepeatedFault;
  #timer: Timer | undefined;

  constructor(options: CameraDeskOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.board = new CameraBoard(clock);
    this.#faults = new RepeatedFault({
      clock,
      report: (fault, detail, count) => log.warn({ ...(detail as object), count }, fault),
    });
  }

  /** Tells of every camera from now on. */
  start(config: Pick<Config, 'cameras'>): void {
    this.configure(config);
    this.#timer = this.#options.clock.every(STATUS_MS, () => this.tellAll());
  }

  configure(config: Pick<Config, 'cameras'>): void {
    const gone = this.board.configure(cameraSwitches(config));
    for (const camera of gone) {
      this.#options.announcer.forget(camera);
      this.#options.events?.forget(camera);
    }
    this.tellAll();
  }

  report(report: CameraReport): void {
    const { log, secrets, onChanged } = this.#options;
    const entry = this.board.report(maskedReport(report, secrets()));
    if (entry === undefined) return;
    const { camera, state, error } = entry;
    if (error === undefined) log.info(`camera "${camera}" is ${state}`);
    else {
      const { code, hint } = error;
      this.#faults.note(`camera "${camera}" is ${state}: ${error.message}`, { code, hint });
    }
    this.#tell([entry]);
    onChanged();
  }

  heartbeat(counters: CameraCounters[]): void {
    this.#tell(this.board.heartbeat(counters, this.#options.clock.monotonicUs()));
  }

  workerGone(): void {
    this.board.workerGone();
    this.tellAll();
  }

  tellAll(): void {
    this.#tell(this.board.entries());
  }

  close(): void {
    this.#timer?.cancel();
  }

  #tell(entries: readonly CameraEntry[]): void {
    for (const entry of entries) {
      this.#options.announcer.camera(entry);
      this.#options.events?.camera(entry.camera, entry.state, entry.error);
    }
  }
}
