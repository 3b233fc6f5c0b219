/** How much is kept, for each level: numbers that travel with every write, so that nothing has to be counted at a start. */
import { LEVELS, type Level } from './stored-message.js';

export class Tally {
  readonly #counts: number[] = LEVELS.map(() => 0);
  readonly #bytes: number[] = LEVELS.map(() => 0);

  get count(): number {
    return sum(this.#counts);
  }

  get bytes(): number {
    return sum(this.#bytes);
  }

  countOf(level: Level): number {
    return this.#counts[level] ?? 0;
  }

  add(level: Level, bytes: number): void {
    this.#change(level, 1, bytes);
  }

  remove(level: Level, bytes: number): void {
    this.#change(level, -1, -bytes);
  }

  clear(): void {
    this.#counts.fill(0);
    this.#bytes.fill(0);
  }

  /** The level whose oldest messages go first when there is no room; undefined when only announcements of losses are left. */
  get leastValuable(): Level | undefined {
    return LEVELS.find((level) => level < 4 && this.countOf(level) > 0);
  }

  /** [count, bytes] by level. */
  toRows(): [number, number][] {
    return LEVELS.map((level) => [this.#counts[level] ?? 0, this.#bytes[level] ?? 0]);
  }

  /** Takes over what toRows() gave; what is not that counts as nothing. */
  fromRows(rows: unknown): void {
    this.clear();
    if (!Array.isArray(rows)) return;
    for (const level of LEVELS) {
      const [count, bytes] = Array.isArray(rows[level]) ? rows[level] : [0, 0];
      this.#change(level, natural(count), natural(bytes));
    }
  }

  #change(level: Level, count: number, bytes: number): void {
    this.#counts[level] = Math.max(0, this.countOf(level) + count);
    this.#bytes[level] = this.#counts[level] === 0 ? 0 : Math.max(0, (this.#bytes[level] ?? 0) + bytes);
  }
}

function natural(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
