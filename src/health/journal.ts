/**
 * Tells systemd's journal of rare events, with fields. Node has no datagram sockets of Unix, so util-linux's
 * `logger --journald` sends each: one at a time, few a minute. Outside the journal nothing happens; no fault in here
 * reaches the daemon, and the log has a line of its own for each event, with its priority, in any case: where `logger`
 * cannot send fields that line is all there is.
 */
import { spawn } from 'node:child_process';
import type { Clock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { isJournal } from '../base/journal-stream.js';
import type { Logger } from '../base/logger.js';
import { RepeatedFault } from '../base/repeated-fault.js';
import { type JournalEvent, journalLines } from './journal-event.js';
import { childEnvironment } from './sd-notify.js';

/** Hands the lines of one event to the journal. */
export type JournalSender = (lines: string) => Promise<void>;

export interface JournalOptions {
  log: Logger;
  clock: Clock;
  env: NodeJS.ProcessEnv;
  /** By default, whether standard output is the journal. */
  present?: boolean;
  send?: JournalSender;
  /** Why events cannot be sent at all, asked before the first; by default, if `send` is, of the `logger` that there is. */
  obstacle?: () => Promise<string | undefined>;
}

/** More wait than this, and the oldest is left out. */
const MAX_WAITING = 16;
/** At most this many in a minute; a device that changes its state each second is in the log already. */
const MAX_PER_MINUTE = 30;
const MINUTE_US = 60_000_000;
const SEND_MS = 5_000;
const HELP_CHARACTERS = 16_384;

export class Journal {
  readonly #options: JournalOptions;
  readonly #faults: RepeatedFault;
  readonly #send: JournalSender;
  /** Undefined once it was asked. */
  #obstacle: (() => Promise<string | undefined>) | undefined;
  #present: boolean;
  readonly #waiting: string[] = [];
  /** When the latest were sent; at most MAX_PER_MINUTE. */
  #sentUs: number[] = [];
  #sending: Promise<void> | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#present = options.present ?? isJournal(1, options.env);
    this.#send = options.send ?? sendByLogger;
    this.#obstacle = options.obstacle ?? (options.send === undefined ? loggerObstacle : undefined);
    this.#faults = new RepeatedFault({
      clock: options.clock,
      report: (fault, detail, count) => options.log.info({ count, reason: messageOf(detail) }, fault),
    });
  }

  /** Returns at once. What is too much, or cannot be sent, is left out. */
  event(event: JournalEvent): void {
    if (!this.#present) return;
    const nowUs = this.#options.clock.monotonicUs();
    this.#sentUs = this.#sentUs.filter((sentUs) => nowUs - sentUs < MINUTE_US);
    if (this.#sentUs.length >= MAX_PER_MINUTE) {
      this.#faults.note('too many events for the journal', `${MAX_PER_MINUTE} a minute are the most`);
      return;
    }
    this.#sentUs.push(nowUs);
    this.#waiting.push(journalLines(event));
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    this.#sending ??= this.#drain();
  }

  /** Waits for what is being sent and the newest that waits: a second, some seconds at most. */
  async close(): Promise<void> {
    this.#waiting.splice(0, this.#waiting.length - 1);
    await this.#sending;
  }

  /** Beforehand, since sending would seem to succeed. */
  async #ask(obstacleOf: () => Promise<string | undefined>): Promise<void> {
    this.#obstacle = undefined;
    const obstacle = await obstacleOf();
    if (obstacle === undefined) return;
    this.#present = false;
    this.#waiting.length = 0;
    this.#options.log.warn(
      { reason: obstacle },
      'events have no fields of their own in the journal, only their lines of the log: util-linux with systemd is needed',
    );
  }

  async #drain(): Promise<void> {
    if (this.#obstacle !== undefined) await this.#ask(this.#obstacle);
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        await this.#send(next);
        this.#faults.cured('the journal could not be told');
      } catch (error) {
        this.#faults.note('the journal could not be told', error);
      }
    }
    this.#sending = undefined;
  }
}

/** Of old releases, of busybox, and of an util-linux without systemd; undefined when it can send fields. */
export function loggerObstacle(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('logger', ['--help'], {
      // Busybox says so on standard error.
      stdio: ['ignore', 'pipe', 'ignore'],
      env: childEnvironment(process.env),
      timeout: SEND_MS,
      killSignal: 'SIGKILL',
    });
    let help = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (help.length < HELP_CHARACTERS) help += text;
    });
    child.once('error', (error) => resolve(`logger cannot be run: ${messageOf(error)}`));
    child.once('close', () =>
      resolve(help.includes('--journald') ? undefined : "this machine's logger has no option --journald"),
    );
  });
}

/**
 * The journal finds the unit of a sender through /proc when it reads the datagram, and a process that has ended by then
 * belongs to none. So nobody collects `logger` for half a second: as long as it is a zombie, its unit is known. The text
 * is fixed; what is sent comes over standard input.
 */
const SEND_AND_LINGER =
  'command -v logger >/dev/null || exit 127; exec 3<&0; logger --journald <&3 & exec sleep 0.5';

/** Rejects when the programs cannot be started, or do not end in time. */
export function sendByLogger(lines: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', SEND_AND_LINGER], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // Only the supervising process speaks for the service.
      env: childEnvironment(process.env),
      timeout: SEND_MS,
      killSignal: 'SIGKILL',
    });
    child.once('error', reject);
    // A sender that ended early is told by its status.
    child.stdin.on('error', () => {});
    child.once('close', (status) =>
      status === 0 ? resolve() : reject(new Error(`the sender ended with ${status}`)),
    );
    child.stdin.end(lines);
  });
}
