/**
 * A terminal taken over for a while: the alternate screen, drawn anew as a whole without flicker, and keys as they are
 * typed. Whatever ends the program, the terminal is given back as it was.
 */
import type { ReadStream, WriteStream } from 'node:tty';

/** The parts of the process that this needs. */
export interface TerminalStreams {
  stdin: Pick<ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>;
  stdout: Pick<WriteStream, 'write' | 'columns' | 'rows' | 'on' | 'off' | 'writableLength'>;
  on(event: 'exit', listener: () => void): unknown;
  off(event: 'exit', listener: () => void): unknown;
}

export interface LiveScreenOptions {
  streams: TerminalStreams;
  /** `q`, Ctrl-C, or the terminal is gone. */
  quit: (how: 'q' | 'ctrl-c' | 'gone') => void;
  resized: () => void;
}

/** Alternate screen, no cursor, lines are cut and not wrapped at the margin. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const ERASE_TO_END_OF_LINE = '\x1b[K';
const ERASE_BELOW = '\x1b[J';
/** A terminal that does not take what it has got is not given more. */
const MAX_QUEUED_BYTES = 64 * 1024;

export class LiveScreen {
  readonly #options: LiveScreenOptions;
  #open = false;

  constructor(options: LiveScreenOptions) {
    this.#options = options;
  }

  get columns(): number {
    return Math.max(20, this.#options.streams.stdout.columns || 80);
  }

  get rows(): number {
    return Math.max(4, this.#options.streams.stdout.rows || 24);
  }

  start(): void {
    const { stdin, stdout } = this.#options.streams;
    this.#open = true;
    this.#options.streams.on('exit', this.#restore);
    stdout.on('resize', this.#options.resized);
    stdout.write(ENTER);
    if (stdin.isTTY !== true) return;
    stdin.setRawMode(true);
    stdin.on('data', this.#typed);
    stdin.on('end', this.#gone);
    stdin.on('error', this.#gone);
    stdin.resume();
  }

  /** Replaces what is shown; a line more than there are rows is left out. */
  draw(lines: readonly string[]): void {
    const { stdout } = this.#options.streams;
    if (!this.#open || stdout.writableLength > MAX_QUEUED_BYTES) return;
    const text = lines
      .slice(0, this.rows)
      .map((each) => `${each}${ERASE_TO_END_OF_LINE}`)
      .join('\r\n');
    stdout.write(`${HOME}${text}${ERASE_BELOW}`);
  }

  /** Gives the terminal back, at once. */
  close(): void {
    this.#restore();
  }

  readonly #restore = (): void => {
    if (!this.#open) return;
    this.#open = false;
    const { streams } = this.#options;
    const { stdin, stdout } = streams;
    streams.off('exit', this.#restore);
    stdout.off('resize', this.#options.resized);
    if (stdin.isTTY === true) {
      stdin.off('data', this.#typed);
      stdin.off('end', this.#gone);
      // A terminal that hung up reports an error to whoever looks away.
      stdin.on('error', () => {});
      try {
        stdin.setRawMode(false);
      } catch {
        // It is gone, and its mode with it.
      }
      stdin.pause();
    }
    stdout.write(LEAVE);
  };

  readonly #typed = (typed: Buffer | string): void => {
    // Of an escape sequence, such as that of an arrow key, no letter is meant.
    const keys = String(typed);
    if (keys.includes('\x03')) this.#options.quit('ctrl-c');
    else if (!keys.startsWith('\x1b') && /[qQ]/.test(keys)) this.#options.quit('q');
  };

  readonly #gone = (): void => this.#options.quit('gone');
}
