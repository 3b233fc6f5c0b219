/**
 * One fact about the machine, looked for in several places in turn. Whatever the places hold, the outcome is
 * the first good value and where it came from, or what was tried in vain.
 */
import type { Clock } from '../base/clock.js';
import { printable } from '../base/printable.js';
import { fileReason } from './system-files.js';

export interface Fact {
  value: string | undefined;
  /** Where the value came from, or what was tried. */
  source: string;
}

/** A place where a fact may be; `look` gives undefined when it does not say, and may throw. */
export interface Place {
  name: string;
  look: () => Promise<string | Fact | undefined> | string | Fact | undefined;
}

/** No version, name or mode is longer. */
const MAX_LENGTH = 200;

export function known(value: string, source: string): Fact {
  return { value: presentable(value), source: presentable(source) };
}

export function unknown(source: string): Fact {
  return { value: undefined, source: printable(source) };
}

/** Never rejects. */
export async function firstOf(places: readonly Place[]): Promise<Fact> {
  const tried: string[] = [];
  for (const { name, look } of places) {
    try {
      const found = await look();
      const { value, source } = typeof found === 'string' ? { value: found, source: name } : (found ?? {});
      if (value !== undefined && value.trim() !== '') return known(value, source ?? name);
      tried.push(found === undefined || typeof found === 'string' ? `${name}: does not say` : `${source}`);
    } catch (error) {
      tried.push(`${name}: ${fileReason(error)}`);
    }
  }
  return unknown(tried.length === 0 ? 'nowhere to look' : tried.join('; '));
}

/** A file system that hangs must not hang the question: after `ms` there is only a reason. Never rejects. */
export function within<T>(
  ms: number,
  clock: Clock,
  search: Promise<T>,
  otherwise: (reason: string) => T,
): Promise<T> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, () => resolve(otherwise(`no answer in ${ms} ms`)), { background: true });
    const settle = (outcome: T): void => {
      timer.cancel();
      resolve(outcome);
    };
    search.then(settle, (error: unknown) => settle(otherwise(fileReason(error))));
  });
}

/** One line without control characters: it goes to a terminal and to a broker. */
function presentable(text: string): string {
  const line = printable(text.replace(/\s+/g, ' ').trim());
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line;
}
