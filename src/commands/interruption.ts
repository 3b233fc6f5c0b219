/**
 * What cuts a command short: a signal, or standard output that takes no more. Work that has something to
 * clean up is told by an AbortSignal and ends in order; everything else ends where it is.
 */
import { DetectdError, messageOf, systemCode } from '../base/errors.js';

/** The events of the process that matter here. */
export interface InterruptionSource {
  on(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  stdout: { on(event: 'error', listener: (error: Error) => void): unknown };
}

/** Reason of an interruption: quiet, with the exit status that shells expect. */
export class Interrupted extends Error {
  readonly exitStatus: number;

  constructor(message: string, exitStatus: number) {
    super(message);
    this.name = 'Interrupted';
    this.exitStatus = exitStatus;
  }
}

/** 128 and the number of the signal. */
const STATUS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
const SIGNALS = Object.keys(STATUS) as NodeJS.Signals[];

export class Interruption {
  readonly #source: InterruptionSource;
  readonly #exit: (thrown: Interrupted | DetectdError) => void;
  #abort: AbortController | undefined;

  /** `exit` ends the program at once. */
  constructor(source: InterruptionSource, exit: (thrown: Interrupted | DetectdError) => void) {
    this.#source = source;
    this.#exit = exit;
  }

  /** From here on a reader of standard output may go. */
  start(): void {
    this.#source.stdout.on('error', (error) => this.#stop(outputEnd(error)));
  }

  /**
   * Runs work that ends soon after its signal is aborted. What cut it short is thrown in place of whatever
   * the work made of it; a second interruption does not wait for it.
   */
  async guard<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    this.#abort = abort;
    const onSignal = (signal: NodeJS.Signals): void =>
      this.#stop(new Interrupted(signal, STATUS[signal] ?? 1));
    for (const signal of SIGNALS) this.#source.on(signal, onSignal);
    try {
      const result = await work(abort.signal);
      abort.signal.throwIfAborted();
      return result;
    } catch (thrown) {
      throw abort.signal.aborted ? abort.signal.reason : thrown;
    } finally {
      this.#abort = undefined;
      for (const signal of SIGNALS) this.#source.off(signal, onSignal);
    }
  }

  #stop(reason: Interrupted | DetectdError): void {
    if (this.#abort === undefined) this.#exit(reason);
    else if (!this.#abort.signal.aborted) this.#abort.abort(reason);
    // Each further line to a closed pipe is another error; only another signal means impatience.
    else if (reason instanceof Interrupted && reason.exitStatus > 0) this.#exit(reason);
  }
}

/** A reader that closes the pipe (`| head`) has had enough; that is no fault. */
function outputEnd(error: Error): Interrupted | DetectdError {
  if (systemCode(error) === 'EPIPE') return new Interrupted('The reader of the results is gone.', 0);
  return new DetectdError(
    'OUTPUT_UNWRITABLE',
    `The results cannot be written: ${messageOf(error)}.`,
    'Free some space, or send them elsewhere.',
    { cause: error },
  );
}
