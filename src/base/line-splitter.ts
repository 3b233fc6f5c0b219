/**
 * Lines out of the pieces in which a stream delivers them. A line without an end cannot grow without one: what is
 * beyond the limit is left out.
 */
import { StringDecoder } from 'node:string_decoder';

export class LineSplitter {
  readonly #maxLength: number;
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** `onLine` gets each line without its end, cut at `maxLength` characters. */
  constructor(maxLength: number, onLine: (line: string) => void) {
    this.#maxLength = maxLength;
    this.#onLine = onLine;
  }

  push(piece: Buffer): void {
    const lines = this.#decoder.write(piece).split('\n');
    lines[0] = this.#rest + (lines[0] ?? '');
    const rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(this.#cut(line.endsWith('\r') ? line.slice(0, -1) : line));
    this.#rest = this.#cut(rest);
  }

  /** The stream has ended: what has no end of line is a line too. */
  end(): void {
    if (this.#rest !== '') this.#onLine(this.#rest);
    this.#rest = '';
  }

  #cut(line: string): string {
    return line.length > this.#maxLength ? line.slice(0, this.#maxLength) : line;
  }
}
