/**
 * Reads a camera's one-line source. Every value ends up in a GStreamer pipeline description, so what
 * could break out of one (control characters; quotes and spaces in addresses) is refused here.
 */
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DetectdError } from '../base/errors.js';
import type { Codec, Source } from '../core/source.js';
import { nearestKey } from './nearest-key.js';
import { refused } from './source-refusal.js';
import { parseTestSource } from './test-source.js';

export interface SourceOptions {
  rtspTransport: 'tcp' | 'udp';
  rtspLatencyMs: number;
  /** How its pictures are coded; without, the camera is asked. */
  codec?: Codec;
  /** Relative file paths start here: the folder of the configuration file. */
  folder?: string;
}

const LONGEST = 4096;
type Parse = (rest: string, options: SourceOptions, whole: string) => Source;

const KINDS: Record<string, Parse> = {
  file: parseFile,
  v4l2: parseV4l2,
  csi: parseCsi,
  test: parseTestSource,
  gst: parseGst,
  http: parseHttp,
  https: parseHttp,
  rtsp: parseRtsp,
  rtsps: parseRtsp,
};

/**
 * The source that a camera's `source` names; throws CONFIG_INVALID. Pure: nothing is opened. File paths
 * come out absolute when `folder` is given.
 */
export function parseSource(text: string, options: SourceOptions): Source {
  if (text.length > LONGEST) throw refused(`is longer than ${LONGEST} characters`);
  // A YAML block may spread a pipeline over several lines.
  const value = text.startsWith('gst:') ? text.replace(/[\r\n\t]+/g, ' ').trim() : text.trim();
  if (/\p{Cc}/u.test(value)) throw refused('holds a line break or another control character');
  const colon = value.indexOf(':');
  const scheme = colon < 0 ? '' : value.slice(0, colon).toLowerCase();
  const parse = Object.hasOwn(KINDS, scheme) ? KINDS[scheme] : undefined;
  if (parse === undefined) throw unknownForm(value, scheme);
  return parse(value.slice(colon + 1), options, value);
}

function parseFile(rest: string, options: SourceOptions, whole: string): Source {
  let path = rest;
  if (rest.startsWith('//')) {
    try {
      path = fileURLToPath(whole);
    } catch {
      throw refused('is not a file address of this machine; write file:/absolute/path');
    }
    if (/\p{Cc}/u.test(path)) throw refused('holds a line break or another control character');
  }
  if (path === '') throw refused('names no file; write file:PATH');
  return { kind: 'file', path: options.folder === undefined ? path : resolve(options.folder, path) };
}

function parseV4l2(rest: string, { codec }: SourceOptions): Source {
  const coded = codec === undefined ? {} : { codec };
  if (/^\d{1,3}$/.test(rest)) return { kind: 'v4l2', device: `/dev/video${Number(rest)}`, ...coded };
  if (!/^\/dev\/[\w./:+-]+$/.test(rest) || rest.split('/').includes('..')) {
    throw refused('names no video device; write v4l2:/dev/video0 or v4l2:0');
  }
  return { kind: 'v4l2', device: rest, ...coded };
}

function parseCsi(rest: string): Source {
  if (!/^\d{1,2}$/.test(rest)) throw refused('names no sensor; write csi:0, csi:1, …');
  return { kind: 'csi', sensorId: Number(rest) };
}

function parseHttp(_rest: string, { codec }: SourceOptions, whole: string): Source {
  return { kind: 'http', url: checkedUrl(whole), ...(codec === undefined ? {} : { codec }) };
}

function parseRtsp(_rest: string, options: SourceOptions, whole: string): Source {
  return {
    kind: 'rtsp',
    url: checkedUrl(whole),
    transport: options.rtspTransport,
    latencyMs: options.rtspLatencyMs,
    ...(options.codec === undefined ? {} : { codec: options.codec }),
  };
}

function parseGst(rest: string): Source {
  const pipeline = rest.trim();
  if (pipeline === '') throw refused('holds no pipeline; write gst:videotestsrc ! videoconvert');
  if (/^!|!$/.test(pipeline))
    throw refused('begins or ends with "!"; the appsink is added behind its last element');
  if (/(^|[\s!])appsink\b/.test(pipeline)) throw refused('names an appsink; detectd adds its own at the end');
  return { kind: 'gst', pipeline };
}

/** An address with a host, as it was written. Quotes, backslashes and spaces must be percent-encoded. */
function checkedUrl(whole: string): string {
  if (/[\s"'\\`<>]/.test(whole))
    throw refused('holds a space, quote or backslash; write them as %20, %27, %22, %5C');
  const rest = whole.slice(whole.indexOf(':') + 1);
  // The host is checked under http, whose rules URL knows; port and host are the same for all of them.
  if (!rest.startsWith('//') || !URL.canParse(`http:${rest}`)) {
    throw refused(
      'is not an address with a host, such as rtsp://10.0.0.7/main or http://10.0.0.8/video.mjpg',
    );
  }
  return whole;
}

/** Paths and numbers without their form are common; tell the form that fits. */
function unknownForm(value: string, scheme: string): DetectdError {
  let guess: string | undefined;
  if (/^\d{1,2}$/.test(value)) guess = `v4l2:${value}`;
  else if (value.startsWith('/dev/')) guess = `v4l2:${value}`;
  else if (isAbsolute(value) || /^\.{1,2}\//.test(value)) guess = `file:${value}`;
  else if (/^rtsp[tuh]s?$/.test(scheme)) guess = 'rtsp://…, with rtsp_transport for tcp or udp';
  else if (scheme !== '') {
    const nearest = nearestKey(scheme, Object.keys(KINDS));
    if (nearest !== undefined) guess = `${nearest}:…`;
  }
  const question = guess === undefined || guess.length > 200 ? '' : `; did you mean ${guess}?`;
  return refused(`has none of the known forms${question}`);
}
