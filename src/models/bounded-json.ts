/**
 * JSON that a stranger may have written: bounded in depth and number of values before anyone walks it, without numbers
 * that JSON cannot hold and without the one key that would reach into every object.
 */
import type { Json } from '../base/canonical-json.js';

export interface JsonBounds {
  mostDepth: number;
  mostValues: number;
}

/** `large` is beyond the bounds. `clause` follows the name of what was read. */
export type ParsedJson = { value: Json } | { refused: 'large' | 'malformed'; clause: string };

/** The caller bounds the length of the text. Pure, never throws. */
export function parseBoundedJson(text: string, { mostDepth, mostValues }: JsonBounds): ParsedJson {
  // Looked at before it is parsed: brackets alone can nest as deep as the text is long.
  const { depth, values } = measure(text);
  if (depth > mostDepth) return { refused: 'large', clause: `is nested deeper than ${mostDepth} levels` };
  if (values > mostValues) return { refused: 'large', clause: `holds more than ${mostValues} values` };
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return { refused: 'malformed', clause: 'is not valid JSON' };
  }
  const clause = strange(value);
  return clause === undefined ? { value } : { refused: 'malformed', clause };
}

/** Brackets and commas outside of strings: an upper bound of what parsing yields. */
function measure(text: string): { depth: number; values: number } {
  let depth = 0;
  let deepest = 0;
  let values = 1;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      deepest = Math.max(deepest, depth);
      values += 1;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
    else if (code === 0x2c) values += 1;
  }
  return { depth: deepest, values };
}

function strange(value: Json): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'holds a number that is too large';
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, '__proto__')) return 'holds the key "__proto__"';
  for (const item of Object.values(value) as Json[]) {
    const clause = strange(item);
    if (clause !== undefined) return clause;
  }
  return undefined;
}
