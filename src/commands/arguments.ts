/** Parsers of option values, for commander: a wrong value is a usage error that says what is expected. */
import { InvalidArgumentError } from 'commander';

/** As many as a configuration may ask for; each thread is a real one. */
export const MAX_THREADS = 256;

/** A commander parser for a whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,9}$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };
}

/** A commander parser for a number of seconds from `least` to `most`, with or without a fraction. */
export function seconds(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,9}(\.\d{1,9})?$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
    return value;
  };
}

export function fraction(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value > 1)
    throw new InvalidArgumentError('It must be a number from 0 to 1.');
  return value;
}

/** A commander parser for one of several words. */
export function oneOf<T extends string>(words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`);
    return word;
  };
}

/** No table of results is longer in any direction. */
const MAX_LIST = 16;

/** A commander parser for a list with commas, each part by `parse`; what is named twice counts once. */
export function listOf<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => {
    const parts = text.split(',');
    if (parts.length > MAX_LIST)
      throw new InvalidArgumentError(`It must be a list of ${MAX_LIST} at most, with commas between.`);
    return [...new Set(parts.map((part) => parse(part.trim())))];
  };
}
