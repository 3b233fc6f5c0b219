/**
 * How far a command has come, as the last line of a terminal. It goes to standard error and steps aside for
 * every line of results, wherever those go.
 */
import type { Clock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { printable } from '../base/printable.js';

export interface ProgressOptions {
  io: CommandIo;
  clock: Clock;
  total: number;
  /** What is counted: "files". */
  noun: string;
  /** False for work that is over in a moment. */
  worthwhile: boolean;
}

/** How far the work on one of several has come. */
export interface Within {
  done: number;
  /** Undefined where nobody knows. */
  total: number | undefined;
  /** What is counted: "frames". */
  noun: string;
}

/** A rate over less time is noise. */
const RATE_MS = 1000;
const BAR_WIDTH = 24;
/** Where nobody knows. */
const COLUMNS = 80;
const REDRAW_US = 100_000;
/** Carriage return, and erase to the end of the line. */
const CLEAR = '\r\x1b[K';

export class ProgressLine {
  readonly #options: ProgressOptions;
  readonly #startedUs: number;
  #done = 0;
  #detail = '';
  #within: (Within & { sinceUs: number }) | undefined;
  /** Of the current one, where it is known otherwise. */
  #part = 0;
  #drawnUs: number | undefined;

  /** Shows nothing where standard error is no terminal. */
  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#startedUs = options.clock.monotonicUs();
    this.#draw();
  }

  /** One more is done. */
  advance(): void {
    this.#done += 1;
    this.#detail = '';
    this.#within = undefined;
    this.#part = 0;
    this.#drawSometimes();
  }

  /** What is being worked on, and the part of it that is done, 0 to 1. */
  part(part: number, text: string): void {
    this.#part = part;
    this.detail(text);
  }

  /** What is being worked on at the moment. */
  detail(text: string): void {
    this.#detail = text;
    this.#drawSometimes();
  }

  /** How far the work on the current one has come, such as the frames of a long video. */
  within(within: Within): void {
    const sinceUs = this.#within?.sinceUs ?? this.#options.clock.monotonicUs();
    this.#within = { ...within, sinceUs };
    this.#drawSometimes();
  }

  /** Writes a line of results. */
  out(text: string): void {
    const { io } = this.#options;
    if (io.isTerminal) this.#aside(() => io.out(text));
    else io.out(text);
  }

  /** Writes to standard error. */
  err(text: string): void {
    this.#aside(() => this.#options.io.err(text));
  }

  close(): void {
    if (this.#drawnUs !== undefined) this.#options.io.err(CLEAR);
    this.#drawnUs = undefined;
  }

  #aside(write: () => void): void {
    this.close();
    write();
    this.#draw();
  }

  #drawSometimes(): void {
    const sinceUs = this.#options.clock.monotonicUs() - (this.#drawnUs ?? 0);
    if (this.#drawnUs === undefined || sinceUs >= REDRAW_US) this.#draw();
  }

  #draw(): void {
    const { io, clock, total, noun, worthwhile } = this.#options;
    if (!io.errIsTerminal || !worthwhile) return;
    const nowUs = clock.monotonicUs();
    const within =
      this.#within === undefined
        ? undefined
        : { ...this.#within, elapsedMs: (nowUs - this.#within.sinceUs) / 1000 };
    const elapsedMs = (nowUs - this.#startedUs) / 1000;
    const now = { done: this.#done, part: this.#part, detail: this.#detail, within, elapsedMs };
    const text = progressText({ ...now, total, noun, columns: io.errColumns?.() || COLUMNS });
    io.err(`${CLEAR}${text}`);
    this.#drawnUs = clock.monotonicUs();
  }
}

export interface Progress {
  done: number;
  total: number;
  noun: string;
  detail: string;
  within: (Within & { elapsedMs: number }) | undefined;
  /** Of the current one, 0 to 1; 0 by default. */
  part?: number;
  elapsedMs: number;
  /** Of the terminal; a line that wraps could not be erased. 80 by default. */
  columns?: number;
}

/**
 * `█████░░░  3/12 files, frames 120/795, 31/s, 40 s left`; for a single one that has parts only these count:
 * `█████░░░  120/795 frames, 31/s, 22 s left`. The time left is known once some of the work is done.
 */
export function progressText({
  done,
  total,
  noun,
  detail,
  within,
  part: known = 0,
  elapsedMs,
  columns = COLUMNS,
}: Progress): string {
  const part = within?.total === undefined ? known : Math.min(1, within.done / Math.max(1, within.total));
  const share = total === 0 ? 0 : Math.min(1, (done + part) / total);
  const parts: string[] = [];
  if (within === undefined || total > 1) parts.push(`${done}/${total} ${noun}`);
  if (within !== undefined) {
    const count = within.total === undefined ? `${within.done}` : `${within.done}/${within.total}`;
    parts.push(total > 1 ? `${within.noun} ${count}` : `${count} ${within.noun}`);
    if (within.elapsedMs >= RATE_MS) parts.push(rate((1000 * (within.done - 1)) / within.elapsedMs));
  }
  if (share > 0 && share < 1) parts.push(`${duration((elapsedMs / share) * (1 - share))} left`);
  if (detail !== '') parts.push(printable(detail));
  const width = Math.max(0, columns - 1);
  const text = parts.join(', ');
  // Words tell more than the bar.
  const barWidth = Math.min(BAR_WIDTH, Math.max(0, width - text.length - 1));
  const filled = Math.round(barWidth * share);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  return (bar === '' ? text : `${bar} ${text}`).slice(0, width);
}

function rate(perSecond: number): string {
  return `${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`;
}

function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
