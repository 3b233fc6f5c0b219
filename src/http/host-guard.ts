/**
 * Whom a request takes us for. A page in a browser of this machine can reach loopback under a name of its own that
 * points there (DNS rebinding), and read what nobody outside may: only names that are ours are answered there.
 */
import { isLoopback } from '../base/loopback.js';

/**
 * Whether a request with this Host header is answered by a server that listens on `listening`. One that is open to the
 * network has names that it does not know. A request without the header comes from no browser.
 */
export function isOurName(header: string | undefined, listening: string): boolean {
  if (header === undefined || !isLoopback(listening)) return true;
  const name = header
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  return name === listening.toLowerCase() || isLoopback(name);
}
