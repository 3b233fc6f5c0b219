/**
 * The parent's end of a builder process: one engine from fork to exit. Crashing, hanging and running out of memory are
 * failures with the phase that they came in; cancelled, it ends in time whatever it is at.
 */
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { BuildProgress, BuiltEngine } from '../core/engine.js';
import {
  type BuildJob,
  FROM_BUILDER_TYPES,
  type FromBuilder,
  type ToBuilder,
} from '../ipc/builder-protocol.js';
import { ChildChannel, type ChildExit, exitReason } from '../ipc/channel.js';

export interface BuilderHostOptions {
  /** Module of the builder process. */
  module: URL;
  env: NodeJS.ProcessEnv;
  /** Where its log goes: 1 or 2 of this process. */
  stdout: 1 | 2;
  clock: Clock;
  job: BuildJob;
  onProgress: (progress: BuildProgress) => void;
}

export type BuildEnd =
  | { kind: 'built'; engine: BuiltEngine }
  /** `final`: another try on this machine would end the same. */
  | { kind: 'failed'; error: DetectdError; final: boolean }
  | { kind: 'cancelled' };

/** Progress comes every second; while a model is loaded or run, the process says nothing. */
const SILENCE_MS = 600_000;
/** From `cancel` to the exit, in which trtexec is ended, by force if need be; then it is killed. */
const CANCEL_MS = 2000;
/** From its answer to the exit. */
const EXIT_MS = 5000;

export class BuilderHost {
  readonly #options: BuilderHostOptions;
  readonly #channel: ChildChannel<ToBuilder, FromBuilder>;
  #end: BuildEnd | undefined;
  #progress: BuildProgress | undefined;
  #deadline: Timer | undefined;

  constructor(options: BuilderHostOptions) {
    this.#options = options;
    this.#channel = new ChildChannel<ToBuilder, FromBuilder>({
      module: options.module,
      env: options.env,
      stdout: options.stdout,
      clock: options.clock,
      accepts: FROM_BUILDER_TYPES,
      onMessage: (message) => this.#onMessage(message),
      onNonsense: (error) => this.#kill({ kind: 'failed', error, final: false }),
    });
  }

  get pid(): number | undefined {
    return this.#channel.pid;
  }

  /** Builds; resolves when the process is gone. Never rejects. */
  async run(): Promise<BuildEnd> {
    const exited = this.#channel.start();
    this.#within(SILENCE_MS, hung());
    this.#channel.send({ type: 'build', job: this.#options.job });
    const exit = await exited;
    this.#deadline?.cancel();
    return this.#end ?? { kind: 'failed', ...this.#crash(exit) };
  }

  /** Asks it to clean up and end; run() resolves when it has, by force after two seconds. */
  cancel(): void {
    if (this.#end !== undefined) return;
    this.#end = { kind: 'cancelled' };
    this.#channel.send({ type: 'cancel' });
    this.#within(CANCEL_MS);
  }

  #onMessage(message: FromBuilder): void {
    if (this.#end !== undefined) return;
    switch (message.type) {
      case 'progress':
        this.#progress = message.progress;
        this.#within(SILENCE_MS, hung());
        this.#options.onProgress(message.progress);
        return;
      case 'built':
        this.#end = { kind: 'built', engine: message.engine };
        break;
      case 'failed': {
        const { error, final } = message;
        this.#end = { kind: 'failed', error: DetectdError.fromData(error), final };
        break;
      }
      case 'fatal':
        this.#end = { kind: 'failed', error: DetectdError.fromData(message.error), final: false };
        break;
    }
    this.#within(EXIT_MS);
  }

  /** Kills it after so long; `error` is then what came of the build. */
  #within(ms: number, error?: DetectdError): void {
    this.#deadline?.cancel();
    this.#deadline = this.#options.clock.after(ms, () =>
      this.#kill(error === undefined ? undefined : { kind: 'failed', error, final: false }),
    );
  }

  #kill(end: BuildEnd | undefined): void {
    this.#end ??= end;
    this.#channel.kill('SIGKILL');
  }

  #crash(exit: ChildExit): { error: DetectdError; final: boolean } {
    const phase = this.#progress?.phase;
    const when = phase === undefined ? 'at its start' : `while it was ${phase}`;
    const error =
      exit.signal === 'SIGKILL'
        ? new DetectdError(
            'ENGINE_MEMORY',
            `The builder was killed ${when}, most likely since memory ran out.`,
            'Close other programs, or add swap while it builds.',
          )
        : new DetectdError(
            'ENGINE_BUILD',
            `The builder ended ${when} with ${exitReason(exit)}.`,
            'If it does so again, report it with the log of "detectd engines build".',
          );
    return { error, final: false };
  }
}

function hung(): DetectdError {
  return new DetectdError(
    'ENGINE_BUILD',
    `The builder said nothing for ${SILENCE_MS / 60_000} minutes and was ended.`,
    'The GPU or its driver hangs; restart the machine if it does so again.',
  );
}
