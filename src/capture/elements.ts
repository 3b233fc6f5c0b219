/**
 * Which GStreamer elements this machine has, asked once per process from `gst-inspect-1.0` so that the
 * question needs no native binding and can be answered by the command line too.
 */
import { spawn } from 'node:child_process';
import { DetectdError, systemCode } from '../base/errors.js';

export interface ElementSet {
  has(name: string): boolean;
}

export interface FindElementsOptions {
  /** The program to ask; it prints one `plugin:  element: description` line per element. */
  program?: string;
  timeoutMs?: number;
}

const MAX_LISTING_BYTES = 8 * 1024 * 1024;
const INSTALL_HINT =
  'Install it: apt-get install gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good ' +
  'gstreamer1.0-plugins-bad gstreamer1.0-libav.';

const found = new Map<string, Promise<ElementSet>>();

/**
 * The elements of this machine; the listing is made once per process and program. Throws
 * GSTREAMER_MISSING when `gst-inspect-1.0` is missing, hangs or lists nothing; a failure is not cached.
 */
export function findElements(options: FindElementsOptions = {}): Promise<ElementSet> {
  const { program = 'gst-inspect-1.0', timeoutMs = 30_000 } = options;
  const known = found.get(program);
  if (known !== undefined) return known;
  const search = list(program, timeoutMs).then((text) => {
    const names = parseElementList(text);
    if (names.size === 0) throw missing(`"${program}" lists no elements.`);
    return names;
  });
  found.set(program, search);
  search.catch(() => found.delete(program));
  return search;
}

/** Element names in the listing of `gst-inspect-1.0`: lines of the form `plugin:  element: description`. */
export function parseElementList(text: string): Set<string> {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    // Type finders have the same form but end in file suffixes; device providers are no elements either.
    const match = /^[\w.+-]+: {1,2}([A-Za-z][\w+-]*): (?!.*GstDeviceProviderFactory)/.exec(line);
    if (match?.[1] !== undefined && !line.startsWith('typefindfunctions:')) names.add(match[1]);
  }
  return names;
}

function list(program: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [], {
      stdio: ['ignore', 'pipe', 'ignore'],
      // Descriptions must not be translated, nor coloured.
      env: { ...process.env, LC_ALL: 'C.UTF-8', GST_INSPECT_NO_COLORS: '1', TERM: 'dumb' },
    });
    const parts: Buffer[] = [];
    let bytes = 0;
    let failure: string | undefined;
    const give = (reason: string) => {
      failure ??= reason;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => give(`"${program}" did not answer in ${timeoutMs} ms.`), timeoutMs);
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > MAX_LISTING_BYTES) give(`"${program}" printed more than a listing of elements.`);
      else parts.push(part);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      const why = systemCode(error) === 'ENOENT' ? 'is not installed' : `cannot be run: ${error.message}`;
      reject(missing(`"${program}" ${why}.`));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (failure !== undefined) reject(missing(failure));
      else if (code !== 0) reject(missing(`"${program}" ended with ${signal ?? `status ${code}`}.`));
      else resolve(Buffer.concat(parts).toString('utf8'));
    });
  });
}

function missing(message: string): DetectdError {
  return new DetectdError('GSTREAMER_MISSING', message, INSTALL_HINT);
}
