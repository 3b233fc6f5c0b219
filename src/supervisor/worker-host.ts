/**
 * One worker process from fork to exit. It knows the protocol and the deadlines; whether and when another
 * worker follows is decided by worker-supervisor.ts.
 */
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { CameraPlan, WorkerPlan } from '../core/worker-plan.js';
import { ChildChannel, type ChildExit, exitReason } from '../ipc/channel.js';
import {
  type HostMessage,
  PROTOCOL_VERSION,
  WORKER_MESSAGE_TYPES,
  type WorkerMessage,
} from '../ipc/protocol.js';
import { Liveness } from './liveness.js';

export interface WorkerLimits {
  /** Loading the models may take this long. */
  startMs: number;
  /** No result for this long while frames arrive, or no heartbeat, means hung. */
  hangMs: number;
  /** From `stop` to the exit; then it is killed. */
  stopMs: number;
}

export interface WorkerHostOptions {
  module: URL;
  env: NodeJS.ProcessEnv;
  plan: WorkerPlan;
  limits: WorkerLimits;
  clock: Clock;
  onMessage: (message: WorkerMessage) => void;
}

/**
 * A worker's heap is small, its pictures lie outside it and come and go by the hundred: V8 takes that for
 * pressure and marks the heap over and over on every core. Collecting in one go costs half of the CPU time.
 */
const WORKER_NODE_OPTIONS = ['--no-incremental-marking', '--single-threaded-gc'];

const LIVENESS_CHECK_MS = 500;

export class WorkerHost {
  readonly #options: WorkerHostOptions;
  readonly #channel: ChildChannel<HostMessage, WorkerMessage>;
  readonly #timers: Timer[] = [];
  #plan: WorkerPlan;
  /** It has said hello and was given the plan; only from then on it obeys. */
  #greeted = false;
  #liveness: Liveness | undefined;
  #stopping = false;
  /** Why it is being ended, when that is known before it is gone. */
  #reason: DetectdError | undefined;

  constructor(options: WorkerHostOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#channel = new ChildChannel<HostMessage, WorkerMessage>({
      module: options.module,
      env: options.env,
      nodeOptions: WORKER_NODE_OPTIONS,
      stdout: 1,
      clock: options.clock,
      accepts: WORKER_MESSAGE_TYPES,
      onMessage: (message) => this.#onMessage(message),
      onNonsense: (error) => this.#fail(error),
    });
  }

  get pid(): number | undefined {
    return this.#channel.pid;
  }

  /** Runs the worker; resolves when it is gone: undefined after stop(), otherwise why it ended. */
  async run(): Promise<DetectdError | undefined> {
    const { clock, limits } = this.#options;
    const exited = this.#channel.start();
    this.#timers.push(
      clock.after(limits.startMs, () => {
        if (this.#liveness === undefined)
          this.#fail(hung(`it did not load its models within ${limits.startMs / 1000} s`));
      }),
    );
    const exit = await exited;
    for (const timer of this.#timers) timer.cancel();
    if (this.#reason !== undefined) return this.#reason;
    return this.#stopping ? undefined : crash(exit);
  }

  setCameras(cameras: CameraPlan[]): void {
    this.#plan = { ...this.#plan, cameras };
    if (this.#greeted) this.#channel.send({ type: 'cameras', cameras });
  }

  /** Gives the running worker the thresholds, the log level and the rate of `plan`. */
  adjust(plan: WorkerPlan): void {
    this.#plan = { ...plan, cameras: this.#plan.cameras };
    if (!this.#greeted) return;
    const { models, log, maxRate } = plan;
    const thresholds = Object.fromEntries(models.map(({ name, threshold }) => [name, threshold]));
    const rate = maxRate === undefined ? {} : { maxRate };
    this.#channel.send({ type: 'adjust', thresholds, logLevel: log.level, ...rate });
  }

  /** Asks for an orderly end; run() resolves when it has come, by force after the deadline. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#channel.send({ type: 'stop' });
    this.#timers.push(
      this.#options.clock.after(this.#options.limits.stopMs, () => this.#channel.kill('SIGKILL')),
    );
  }

  /** Ends it at once, for one that has opened no camera: those must be closed in order. */
  kill(): void {
    this.#stopping = true;
    this.#channel.kill('SIGKILL');
  }

  #onMessage(message: WorkerMessage): void {
    const { clock, limits, onMessage } = this.#options;
    const now = clock.monotonicUs();
    switch (message.type) {
      case 'hello':
        if (message.version === PROTOCOL_VERSION) {
          this.#greeted = true;
          this.#channel.send({ type: 'start', plan: this.#plan });
        } else this.#fail(otherVersion(message.version));
        return;
      case 'ready':
        this.#liveness = new Liveness({ heartbeatMs: limits.hangMs, resultMs: limits.hangMs }, now);
        this.#timers.push(clock.every(LIVENESS_CHECK_MS, () => this.#checkLiveness()));
        break;
      case 'result':
        this.#liveness?.result(now);
        break;
      case 'heartbeat':
        this.#liveness?.heartbeat(message.inferringMs, now);
        break;
      case 'fatal':
        this.#reason ??= DetectdError.fromData(message.error);
        return;
      case 'camera':
      case 'stopped':
        break;
    }
    onMessage(message);
  }

  #checkLiveness(): void {
    const why = this.#liveness?.verdict(this.#options.clock.monotonicUs());
    if (why !== undefined && !this.#stopping) this.#fail(hung(why));
  }

  #fail(reason: DetectdError): void {
    this.#reason ??= reason;
    this.#channel.kill('SIGKILL');
  }
}

function hung(why: string): DetectdError {
  return new DetectdError(
    'WORKER_HUNG',
    `The worker hangs: ${why}.`,
    'It is replaced; if this repeats, look at the cameras and the GPU with "detectd doctor".',
  );
}

function otherVersion(version: number): DetectdError {
  return new DetectdError(
    'WORKER_PROTOCOL',
    `The worker speaks protocol version ${version}, this process ${PROTOCOL_VERSION}.`,
    'The installation is mixed from several versions; install detectd again.',
  );
}

function crash(exit: ChildExit): DetectdError {
  return new DetectdError(
    'WORKER_CRASHED',
    `The worker ended with ${exitReason(exit)}.`,
    'It is started again; if this repeats, run "detectd doctor" and report it with the log.',
  );
}
