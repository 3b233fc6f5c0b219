/**
 * Which GStreamer elements this machine has, asked once per process from `gst-inspect-1.0` so that the
 * question needs no native binding and can be answered by the command line too.
 */
import { DetectdError } from '../base/errors.js';
import { programOutput } from '../base/program-output.js';
import type { PixelFormat } from '../core/frame.js';

export interface ElementSet {
  has(name: string): boolean;
}

/** Of frames. Jetson's converter delivers four channels to system memory and no three-channel format. */
export function pixelFormat(elements: ElementSet): PixelFormat {
  return elements.has('nvvidconv') ? 'RGBA' : 'RGB';
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

async function list(program: string, timeoutMs: number): Promise<string> {
  // Descriptions must not be coloured.
  const env = { ...process.env, GST_INSPECT_NO_COLORS: '1', TERM: 'dumb' };
  const answer = await programOutput(program, [], { timeoutMs, maxBytes: MAX_LISTING_BYTES, env });
  if (!answer.ok) throw missing(`"${program}" ${answer.reason}.`);
  return answer.stdout;
}

function missing(message: string): DetectdError {
  return new DetectdError('GSTREAMER_MISSING', message, INSTALL_HINT);
}
