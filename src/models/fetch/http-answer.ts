/**
 * What an answer to the request for an archive, or for the rest of one, means for what is there already. Pure: servers that
 * lie about lengths and ranges are told here, by their headers, before a byte is taken.
 */
import type { Offer } from './download.js';
import { FetchFault } from './fetch-fault.js';

export interface Asked {
  /** Shown to people. */
  where: string;
  /** Bytes that are there; 0: the whole was asked for. */
  offset: number;
  /** What they are a part of. */
  offer: Offer;
  wallMs: number;
}

export type Headers = Readonly<Record<string, string | undefined>>;

export type Meaning =
  /** The body is the whole. */
  | { kind: 'whole'; offer: Offer }
  /** The body goes on where we are, for so many bytes; more may be needed after it. */
  | { kind: 'rest'; offer: Offer; bytes: number }
  /** What is there cannot be gone on with: ask for the whole. */
  | { kind: 'anew'; why: string };

/** Statuses of a server or a gateway in trouble. */
const IN_TROUBLE = new Set([408, 421, 425, 429, 500, 502, 503, 504, 507, 509]);
export const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Throws UPDATE_FETCH for what is no archive. */
export function meaningOf(asked: Asked, status: number, headers: Headers): Meaning {
  const { where, offset } = asked;
  if (status === 416 && offset > 0) return { kind: 'anew', why: 'the server has no such part of it' };
  if (status !== 200 && status !== 206) throw statusFault(asked, status, headers);
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity')
    throw unusable(`${where} is sent in the encoding "${encoding.slice(0, 20)}", which was not asked for.`);
  const type = headers['content-type']?.trim().toLowerCase() ?? '';
  // A page that says "log in" or "not found" must not be taken for an archive that is wrong for ever.
  if (/^(text\/html|application\/xhtml)/.test(type)) throw unusable(`${where} gives a web page, no archive.`);
  if (status === 206) {
    if (offset > 0) return restOf(asked, headers);
    throw unusable(`${where} gives a part of the archive where the whole was asked for.`);
  }
  return { kind: 'whole', offer: { size: contentLength(headers), validator: validatorOf(headers) } };
}

function restOf({ offset, offer }: Asked, headers: Headers): Meaning {
  const anew = (why: string): Meaning => ({ kind: 'anew', why });
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(headers['content-range']?.trim() ?? '');
  if (range === null) return anew('the server does not say which part it sends');
  const [from, to] = [Number(range[1]), Number(range[2])];
  const size = range[3] === '*' ? undefined : Number(range[3]);
  if (from !== offset) return anew(`the server sends from byte ${from} instead of ${offset}`);
  if (to < from || (size !== undefined && to >= size)) return anew('the server names an impossible part');
  if (size !== undefined && offer.size !== undefined && size !== offer.size)
    return anew('its size is another than before');
  if (size === undefined && offer.size === undefined) return anew('nobody says how large it is');
  const known = offer.size ?? size;
  if (known !== undefined && to >= known) return anew('the server sends more than there is');
  const bytes = to - from + 1;
  const length = contentLength(headers);
  if (length !== undefined && length !== bytes) return anew('the server sends another length than it names');
  if (changed(offer.validator, headers)) return anew('it has changed meanwhile');
  return { kind: 'rest', offer: { size: known, validator: offer.validator }, bytes };
}

/** What If-Range can be asked with: a strong ETag, or else the time of the last change. */
export function validatorOf(headers: Headers): string | undefined {
  const tag = headers['etag']?.trim();
  if (tag !== undefined && /^"[\x21\x23-\x7e]{1,1000}"$/.test(tag)) return tag;
  const time = headers['last-modified']?.trim();
  return time !== undefined && time.length < 60 && !Number.isNaN(Date.parse(time)) ? time : undefined;
}

function changed(validator: string | undefined, headers: Headers): boolean {
  if (validator === undefined) return false;
  const now = validator.startsWith('"') ? headers['etag'] : headers['last-modified'];
  return now !== undefined && now.trim() !== validator;
}

function contentLength(headers: Headers): number | undefined {
  const text = headers['content-length']?.trim() ?? '';
  return headers['transfer-encoding'] === undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Why this status gives no archive. */
export function statusFault({ where, wallMs }: Asked, status: number, headers: Headers): FetchFault {
  const inTrouble = IN_TROUBLE.has(status) || status > 511;
  return new FetchFault(
    'UPDATE_FETCH',
    inTrouble ? 'soon' : 'later',
    `${where} answers ${status}${word(status)}.`,
    {
      hint: hintOf(status),
      afterMs: retryAfter(headers['retry-after'], wallMs),
    },
  );
}

function hintOf(status: number): string {
  if (status === 401 || status === 403)
    return 'Put name and password, or a valid token, into the address, and check the rights there.';
  if (status === 404 || status === 410) return 'Check the address and whether the archive is still there.';
  if (status === 407) return 'Put name and password of the proxy into HTTPS_PROXY and HTTP_PROXY.';
  return 'Look into the log of the server; it is tried again by itself.';
}

const WORDS: Record<number, string> = {
  401: 'it wants another login',
  403: 'it is forbidden',
  404: 'there is nothing',
  407: 'the proxy wants a login',
  410: 'it is gone',
  429: 'too many requests',
  503: 'it is not available now',
};

function word(status: number): string {
  const said = WORDS[status];
  return said === undefined ? '' : `: ${said}`;
}

/** Milliseconds that the header Retry-After stands for. */
function retryAfter(text: string | undefined, wallMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.max(0, time - wallMs);
}

function unusable(message: string): FetchFault {
  return new FetchFault('UPDATE_FETCH', 'later', message, {
    hint: 'Check the address and the server; a network that wants a login first answers like that, too.',
  });
}
