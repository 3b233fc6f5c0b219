/** Takes what comes of an archive: within its limits, no faster than allowed, onto the disk, and told about. */
import type { Attempt } from './attempt.js';
import type { Download } from './download.js';
import { FetchFault } from './fetch-fault.js';
import type { FetchOptions } from './fetch-options.js';

export const MAX_SIGNATURE_BYTES = 4096;

export class Intake {
  readonly #download: Download;
  readonly #attempt: Attempt;
  readonly #options: Pick<FetchOptions, 'limits' | 'throttle' | 'makeRoom'>;

  constructor(
    download: Download,
    attempt: Attempt,
    options: Pick<FetchOptions, 'limits' | 'throttle' | 'makeRoom'>,
  ) {
    this.#download = download;
    this.#attempt = attempt;
    this.#options = options;
  }

  /** The archive will have this many bytes. Throws UPDATE_TOO_LARGE, and what `makeRoom` throws. */
  async admit(size: number): Promise<void> {
    const { limits, makeRoom } = this.#options;
    if (size > limits.maxBytes) throw tooLarge('The archive', limits.maxBytes);
    if (makeRoom !== undefined) await this.#attempt.aside(makeRoom(size, this.#download.bytes));
  }

  /** Writes the next piece; resolves when another may come. Throws UPDATE_TOO_LARGE and what the disk says. */
  async take(piece: Uint8Array): Promise<void> {
    const { limits, throttle } = this.#options;
    const { signal } = this.#attempt;
    if (this.#download.bytes + piece.length > limits.maxBytes) throw tooLarge('The archive', limits.maxBytes);
    await this.#attempt.aside(this.#download.append(piece));
    if (throttle !== undefined) await this.#attempt.aside(throttle.take(piece.length, signal));
    signal.throwIfAborted();
  }
}

/** `what` is a noun: "The archive". */
export function tooLarge(what: string, maxBytes: number): FetchFault {
  const limit = maxBytes >= 1e6 ? `${Math.round(maxBytes / 1e6)} MB` : `${maxBytes} bytes`;
  return new FetchFault('UPDATE_TOO_LARGE', 'never', `${what} is larger than ${limit}.`, {
    hint: 'Check the address; updates.max_model_mb sets the limit of archives.',
  });
}
