/**
 * Archives from web servers: what is there is gone on with where the server can, for as long as it is the same file there;
 * in doubt it begins anew. Redirections are followed by hand, so that no login reaches another server.
 */
import type { ArchiveSource } from './archive-source.js';
import type { Attempt } from './attempt.js';
import type { Download } from './download.js';
import { FetchFault } from './fetch-fault.js';
import type { FetchOptions } from './fetch-options.js';
import { basicLogin, redirected, shownUrl, signatureUrl } from './http-address.js';
import { meaningOf, REDIRECTS } from './http-answer.js';
import { type HttpAnswer, httpGet } from './http-client.js';
import { networkFault } from './http-fault.js';
import { Intake, MAX_SIGNATURE_BYTES, tooLarge } from './intake.js';

export class HttpSource implements ArchiveSource {
  readonly where: string;
  readonly #url: URL;
  readonly #options: FetchOptions;

  constructor(url: string, options: FetchOptions) {
    this.#url = new URL(url);
    this.where = shownUrl(this.#url);
    this.#options = options;
  }

  async archive(download: Download, attempt: Attempt): Promise<void> {
    const { offer, start: offset } = download;
    if (offset > 0 && offset === offer.size) return;
    const headers: Record<string, string> = {};
    if (offset > 0) {
      headers['range'] = `bytes=${offset}-`;
      if (offer.validator !== undefined) headers['if-range'] = offer.validator;
    }
    await this.#get(this.#url, headers, attempt, async (answer, where) => {
      const asked = { where, offset, offer, wallMs: this.#options.clock.wallMs() };
      const meaning = meaningOf(asked, answer.status, answer.headers);
      if (meaning.kind === 'anew') {
        await download.distrust();
        throw again(`${where} cannot be gone on with: ${meaning.why}`);
      }
      const intake = new Intake(download, attempt, this.#options);
      const { size } = meaning.offer;
      if (size !== undefined) await intake.admit(size);
      if (meaning.kind === 'whole') await download.begin(meaning.offer);
      else download.goOn(meaning.offer);
      const end = meaning.kind === 'rest' ? offset + meaning.bytes : size;
      for await (const piece of piecesOf(answer, where, attempt)) {
        if (end !== undefined && download.bytes + piece.length > end) {
          await download.distrust();
          throw again(`${where} sends more than it says`);
        }
        await intake.take(piece);
      }
      if (download.bytes < (size ?? 0)) throw again(`${where} ended before its end`);
    });
  }

  async signature(attempt: Attempt): Promise<string | undefined> {
    return this.#get(signatureUrl(this.#url), {}, attempt, async (answer, where) => {
      if (answer.status === 404 || answer.status === 410) return undefined;
      const offer = { size: undefined, validator: undefined };
      const asked = { where, offset: 0, offer, wallMs: this.#options.clock.wallMs() };
      meaningOf(asked, answer.status, answer.headers);
      const pieces: Buffer[] = [];
      let bytes = 0;
      for await (const piece of piecesOf(answer, where, attempt)) {
        bytes += piece.length;
        if (bytes > MAX_SIGNATURE_BYTES) throw tooLarge(`The signature at ${where}`, MAX_SIGNATURE_BYTES);
        pieces.push(piece);
      }
      return Buffer.concat(pieces).toString('utf8');
    });
  }

  /** Requests `first`, follows redirections, and lets `use` have the answer. */
  async #get<T>(
    first: URL,
    more: Record<string, string>,
    attempt: Attempt,
    use: (answer: HttpAnswer, where: string) => Promise<T>,
  ): Promise<T> {
    const { answer, url } = await this.#follow(first, more, attempt);
    try {
      return await use(answer, shownUrl(url));
    } finally {
      answer.drop();
    }
  }

  async #follow(
    first: URL,
    more: Record<string, string>,
    attempt: Attempt,
  ): Promise<{ answer: HttpAnswer; url: URL }> {
    const login = basicLogin(first);
    const visited = [first];
    for (let url = first; ; ) {
      const headers = { 'user-agent': 'detectd', 'accept-encoding': 'identity', ...more };
      const ours = login !== undefined && url.origin === first.origin;
      const { env } = this.#options;
      const { signal } = attempt;
      const sent = ours ? { ...headers, authorization: login } : headers;
      const answer = await httpGet(url, sent, { env, signal }).catch((error) => {
        throw networkFault(error, shownUrl(url));
      });
      attempt.touch();
      if (!REDIRECTS.has(answer.status)) return { answer, url };
      answer.drop();
      url = redirected(visited, answer.headers['location']);
      visited.push(url);
    }
  }
}

async function* piecesOf(answer: HttpAnswer, where: string, attempt: Attempt): AsyncGenerator<Buffer, void> {
  try {
    for await (const piece of answer.body) {
      attempt.touch();
      yield piece;
    }
  } catch (error) {
    throw networkFault(error, where);
  }
}

function again(clause: string): FetchFault {
  return new FetchFault('UPDATE_FETCH', 'soon', `${clause}.`, {
    hint: 'Look at the server; it is tried again by itself.',
  });
}
