/**
 * Lines for a terminal as data: pieces of text with a meaning, which become colours, or nothing, at the very end.
 * There, too, what came from elsewhere is made harmless, and what the terminal cannot show is written in ASCII.
 */
import { printable } from '../base/printable.js';

export type Tone = 'strong' | 'dim' | 'good' | 'warn' | 'bad';

export interface Span {
  text: string;
  tone?: Tone | undefined;
}

export type Line = readonly Span[];

export interface Looks {
  colour: boolean;
  unicode: boolean;
}

const CODES: Record<Tone, string> = { strong: '1', dim: '2', good: '32', warn: '33', bad: '1;31' };

const ASCII: Record<string, string> = {
  '…': '~',
  '–': '-',
  '°': '',
  '▁': '_',
  '▂': '.',
  '▃': '-',
  '▄': '=',
  '▅': '+',
  '▆': '*',
  '▇': '%',
  '█': '#',
};

export function span(text: string, tone?: Tone): Span {
  return { text, tone };
}

/** Pieces one after another, with nothing between. */
export function line(...pieces: (Span | string)[]): Line {
  return pieces.map((piece) => (typeof piece === 'string' ? { text: piece } : piece));
}

export function lineLength(pieces: Line): number {
  return pieces.reduce((sum, { text }) => sum + text.length, 0);
}

/** At most `width` characters; what was cut off shows as an ellipsis. */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width < 1 ? '' : `${text.slice(0, width - 1).trimEnd()}…`;
}

export function cutLine(pieces: Line, width: number): Line {
  const kept: Span[] = [];
  let room = width;
  for (const piece of pieces) {
    if (room <= 0) break;
    kept.push({ ...piece, text: cut(piece.text, room) });
    room -= piece.text.length;
  }
  return kept;
}

/** Words in lines of `width`; those after the first begin with `indent` blanks. No more than `most` lines. */
export function wrapped(text: string, width: number, indent = 0, most = 50): string[] {
  const lines: string[] = [];
  const margin = ' '.repeat(Math.min(indent, Math.max(0, width - 8)));
  let current = '';
  const words = text.split(' ').filter((word) => word !== '');
  for (const [index, word] of words.entries()) {
    const candidate = current === '' ? (lines.length > 0 ? margin : '') + word : `${current} ${word}`;
    if (candidate.length <= width || current === '') {
      current = candidate;
      continue;
    }
    if (lines.length === most - 1) {
      lines.push(cut(`${current} ${words.slice(index).join(' ')}`, width));
      return lines;
    }
    lines.push(current);
    current = margin + word;
  }
  if (current !== '') lines.push(current);
  return lines.map((each) => cut(each, width));
}

/** What is written to the terminal, without a line break. */
export function rendered(pieces: Line, { colour, unicode }: Looks): string {
  const text = pieces
    .map((piece) => {
      const plain = unicode ? printable(piece.text) : inAscii(printable(piece.text));
      return colour && piece.tone !== undefined ? `\x1b[${CODES[piece.tone]}m${plain}\x1b[0m` : plain;
    })
    .join('');
  return text.trimEnd();
}

function inAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) => ASCII[character] ?? '?');
}

/** By what the environment says of the terminal: https://no-color.org, and the locale. */
export function looks(env: NodeJS.ProcessEnv, isTerminal: boolean): Looks {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return {
    colour: isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    unicode: /utf-?8/i.test(locale),
  };
}
