/**
 * Fields of messages that anybody may have written: each is asked for as what it has to be and is undefined otherwise.
 * Text comes out fit for a terminal and of bounded length, lists and records of bounded size.
 */
import { printable } from '../base/printable.js';

/** Of one message, or of one object in it. */
export class Fields {
  readonly #fields: Record<string, unknown>;

  /** Anything that is no object has no fields. */
  constructor(value: unknown) {
    this.#fields =
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : {};
  }

  text(name: string): string | undefined {
    return textOf(this.#get(name));
  }

  number(name: string): number | undefined {
    const value = this.#get(name);
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }

  /** Milliseconds since the epoch of an RFC 3339 date. */
  date(name: string): number | undefined {
    const value = this.#get(name);
    const ms = typeof value === 'string' && value.length < 64 ? Date.parse(value) : Number.NaN;
    return Number.isNaN(ms) ? undefined : ms;
  }

  /** An object within; one without fields where there is none. */
  within(name: string): Fields {
    return new Fields(this.#get(name));
  }

  /** Whether it is true. */
  flag(name: string): boolean {
    return this.#get(name) === true;
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  /** The names in an object and what is there, the first `most` of them. */
  entries(most = MOST): [name: string, value: unknown][] {
    return Object.keys(this.#fields)
      .slice(0, most)
      .map((name) => [textOf(name) as string, this.#fields[name]]);
  }

  list(name: string, most = MOST): unknown[] {
    const value = this.#get(name);
    return Array.isArray(value) ? value.slice(0, most) : [];
  }

  /** Undefined where there is no list, or nothing but gaps in it. */
  figures(name: string): (number | null)[] | undefined {
    const value = this.#get(name);
    if (!Array.isArray(value)) return undefined;
    const found = value
      .slice(-MOST)
      .map((each) => (typeof each === 'number' && Number.isFinite(each) ? each : null));
    return found.some((each) => each !== null) ? found : undefined;
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }
}

const MOST = 1024;
const MOST_CHARACTERS = 500;

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? printable(value.slice(0, MOST_CHARACTERS)) : undefined;
}
