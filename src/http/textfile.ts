/**
 * Metrics as a file for node_exporter's textfile collector, for devices that are scraped through that alone. The file
 * goes with the daemon: the collector would show the last figures for ever.
 */
import { chmod, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.js';
import type { Clock, Timer } from '../base/clock.js';
import { messageOf, systemCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { RepeatedFault } from '../base/repeated-fault.js';
import { HEALTHY, type Health, type Service } from '../core/service.js';

export interface TextfileOptions {
  /** Absolute. */
  path: string;
  /** What is written, in Prometheus' text format. */
  text: () => Promise<string>;
  clock: Clock;
  log: Logger;
}

const EVERY_MS = 60_000;
const TELL_AGAIN_MS = 3_600_000;

export class Textfile implements Service {
  readonly name = 'textfile';
  readonly #options: TextfileOptions;
  readonly #faults: RepeatedFault;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #fault: string | undefined;

  constructor(options: TextfileOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#faults = new RepeatedFault({
      clock,
      intervalMs: TELL_AGAIN_MS,
      report: (fault, reason, count) => log.warn({ reason, count }, fault),
    });
  }

  /** Writes at once and then every minute. Never rejects; a failure is told by health() and tried again. */
  async start(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#timer = this.#options.clock.every(EVERY_MS, () => void this.#write(), { background: true });
    await this.#write();
  }

  health(): Health {
    return this.#fault === undefined ? HEALTHY : { state: 'degraded', reason: this.#fault };
  }

  /** Removes the file. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#writing;
    try {
      await rm(this.#options.path, { force: true });
    } catch (error) {
      this.#options.log.warn({ reason: messageOf(error) }, `${this.#options.path} cannot be removed`);
    }
  }

  /** One at a time: a disk that hangs is not written to again. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeOnce().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeOnce(): Promise<void> {
    const { path, text } = this.#options;
    try {
      // Where the collector's folder is missing, another one would help nobody.
      await stat(dirname(path));
      await writeFileAtomic(path, await text());
      // The collector is another user, whatever our umask is.
      await chmod(path, 0o644);
      this.#fault = undefined;
      this.#faults.cured('metrics are not written');
    } catch (error) {
      this.#fault = writeFault(error, path);
      this.#faults.note('metrics are not written', this.#fault);
    }
  }
}

/** Why it is not written, and what to do. */
function writeFault(error: unknown, path: string): string {
  switch (systemCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EEXIST':
      return `${path} has no folder; make it, or set http.textfile to where node_exporter looks`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${path} may not be written; give the service its folder (chown, and ReadWritePaths= in the unit)`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `${path} cannot be written, the disk is full`;
    default:
      return `${path} cannot be written (${messageOf(error)})`;
  }
}
