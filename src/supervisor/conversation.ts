/**
 * Questions to a child process, one at a time: each ends with an answer, with the error that the child
 * reports, with its death or at the deadline, and the reason is said in every case.
 */
import type { Clock } from '../base/clock.js';
import { DetectdError, type ErrorData } from '../base/errors.js';
import { ChildChannel, type ChildExit, exitReason, type Typed } from '../ipc/channel.js';

export interface ConversationOptions {
  /** Module that the child runs. */
  module: URL;
  env: NodeJS.ProcessEnv;
  /** Message types that the child may send; `fatal`, with an error, ends the conversation. */
  accepts: ReadonlySet<string>;
  clock: Clock;
  /** Aborted, it ends the conversation at once, with its reason. */
  signal?: AbortSignal;
}

interface Pending<Receive> {
  onMessage: (message: Receive) => void;
  onEnd: (reason: unknown) => void;
}

/** How the child ended, as the cause of WORKER_CRASHED. */
export class ChildDeath extends Error {
  constructor(readonly exit: ChildExit) {
    super(exitReason(exit));
    this.name = 'ChildDeath';
  }
}

/** A child that was told to end and does not is killed after this. */
const CLOSE_MS = 3000;

export class Conversation<Send extends Typed, Receive extends Typed> {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #channel: ChildChannel<Send, Receive>;
  #pending: Pending<Receive> | undefined;
  #exited: Promise<ChildExit> | undefined;
  /** Why there is nobody to talk to any more. */
  #death: { reason: unknown } | undefined;
  readonly #onAbort = (): void => this.#die(this.#signal?.reason);

  constructor(options: ConversationOptions) {
    this.#clock = options.clock;
    this.#signal = options.signal;
    this.#channel = new ChildChannel<Send, Receive>({
      module: options.module,
      env: options.env,
      // Standard output belongs to the results.
      stdout: 2,
      clock: options.clock,
      accepts: options.accepts,
      onMessage: (message) => {
        if (message.type === 'fatal')
          this.#die(DetectdError.fromData((message as unknown as { error: ErrorData }).error));
        else this.#pending?.onMessage(message);
      },
      onNonsense: (error) => this.#die(error),
    });
  }

  start(): void {
    this.#exited = this.#channel.start();
    void this.#exited.then((exit) => this.#die(crash(exit)));
    if (this.#signal?.aborted === true) this.#onAbort();
    this.#signal?.addEventListener('abort', this.#onAbort);
  }

  get pid(): number | undefined {
    return this.#channel.pid;
  }

  get alive(): boolean {
    return this.#death === undefined;
  }

  /**
   * Sends `message` and waits for the answer for which `pick` gives a value; what `pick` throws is thrown.
   * Throws WORKER_CRASHED when the child dies and WORKER_HUNG when `timeoutMs` passes, which also ends it.
   */
  ask<T>(message: Send, pick: (answer: Receive) => T | undefined, timeoutMs?: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#death !== undefined) {
        reject(this.#death.reason);
        return;
      }
      const deadline =
        timeoutMs === undefined ? undefined : this.#clock.after(timeoutMs, () => this.#die(hung(timeoutMs)));
      const settle = (act: () => void): void => {
        deadline?.cancel();
        this.#pending = undefined;
        act();
      };
      this.#pending = {
        onEnd: (reason) => settle(() => reject(reason)),
        onMessage: (answer) => {
          try {
            const picked = pick(answer);
            if (picked !== undefined) settle(() => resolve(picked));
          } catch (error) {
            settle(() => reject(error));
          }
        },
      };
      this.#channel.send(message);
    });
  }

  /** Ends the child: told so with `last` where it knows such a message, killed otherwise. */
  async close(last?: Send): Promise<void> {
    if (last === undefined) this.#channel.kill('SIGKILL');
    else this.#channel.send(last);
    const deadline = this.#clock.after(CLOSE_MS, () => this.#channel.kill('SIGKILL'));
    await this.#exited;
    deadline.cancel();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #die(reason: unknown): void {
    this.#death ??= { reason };
    this.#channel.kill('SIGKILL');
    this.#pending?.onEnd(this.#death.reason);
  }
}

function hung(timeoutMs: number): DetectdError {
  return new DetectdError(
    'WORKER_HUNG',
    `No answer within ${timeoutMs / 1000} s.`,
    'The device or its driver hangs; close other programs that use it.',
  );
}

function crash(exit: ChildExit): DetectdError {
  return new DetectdError(
    'WORKER_CRASHED',
    `The process that did this ended with ${exitReason(exit)}.`,
    exit.signal === 'SIGKILL'
      ? 'Most likely the system ran out of memory (see dmesg): use a smaller file or close other programs.'
      : 'If one file or camera does this each time, leave it out and report it.',
    { cause: new ChildDeath(exit) },
  );
}
