/**
 * Reads `test:` sources: the patterns of GStreamer and the shapes that detectd draws itself. Their options are
 * numbers that end up in a pipeline description, so each has its limits here.
 */
import { printable } from '../base/printable.js';
import type { ShapesSource, Source } from '../core/source.js';
import { nearestKey } from './nearest-key.js';
import { refused } from './source-refusal.js';

/** Patterns of GStreamer's videotestsrc. */
export const TEST_PATTERNS = [
  ...['smpte', 'snow', 'black', 'white', 'red', 'green', 'blue', 'checkers-1', 'checkers-2', 'checkers-4'],
  ...['checkers-8', 'circular', 'blink', 'smpte75', 'zone-plate', 'gamut', 'chroma-zone-plate'],
  ...['solid-color', 'ball', 'smpte100', 'bar', 'pinwheel', 'spokes', 'gradient', 'colors'],
] as const;

interface Limit {
  least: number;
  most: number;
  /** Parts of one are fine. */
  fraction?: true;
}

/** Characters of an option's name that are repeated. */
const MOST_SHOWN = 40;

/** Larger pictures would only measure the memory of the machine. */
const PATTERN_LIMITS = {
  width: { least: 1, most: 8192 },
  height: { least: 1, most: 8192 },
  fps: { least: 1, most: 1000 },
} satisfies Record<string, Limit>;

/** What a scene can be drawn with. */
const SHAPES_LIMITS = {
  width: { least: 32, most: 8192 },
  height: { least: 32, most: 8192 },
  fps: { least: 1, most: 1000 },
  seed: { least: 0, most: 4_294_967_295 },
  objects: { least: 0, most: 64 },
  cut: { least: 0, most: 86_400, fraction: true },
  plain: { least: 0, most: 1 },
} satisfies Record<string, Limit>;

const SHAPES_DEFAULTS = { width: 640, height: 480, fps: 30, seed: 1, cut: 8, plain: 0 };

/** `rest` is what follows `test:`. Throws CONFIG_INVALID. */
export function parseTestSource(rest: string): Source {
  const [pattern = '', query = '', ...more] = rest.split('?');
  if (more.length > 0) throw refused('holds more than one "?"');
  if (pattern === 'shapes') return shapesSource(query);
  if (!TEST_PATTERNS.some((known) => known === pattern)) throw unknownPattern(pattern);
  return {
    kind: 'test',
    pattern,
    ...options(query, PATTERN_LIMITS, 'test patterns take width, height and fps'),
  };
}

function shapesSource(query: string): ShapesSource {
  const known = 'test:shapes takes width, height, fps, seed, objects, cut and plain';
  const { cut, objects, plain, ...rest } = { ...SHAPES_DEFAULTS, ...options(query, SHAPES_LIMITS, known) };
  return {
    kind: 'shapes',
    ...rest,
    cutSeconds: cut,
    plain: plain === 1,
    ...(objects === undefined ? {} : { objects }),
  };
}

function options<Key extends string>(
  query: string,
  limits: Record<Key, Limit>,
  known: string,
): Partial<Record<Key, number>> {
  const found: Partial<Record<Key, number>> = {};
  for (const [key, value] of new URLSearchParams(query)) {
    if (!Object.hasOwn(limits, key)) throw unknownOption(key, Object.keys(limits), known);
    if (Object.hasOwn(found, key)) throw refused(`has "${key}" more than once`);
    const { least, most, fraction } = limits[key as Key];
    const number = Number(value);
    const form = fraction ? /^\d{1,9}(\.\d{1,9})?$/ : /^\d{1,10}$/;
    if (!form.test(value) || number < least || number > most) {
      throw refused(`has a "${key}" that is no ${fraction ? '' : 'whole '}number from ${least} to ${most}`);
    }
    found[key as Key] = number;
  }
  return found;
}

function unknownOption(key: string, keys: string[], known: string): Error {
  const nearest = nearestKey(key, keys);
  const hint = nearest === undefined ? known : `did you mean "${nearest}"?`;
  return refused(`has an unknown option "${printable(key.slice(0, MOST_SHOWN))}": ${hint}`);
}

function unknownPattern(pattern: string): Error {
  const known = ['shapes', ...TEST_PATTERNS];
  const nearest = nearestKey(pattern, known);
  const hint = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"?`;
  return refused(`names no test pattern: ${hint}`);
}
