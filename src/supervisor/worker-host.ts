/**
 * One worker process from fork to exit. It knows the protocol and the deadlines; whether and when another
 * worker follows is decided by worker-supervisor.ts.
 */
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { CameraPlan, WorkerPlan } from '../core/worker-plan.js';
import { within } from '../device/fact.js';
import { stuckThreads } from '../device/stuck-threads.js';
import { SystemFiles } from '../device/system-files.js';
import { ChildChannel, type ChildExit, exitReason } from '../ipc/channel.js';
import {
  type HostMessage,
  PROTOCOL_VERSION,
  WORKER_MESSAGE_TYPES,
  type WorkerMessage,
} from '../ipc/protocol.js';
import { type Hang, Liveness, type Standing } from './liveness.js';

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
  /** What holds a process, in a clause; asked once, before one that hangs is killed. Default: the kernel's word. */
  holder?: (pid: number) => Promise<string | undefined>;
}

/**
 * A worker's heap is small, its pictures lie outside it and come and go by the hundred: V8 takes that for
 * pressure and marks the heap over and over on every core. Collecting in one go costs half of the CPU time.
 * The young generation, one per thread, would grow for an hour and gain nothing.
 */
const WORKER_NODE_OPTIONS = ['--no-incremental-marking', '--single-threaded-gc', '--max-semi-space-size=2'];

/** So much longer may a worker take that holds CSI cameras: Argus keeps the session of a client that was just killed. */
const CSI_MS = 7000;
const LIVENESS_CHECK_MS = 500;
/** What holds a worker is asked for no longer than this. */
const HOLDER_MS = 300;
/** A process that was killed and is still there after this waits in a driver, maybe for ever: it is given up. */
const UNKILLABLE_MS = 15_000;

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
  #hungWith: string | undefined;
  #killed = false;
  #abandoned = false;
  #giveUp: () => void = () => {};
  #ended: Promise<unknown> = Promise.resolve();

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

  /** It was killed and did not end: whoever waited for it has been let go. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Resolves when the process is really gone, also after it was given up. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  /** Why it is being ended; undefined while nothing is wrong. */
  get fault(): DetectdError | undefined {
    return this.#reason;
  }

  /** The camera with which GStreamer hung, when that is why it is being ended. */
  get hungWith(): string | undefined {
    return this.#hungWith;
  }

  /** What it owes at this moment; undefined until it is ready. */
  get standing(): Standing | undefined {
    return this.#liveness?.standing(this.#options.clock.monotonicUs());
  }

  /** Runs the worker; resolves when it is gone: undefined after stop(), otherwise why it ended. */
  async run(): Promise<DetectdError | undefined> {
    const { clock, limits } = this.#options;
    const exited = this.#channel.start();
    this.#ended = exited;
    const givenUp = new Promise<undefined>((resolve) => {
      this.#giveUp = () => resolve(undefined);
    });
    this.#timers.push(
      clock.after(limits.startMs, () => {
        if (this.#liveness === undefined) this.#fail(loadsTooLong(limits.startMs));
      }),
    );
    const exit = await Promise.race([exited, givenUp]);
    for (const timer of this.#timers) timer.cancel();
    if (exit === undefined) return unkillable(this.pid, this.#reason);
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
    const { models, log, maxRate, shadow } = plan;
    const thresholds = Object.fromEntries(
      models.map(({ name, threshold, faint }) => [
        name,
        { threshold, ...(faint === undefined ? {} : { faint }) },
      ]),
    );
    const rate = maxRate === undefined ? {} : { maxRate };
    this.#channel.send({
      type: 'adjust',
      thresholds,
      logLevel: log.level,
      shadow: shadow !== undefined,
      ...rate,
    });
  }

  /** Answered by a message, unless it is not ready or ends before. */
  askSnapshot(message: Extract<HostMessage, { type: 'snapshot' }>): void {
    this.#channel.send(message);
  }

  /** Asks for an orderly end; run() resolves when it has come, by force after the deadline. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#channel.send({ type: 'stop' });
    this.#killLater();
  }

  /** Ends it at once, for one that has opened no camera: those must be closed in order. */
  kill(): void {
    this.#stopping = true;
    this.#kill();
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
        this.#liveness = new Liveness(
          { heartbeatMs: limits.hangMs, resultMs: limits.hangMs, checkMs: LIVENESS_CHECK_MS },
          now,
        );
        this.#timers.push(clock.every(LIVENESS_CHECK_MS, () => this.#checkLiveness()));
        break;
      case 'result':
        this.#liveness?.result(now);
        break;
      case 'heartbeat':
        this.#liveness?.heartbeat(message.inferringMs, now);
        break;
      case 'activity':
        this.#liveness?.begins(message.act, now);
        return;
      case 'fatal':
        this.#reason ??= DetectdError.fromData(message.error);
        return;
      case 'camera':
      case 'idle':
      case 'shadow':
      case 'shadow-failed':
      case 'snapshot':
      case 'snapshot-failed':
      case 'stopped':
        this.#liveness?.word(now);
        break;
    }
    onMessage(message);
  }

  #checkLiveness(): void {
    const hang = this.#liveness?.verdict(this.#options.clock.monotonicUs());
    if (hang !== undefined && !this.#stopping && this.#reason === undefined) void this.#failHung(hang);
  }

  async #failHung(hang: Hang): Promise<void> {
    this.#reason = hung(hang);
    this.#hungWith = hang.camera;
    const { clock, holder = heldBy } = this.#options;
    const { pid } = this;
    const held = pid === undefined ? undefined : await within(HOLDER_MS, clock, holder(pid), () => undefined);
    if (held !== undefined) this.#reason = hung({ ...hang, why: `${hang.why}; ${held}` });
    if (!holdsCsi(this.#plan)) {
      this.#kill();
      return;
    }
    // What hangs may not be what closes cameras.
    this.#channel.send({ type: 'stop' });
    this.#killLater();
  }

  #killLater(): void {
    const { clock, limits } = this.#options;
    this.#timers.push(clock.after(closingMs(limits, this.#plan), () => this.#kill()));
  }

  #fail(reason: DetectdError): void {
    this.#reason ??= reason;
    this.#kill();
  }

  #kill(): void {
    this.#channel.kill('SIGKILL');
    if (this.#killed) return;
    this.#killed = true;
    this.#timers.push(
      this.#options.clock.after(UNKILLABLE_MS, () => {
        this.#abandoned = true;
        this.#channel.letGo();
        this.#giveUp();
      }),
    );
  }
}

function holdsCsi(plan: Pick<WorkerPlan, 'cameras'> | undefined): boolean {
  return plan?.cameras.some(({ source }) => source.kind === 'csi') ?? false;
}

/** How long a worker with this plan is given to end in order. */
export function closingMs({ stopMs }: WorkerLimits, plan: Pick<WorkerPlan, 'cameras'> | undefined): number {
  return stopMs + (holdsCsi(plan) ? CSI_MS : 0);
}

function heldBy(pid: number): Promise<string | undefined> {
  return stuckThreads(new SystemFiles(), pid);
}

const CURES: Record<Hang['part'], string> = {
  'event loop': 'if this repeats, report it with the log',
  gstreamer: 'a decoder or a driver hangs: look at that camera with "detectd doctor"',
  inference:
    'if one inference takes that long here, raise worker.hang_timeout_s; else look at the GPU with dmesg',
};

function hung({ part, why }: Hang): DetectdError {
  return new DetectdError('WORKER_HUNG', `The worker hangs: ${why}.`, `It is replaced; ${CURES[part]}.`);
}

function loadsTooLong(ms: number): DetectdError {
  return new DetectdError(
    'WORKER_HUNG',
    `The worker hangs: it did not load its models within ${ms / 1000} s.`,
    'It is replaced; if it only takes that long, raise worker.start_timeout_s.',
  );
}

function unkillable(pid: number | undefined, reason: DetectdError | undefined): DetectdError {
  const before = reason === undefined ? '' : ` ${reason.message}`;
  return new DetectdError(
    'WORKER_HUNG',
    `Worker ${pid} does not end although it was killed: a driver hangs.${before}`,
    'Another one is started beside it; what it holds, a camera or the GPU, comes back with a restart of the machine.',
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
