/**
 * Why an archive could not be fetched, and whether it makes sense to try again: a network that is down is something else
 * than a server that says no. Nothing here ever holds a password.
 */
import type { ErrorCode } from '../../base/error-codes.js';
import { DetectdError } from '../../base/errors.js';

/**
 * `soon`: the network, the disk or a server in trouble; may be over in a moment. `later`: an answer that somebody has to
 * mend, there or in the configuration. `never`: nothing will change it but another target.
 */
export type Again = 'soon' | 'later' | 'never';

export interface FetchFaultOptions {
  hint?: string;
  cause?: unknown;
  /** How long the other side asks to be left alone, in ms. */
  afterMs?: number | undefined;
}

export class FetchFault extends DetectdError {
  readonly again: Again;
  readonly afterMs: number | undefined;

  constructor(code: ErrorCode, again: Again, message: string, options: FetchFaultOptions = {}) {
    super(code, message, options.hint, { cause: options.cause });
    this.again = again;
    this.afterMs = options.afterMs;
  }
}
