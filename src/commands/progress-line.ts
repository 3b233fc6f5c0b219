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

const BAR_WIDTH = 24;
/** Terminals are rarely narrower. */
const LINE_WIDTH = 79;
const REDRAW_US = 100_000;
/** Carriage return, and erase to the end of the line. */
const CLEAR = '\r\x1b[K';

export class ProgressLine {
  readonly #options: ProgressOptions;
  readonly #startedUs: number;
  #done = 0;
  #detail = '';
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
    this.#drawSometimes();
  }

  /** What is being worked on at the moment, such as a frame of a long video. */
  detail(text: string): void {
    this.#detail = text;
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
    const elapsedMs = (clock.monotonicUs() - this.#startedUs) / 1000;
    const text = progressText({ done: this.#done, total, noun, detail: this.#detail, elapsedMs });
    io.err(`${CLEAR}${text}`);
    this.#drawnUs = clock.monotonicUs();
  }
}

export interface Progress {
  done: number;
  total: number;
  noun: string;
  detail: string;
  elapsedMs: number;
}

/** `█████░░░  3/12 files, 40 s left, frame 120`. The time left is known once the first is done. */
export function progressText({ done, total, noun, detail, elapsedMs }: Progress): string {
  const filled = total === 0 ? 0 : Math.round((BAR_WIDTH * done) / total);
  const parts = [`${done}/${total} ${noun}`];
  if (done > 0 && done < total) parts.push(`${duration((elapsedMs / done) * (total - done))} left`);
  if (detail !== '') parts.push(printable(detail));
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  return `${bar} ${parts.join(', ')}`.slice(0, LINE_WIDTH);
}

function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
