/**
 * Values inside a GStreamer pipeline description, and secrets out of it. A path or address may hold
 * anything; it must reach its element unchanged and never become syntax.
 */
import { DetectdError } from '../base/errors.js';

const PLAIN = /^[A-Za-z0-9_./:@?&=%*~+#-]+$/;

/**
 * `property=value` for gst_parse_launch. Everything but plain characters goes in GStreamer's own string
 * form (quotes, backslashes, octal bytes) and that once more behind backslashes: the parser's quoted form
 * cannot hold a value that ends in a backslash, its bare form none with a line break or a leading quote.
 */
export function property(name: string, value: string | number | boolean): string {
  const text = String(value);
  if (PLAIN.test(text)) return `${name}=${text}`;
  if (text.includes('\0')) {
    throw new DetectdError('PIPELINE_INVALID', `The value of "${name}" holds a NUL character.`, 'Remove it.');
  }
  let quoted = '\\"';
  for (const byte of Buffer.from(text, 'utf8')) quoted += escapedByte(byte);
  return `${name}=${quoted}\\"`;
}

function escapedByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z0-9_./:-]/.test(character)) return character;
  // A space, too: gst-launch-1.0 would put one more backslash before it.
  if (byte <= 0x20 || byte > 0x7e) return `\\\\${byte.toString(8).padStart(3, '0')}`;
  return `\\\\\\${character}`;
}

/** What an appsink has and a fakesink has not. */
const OF_APPSINK = /^(?:drop|max-buffers|wait-on-eos)=/;

/**
 * A pipeline in launch syntax as a command of a shell: each word of it is one argument, and no more than that. Nobody takes
 * pictures from it, so it ends in fakesinks: an appsink would wait for somebody at the end of the stream.
 */
export function launchCommand(text: string): string {
  const words = text.match(/(?:\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"|[^\s"\\])+/g) ?? [];
  const plain = words
    .filter((word) => !OF_APPSINK.test(word))
    .map((word) => word.replace(/^appsink$/, 'fakesink'));
  return ['gst-launch-1.0', ...plain.map(shellWord)].join(' ');
}

function shellWord(word: string): string {
  return word === '!' || /^[\w./:=,%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const SECRET_KEYS =
  'user-id|user-pw|proxy-id|proxy-pw|passwd|password|pass|pwd|token|secret|auth|api_?key|key';

/**
 * The text with user names and passwords of addresses, and the values of parameters and properties that
 * sound like secrets, replaced by `***`. For logs, reports and error messages.
 */
export function maskSecrets(text: string): string {
  return (
    text
      // Up to the last "@": a password may hold "/", "?" or "@" that should have been percent-encoded.
      .replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s"']*@/gi, '$1***@')
      .replace(new RegExp(`(^|[\\s?&;])(${SECRET_KEYS})=("[^"]*"|[^\\s&;"]+)`, 'gi'), '$1$2=***')
  );
}
