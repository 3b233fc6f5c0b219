/**
 * The head of an answer in the form that RTSP and HTTP share, from the bytes that have come so far. Pure; whoever
 * answers may send anything, without an end, and one byte at a time.
 */
export interface ServerReply {
  status: number;
  reason: string;
  /** By name in small letters; all values of a header that came more than once. */
  headers: ReadonlyMap<string, readonly string[]>;
  /** As far as the server says how long it is, else empty. */
  body: string;
}

/** Larger than any camera's. */
export const MOST_REPLY_BYTES = 128 * 1024;

/** `more`: the answer goes on. `foreign`: it is not an answer in this protocol, or has no bounds. */
export type ReplySoFar = ServerReply | 'more' | 'foreign';

/**
 * @param protocol what the answer has to begin with, e.g. RTSP
 * @param headOnly what follows the head is not waited for; it may be a stream
 */
export function readServerReply(bytes: Buffer, protocol: string, headOnly = false): ReplySoFar {
  const prefix = `${protocol}/`;
  const start = bytes.toString('latin1', 0, prefix.length);
  if (start !== prefix.slice(0, start.length)) return 'foreign';
  const end = headEnd(bytes);
  if (end === undefined) return bytes.length >= MOST_REPLY_BYTES ? 'foreign' : 'more';
  const [first = '', ...lines] = bytes.toString('utf8', 0, end.head).split(/\r\n|\n/);
  const status = /^\w+\/\d\.\d (\d{3})(?: (.*))?$/.exec(first);
  if (status === null) return 'foreign';
  const headers = readHeaders(lines);
  const length = headOnly ? 0 : Number(headers.get('content-length')?.[0] ?? 0);
  if (!Number.isSafeInteger(length) || length < 0 || end.body + length > MOST_REPLY_BYTES) return 'foreign';
  if (bytes.length < end.body + length) return 'more';
  return {
    status: Number(status[1]),
    reason: status[2] ?? '',
    headers,
    body: bytes.toString('utf8', end.body, end.body + length),
  };
}

/** Where the head ends and what follows it begins. */
function headEnd(bytes: Buffer): { head: number; body: number } | undefined {
  const [strict, loose] = [bytes.indexOf('\r\n\r\n'), bytes.indexOf('\n\n')];
  if (strict >= 0 && (loose < 0 || strict < loose)) return { head: strict, body: strict + 4 };
  return loose < 0 ? undefined : { head: loose, body: loose + 2 };
}

function readHeaders(lines: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return headers;
}
