/**
 * Typed messages between a process and the child it forked. Whatever arrives is checked for its type
 * before it is handed on; the child's death, its exit status and the end of its stderr come as one value.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';

const STDERR_TAIL = 4096;
/** What was said longer than this before the end has nothing to do with it. */
const LAST_WORDS_US = 2_000_000;
/**
 * From 1.30 on, ONNX Runtime otherwise reports its use to its maker, keeps a data base for that in the user's
 * cache and leaves a file per process in the temporary folder. A thread cannot set it for itself.
 */
const NATIVE_ENV = { ORT_DISABLE_TELEMETRY: '1' };

export interface Typed {
  type: string;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr, for the reason of a crash; empty when it wrote nothing shortly before. */
  stderr: string;
}

export interface ChildOptions<Receive extends Typed> {
  /** Module that the child runs. */
  module: URL;
  env: NodeJS.ProcessEnv;
  /** Further options of Node itself. */
  nodeOptions?: string[];
  /** Where the child's stdout goes: 1 or 2 of this process. */
  stdout: 1 | 2;
  clock: Clock;
  accepts: ReadonlySet<string>;
  onMessage: (message: Receive) => void;
  /** Something arrived that is no message of this protocol. */
  onNonsense: (error: DetectdError) => void;
}

/** How a child ended, with the last line that it wrote to stderr. */
export function exitReason(exit: ChildExit): string {
  const how = exit.signal === null ? `exit status ${exit.code}` : `signal ${exit.signal}`;
  const last = exit.stderr.split('\n').at(-1) ?? '';
  return last === '' ? how : `${how}: ${last.slice(0, 300)}`;
}

/** The parent's end. */
export class ChildChannel<Send extends Typed, Receive extends Typed> {
  readonly #options: ChildOptions<Receive>;
  #child: ChildProcess | undefined;
  #exited: Promise<ChildExit> | undefined;
  #gone = false;
  #finish: (code: number | null, signal: NodeJS.Signals | null) => void = () => {};

  constructor(options: ChildOptions<Receive>) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Forks the child. Resolves when it is gone, however it went; never rejects. */
  start(): Promise<ChildExit> {
    const { module, env, nodeOptions = [], stdout, clock, onMessage, onNonsense, accepts } = this.#options;
    const child = fork(fileURLToPath(module), [], {
      env: { ...env, ...NATIVE_ENV },
      execArgv: ['--enable-source-maps', ...nodeOptions],
      stdio: ['ignore', stdout, 'pipe', 'ipc'],
    });
    this.#child = child;
    let tail = '';
    let saidUs = 0;
    let endUs = 0;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-STDERR_TAIL);
      saidUs = clock.monotonicUs();
    });
    // Not at 'close', which waits for whoever else holds its stderr.
    child.once('exit', () => {
      endUs = clock.monotonicUs();
    });
    child.on('message', (message) => {
      if (isTyped(message, accepts)) onMessage(message as Receive);
      else onNonsense(nonsense(message));
    });
    this.#exited = new Promise((resolve) => {
      const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#gone = true;
        resolve({ code, signal, stderr: endUs - saidUs < LAST_WORDS_US ? tail.trim() : '' });
      };
      this.#finish = finish;
      // 'close' comes after stderr has been read to its end; 'error' when the fork itself failed.
      child.once('close', finish);
      child.once('error', (error) => {
        if (child.pid === undefined) {
          tail = error.message;
          finish(null, null);
        }
      });
    });
    return this.#exited;
  }

  /** Sends, unless the child is gone: its end is told by start()'s promise, not here. */
  send(message: Send): void {
    if (this.#gone || this.#child?.connected !== true) return;
    this.#child.send(message, () => {});
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.#gone) this.#child?.kill(signal);
  }

  /**
   * For a child that does not end: nothing of it keeps this process alive, and nothing that it says is heard. Should it
   * end after all, start()'s promise tells.
   */
  letGo(): void {
    const child = this.#child;
    if (child === undefined || this.#gone) return;
    child.removeAllListeners('message');
    child.channel?.unref();
    child.stderr?.destroy();
    child.unref();
    // Without its stderr there is no 'close'.
    if (child.exitCode !== null || child.signalCode !== null) this.#finish(child.exitCode, child.signalCode);
    else child.once('exit', this.#finish);
  }
}

/** The child's end. */
export class ParentChannel<Send extends Typed, Receive extends Typed> {
  readonly #accepts: ReadonlySet<string>;
  #backlog = 0;
  #drained: (() => void)[] = [];

  constructor(accepts: ReadonlySet<string>) {
    this.#accepts = accepts;
  }

  /** Starts listening. Without a parent a child has no reason to live: `onParentGone` should end it. */
  start(handlers: { onMessage: (message: Receive) => void; onParentGone: () => void }): void {
    process.on('message', (message) => {
      if (isTyped(message, this.#accepts)) handlers.onMessage(message as Receive);
    });
    process.once('disconnect', () => {
      // What was on its way is not confirmed any more.
      this.#backlog = 0;
      for (const tell of this.#drained.splice(0)) tell();
      handlers.onParentGone();
    });
    // A terminal signals all that it started; when a child ends is the parent's decision.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  }

  send(message: Send): void {
    if (process.send === undefined || !process.connected) return;
    this.#backlog += 1;
    process.send(message, undefined, undefined, () => {
      this.#backlog = Math.max(0, this.#backlog - 1);
      if (this.#backlog === 0) for (const tell of this.#drained.splice(0)) tell();
    });
  }

  /** Messages that the parent has not taken yet. */
  get backlog(): number {
    return this.#backlog;
  }

  /** Resolves when everything sent has left this process. */
  drained(): Promise<void> {
    if (this.#backlog === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drained.push(resolve);
    });
  }
}

function isTyped(message: unknown, accepts: ReadonlySet<string>): boolean {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  return typeof message.type === 'string' && accepts.has(message.type);
}

function nonsense(message: unknown): DetectdError {
  const shown = JSON.stringify(message)?.slice(0, 120) ?? String(message);
  return new DetectdError(
    'WORKER_PROTOCOL',
    `A child process sent something that is no message: ${shown}.`,
    'The installation is mixed from several versions; install detectd again.',
  );
}
