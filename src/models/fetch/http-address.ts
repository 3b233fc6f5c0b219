/** Addresses of archives: how they are shown, whom they log in as, where a redirection may lead. Pure. */
import { maskUrl } from '../../config/secrets.js';
import { FetchFault } from './fetch-fault.js';

export const MOST_REDIRECTIONS = 5;

/** For people and logs: without login and query, either of which may be a secret. */
export function shownUrl(url: URL): string {
  return maskUrl(`${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?…'}`);
}

/** The value of the header Authorization that the user part of the address stands for. */
export function basicLogin(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const plain = `${decoded(url.username)}:${decoded(url.password)}`;
  return `Basic ${Buffer.from(plain).toString('base64')}`;
}

/** Where the signature of what lies at `url` is: beside it. */
export function signatureUrl(url: URL): URL {
  const beside = new URL(url);
  beside.pathname += '.minisig';
  return beside;
}

/**
 * Where a redirection from the last of `visited` to `location` leads, without a login of its own. Throws UPDATE_FETCH
 * where it leads nowhere, in a circle, too far, or out of TLS.
 */
export function redirected(visited: readonly URL[], location: string | undefined): URL {
  const from = visited.at(-1) as URL;
  const said = `${shownUrl(from)} redirects`;
  if (location === undefined || !URL.canParse(location, from.href)) throw refused(`${said} to nowhere.`);
  const to = new URL(location, from);
  to.username = '';
  to.password = '';
  to.hash = '';
  if (to.protocol !== 'http:' && to.protocol !== 'https:')
    throw refused(`${said} to an address of ${to.protocol.slice(0, 20)}, not of http.`);
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw refused(`${said} from https to http, to ${shownUrl(to)}.`);
  if (visited.some((url) => sameResource(url, to))) throw refused(`${said} in a circle.`);
  if (visited.length > MOST_REDIRECTIONS)
    throw refused(`${shownUrl(visited[0] as URL)} redirects more than ${MOST_REDIRECTIONS} times.`);
  return to;
}

function sameResource(a: URL, b: URL): boolean {
  return a.origin === b.origin && a.pathname === b.pathname && a.search === b.search;
}

function refused(message: string): FetchFault {
  return new FetchFault('UPDATE_FETCH', 'later', message, {
    hint: 'Give the address at which the archive itself is, or mend the server.',
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
