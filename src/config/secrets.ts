/**
 * Keeps secrets out of every text that people or machines read: known values are replaced, and so are
 * passwords inside addresses and pipelines, whether or not anyone declared them secret.
 */

export const MASK = '***';

/** Shorter values are not replaced inside texts: they are no secret and would blot out half of them. */
const SHORTEST_SECRET = 4;

/** user:password@ of an address; greedy to the last @ of the authority, as passwords hold @ in the wild. */
const USER_INFO = /([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#:@"']*):([^\s/?#"']*)@/gi;
const QUERY_SECRET =
  /([?&;](?:[\w-]{0,40}(?:pass|pwd|token|secret|apikey|api_key|auth|signature)[\w-]{0,40}|key|sig|pw)=)[^&;#\s"']+/gi;
/** Properties of GStreamer elements that hold passwords: user-pw, proxy-pw, password, … */
const PROPERTY_SECRET =
  /((?<![\w?&;-])(?:[\w-]{0,40}-pw|password|passwd|secret|token)\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|\S+)/gi;

/** An address or pipeline with its passwords replaced; the rest as it was. */
export function maskUrl(text: string): string {
  return text
    .replace(USER_INFO, `$1:${MASK}@`)
    .replace(QUERY_SECRET, `$1${MASK}`)
    .replace(PROPERTY_SECRET, `$1${MASK}`);
}

/** Any text with the given values, and passwords inside addresses, replaced. */
export function maskSecrets(text: string, secrets: Iterable<string>): string {
  let masked = text;
  // Longest first: one secret may be part of another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length >= SHORTEST_SECRET) masked = masked.replaceAll(secret, MASK);
  }
  return maskUrl(masked);
}

/** The passwords inside the addresses of a text, as written and decoded, for maskSecrets(). */
export function secretsInUrls(text: string): string[] {
  const found: string[] = [];
  for (const match of text.matchAll(USER_INFO)) {
    const password = match[2];
    if (password === undefined || password === '') continue;
    found.push(password);
    try {
      const decoded = decodeURIComponent(password);
      if (decoded !== password) found.push(decoded);
    } catch {
      // Not percent-encoded: it is what it is.
    }
  }
  return found;
}
