/**
 * Where in the YAML text each key and value stands, read from the parser's events, so that every
 * problem is reported with its line and column. Finds duplicate keys on the way.
 */
import { EVENT_ID, type Event, getScalarValue, SCALAR_STYLE, type ScalarEvent } from 'js-yaml';
import type { ConfigPath, Finding } from './problem.js';

interface Place {
  key: number;
  value: number;
}

interface Level {
  kind: 'mapping' | 'sequence' | 'document';
  path: (string | number)[];
  /** The key whose value comes next; undefined when a key is due. */
  key?: { name: string; offset: number } | undefined;
  /** Keys of a mapping so far, with their offsets. */
  seen: Map<string, number>;
  items: number;
}

export class Positions {
  /** Keys that appear twice in their mapping. */
  readonly duplicates: { offset: number; finding: Finding }[] = [];
  readonly #places = new Map<string, Place>();
  readonly #lineStarts: number[] = [0];

  constructor(text: string, events: readonly Event[]) {
    for (const match of text.matchAll(/\r\n|\n|\r/g)) this.#lineStarts.push(match.index + match[0].length);
    this.#read(text, events);
  }

  /** Line and column, both from 1, of an offset into the text. */
  at(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: Math.max(0, offset - (this.#lineStarts[low] ?? 0)) + 1 };
  }

  /** Place of a key or its value; of the nearest enclosing key when it is not written in the file. */
  of(path: ConfigPath, part: 'key' | 'value'): { line: number; column: number } {
    const whole = this.#places.get(JSON.stringify(path));
    if (whole !== undefined) return this.at(part === 'key' ? whole.key : whole.value);
    for (let length = path.length - 1; length > 0; length--) {
      const place = this.#places.get(JSON.stringify(path.slice(0, length)));
      if (place !== undefined) return this.at(place.key);
    }
    return { line: 1, column: 1 };
  }

  #read(text: string, events: readonly Event[]): void {
    const levels: Level[] = [];
    for (const event of events) {
      if (event.type === EVENT_ID.POP) {
        levels.pop();
        continue;
      }
      if (event.type === EVENT_ID.DOCUMENT) {
        levels.push(newLevel('document', []));
        continue;
      }
      const level = levels.at(-1);
      if (level === undefined) return;
      const offset = startOf(event, text);
      const path = this.#place(text, level, event, offset);
      if (event.type === EVENT_ID.MAPPING) levels.push(newLevel('mapping', path));
      if (event.type === EVENT_ID.SEQUENCE) levels.push(newLevel('sequence', path));
    }
  }

  /** Notes where a node stands and returns its path. */
  #place(text: string, level: Level, event: Event, offset: number): (string | number)[] {
    if (level.kind === 'document') return level.path;
    if (level.kind === 'sequence') {
      const path = [...level.path, level.items++];
      this.#places.set(JSON.stringify(path), { key: offset, value: offset });
      return path;
    }
    if (level.key === undefined) {
      const name = event.type === EVENT_ID.SCALAR ? getScalarValue(text, event) : '';
      level.key = { name, offset };
      return level.path;
    }
    const { name, offset: keyOffset } = level.key;
    level.key = undefined;
    const path = [...level.path, name];
    // Of two equal keys the last is in force, so its place counts.
    this.#places.set(JSON.stringify(path), { key: keyOffset, value: offset < 0 ? keyOffset : offset });
    const first = level.seen.get(name);
    if (first === undefined) {
      level.seen.set(name, keyOffset);
    } else {
      const message = `duplicate key "${name}", given already on line ${this.at(first).line}`;
      this.duplicates.push({ offset: keyOffset, finding: { path, at: 'key', message } });
    }
    return path;
  }
}

function newLevel(kind: Level['kind'], path: (string | number)[]): Level {
  return { kind, path, seen: new Map(), items: 0 };
}

function startOf(event: Event, text: string): number {
  switch (event.type) {
    case EVENT_ID.SCALAR:
      return scalarStart(event, text);
    case EVENT_ID.ALIAS:
      return event.anchorStart - 1;
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    default:
      return -1;
  }
}

/** Offsets of a scalar are those of its content: quotes and block markers stand before it. */
function scalarStart(event: ScalarEvent, text: string): number {
  if (event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED) {
    return event.valueStart - 1;
  }
  if (event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK) {
    const marker = Math.max(text.lastIndexOf('|', event.valueStart), text.lastIndexOf('>', event.valueStart));
    return marker < 0 ? event.valueStart : marker;
  }
  return event.valueStart;
}
