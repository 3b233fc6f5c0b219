/**
 * Text that comes from elsewhere (labels, file names, words of a peer) made fit for a terminal: control
 * characters could otherwise move the cursor, rename the window or hide what was said.
 */

/** C0 and C1 controls, line separators, and characters that turn the direction of writing. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** One line: every unsafe character, line breaks included, as its escape (`\x1b`, `\u202e`). */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** The same for a text of several lines, which keeps its line breaks. */
export function printableText(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** A value as JSON in one line; unsafe characters that JSON lets through (C1 controls and such) are escaped in its way. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  if (character === '\n') return '\\n';
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
}
