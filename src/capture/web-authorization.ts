/**
 * The answer to a camera's demand for user and password (RFC 7616 and 7617): Digest with SHA-256 or MD5, else Basic. RTSP and
 * HTTP share the form. Pure.
 */
import { createHash } from 'node:crypto';

export interface Credentials {
  user: string;
  password: string;
}

export interface AuthorizedRequest {
  method: string;
  /** As in the request line. */
  uri: string;
}

interface Challenge {
  scheme: string;
  values: Map<string, string>;
}

const DIGESTS: Record<string, string> = { 'SHA-256': 'sha256', MD5: 'md5' };

/**
 * The value of `Authorization`, by the strongest demand that is understood; undefined when none is.
 * @param demands values of `WWW-Authenticate`
 * @param clientNonce random text of hexadecimal digits
 */
export function authorize(
  demands: readonly string[],
  { user, password }: Credentials,
  request: AuthorizedRequest,
  clientNonce: string,
): string | undefined {
  const challenges = demands.flatMap(readChallenges);
  for (const [algorithm, hash] of Object.entries(DIGESTS)) {
    const digest = challenges.find(
      ({ scheme, values }) =>
        scheme === 'digest' &&
        (values.get('algorithm') ?? 'MD5').toUpperCase() === algorithm &&
        knownQuality(values),
    );
    if (digest !== undefined) {
      const named = digest.values.has('algorithm') ? `, algorithm=${algorithm}` : '';
      return `${digestAnswer(digest.values, hash, { user, password }, request, clientNonce)}${named}`;
    }
  }
  if (!challenges.some(({ scheme }) => scheme === 'basic')) return undefined;
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

function knownQuality(values: Map<string, string>): boolean {
  const offered = values.get('qop');
  return offered === undefined || qualities(offered).includes('auth');
}

function qualities(offered: string): string[] {
  return offered.split(',').map((quality) => quality.trim().toLowerCase());
}

function digestAnswer(
  values: Map<string, string>,
  algorithm: string,
  { user, password }: Credentials,
  { method, uri }: AuthorizedRequest,
  clientNonce: string,
): string {
  const hash = (text: string): string => createHash(algorithm).update(text, 'utf8').digest('hex');
  const [realm, nonce] = [values.get('realm') ?? '', values.get('nonce') ?? ''];
  const [who, what] = [hash(`${user}:${realm}:${password}`), hash(`${method}:${uri}`)];
  const fields: [string, string][] = [
    ['username', user],
    ['realm', realm],
    ['nonce', nonce],
    ['uri', uri],
  ];
  const opaque = values.get('opaque');
  if (opaque !== undefined) fields.push(['opaque', opaque]);
  const text = (): string => fields.map(([name, value]) => `${name}="${escaped(value)}"`).join(', ');
  if (!values.has('qop')) return `Digest ${text()}, response="${hash(`${who}:${nonce}:${what}`)}"`;
  const response = hash(`${who}:${nonce}:00000001:${clientNonce}:auth:${what}`);
  return `Digest ${text()}, qop=auth, nc=00000001, cnonce="${clientNonce}", response="${response}"`;
}

/** What a server sends is sent back to it; it must not become another header. */
function escaped(value: string): string {
  return value.replace(/[\r\n]/g, '').replace(/["\\]/g, '\\$&');
}

/** One header may hold several demands, one behind another. */
function readChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  const parts = header.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([\w-]+)/g);
  for (const [, name, quoted, plain, scheme] of parts) {
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), values: new Map() });
    else if (name !== undefined) {
      const value = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
      challenges.at(-1)?.values.set(name.toLowerCase(), value);
    }
  }
  return challenges;
}
