/**
 * Between the book of documents and the disk: writes what has changed, reads it back at the start. A disk that fails
 * costs what would survive a restart, never the document itself.
 */
import { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { DesiredScope } from '../core/desired-report.js';
import { type DesiredBook, type InForce, SCOPES } from './desired-book.js';
import { type DesiredDocument, readDesired } from './desired-document.js';
import type { DesiredStore } from './desired-store.js';

/** A document that ends the process each time is not tried for ever. */
const MOST_TRIES = 3;

export class DesiredShelf {
  readonly #store: DesiredStore;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #written = new Map<DesiredScope, string>();
  readonly #tries = new Map<DesiredScope, { digest: string; count: number }>();
  /** Digests of documents that are not tried again. */
  readonly #givenUp = new Set<string>();
  #device = '';
  #work: Promise<void> = Promise.resolve();

  constructor(store: DesiredStore, log: Pick<Logger, 'warn'>) {
    this.#store = store;
    this.#log = log;
  }

  /** Under whose name is kept what comes from now on. */
  configure(device: string): void {
    this.#device = device;
  }

  /** Puts what was kept into the book. Of another device nothing counts, and nothing unsigned where that is asked for. */
  restore(book: DesiredBook, { device, signed }: { device: string; signed: boolean }): Promise<void> {
    return this.#act(async () => {
      for (const scope of SCOPES) {
        const kept = await this.#store.load(scope).catch((thrown) => this.#failed(thrown));
        if (kept === undefined || (scope === 'device' && kept.device !== device)) continue;
        const read = (text: string | undefined): DesiredDocument | undefined =>
          text === undefined ? undefined : this.#read(text, scope, device, signed);
        const offered = read(kept.offered);
        book.restore(scope, { taken: read(kept.taken), offered });
        if (offered === undefined) continue;
        this.#tries.set(scope, { digest: offered.digest, count: kept.tries });
        if (kept.tries < MOST_TRIES) continue;
        this.#givenUp.add(offered.digest);
        book.unfit(scope, interrupted().toData());
      }
    });
  }

  /** Written before new documents are applied. */
  begin(book: DesiredBook, wanted: InForce): Promise<void> {
    for (const scope of SCOPES) {
      const { offered } = book.kept(scope);
      if (offered === undefined || wanted[scope] !== offered) continue;
      const tries = this.#tries.get(scope);
      const count = tries?.digest === offered.digest ? tries.count : 0;
      this.#tries.set(scope, { digest: offered.digest, count: count + 1 });
    }
    return this.#save(book);
  }

  /** Written when it is known what became of them. */
  keep(book: DesiredBook): Promise<void> {
    for (const [scope, { digest }] of this.#tries) if (!this.#givenUp.has(digest)) this.#tries.delete(scope);
    return this.#save(book);
  }

  clear(): Promise<void> {
    return this.#act(async () => {
      this.#written.clear();
      for (const scope of SCOPES) await this.#store.remove(scope).catch((thrown) => this.#failed(thrown));
    });
  }

  /** Resolves when nothing is being written. */
  idle(): Promise<void> {
    return this.#work;
  }

  #save(book: DesiredBook): Promise<void> {
    return this.#act(async () => {
      for (const scope of SCOPES) {
        const { taken, offered } = book.kept(scope);
        const begun = this.#tries.get(scope);
        const tries = begun !== undefined && begun.digest === offered?.digest ? begun.count : 0;
        const kept = { device: this.#device, taken: taken?.text, offered: offered?.text, tries };
        const text = JSON.stringify(kept);
        if (text === this.#written.get(scope)) continue;
        try {
          if (taken === undefined && offered === undefined) await this.#store.remove(scope);
          else await this.#store.save(scope, kept);
          this.#written.set(scope, text);
        } catch (thrown) {
          this.#failed(thrown);
        }
      }
    });
  }

  #act(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work);
    return this.#work;
  }

  /** Its signature was verified when it came. */
  #read(text: string, scope: DesiredScope, device: string, signed: boolean): DesiredDocument | undefined {
    try {
      const verify = (): string => 'before';
      return readDesired(Buffer.from(text), { scope, device, signed, verify });
    } catch (thrown) {
      this.#failed(thrown);
      return undefined;
    }
  }

  #failed(thrown: unknown): undefined {
    const { code, message, hint } = DetectdError.from(thrown);
    this.#log.warn({ code, hint }, message);
    return undefined;
  }
}

function interrupted(): DetectdError {
  return new DetectdError(
    'UPDATE_INTERRUPTED',
    'The document was given up, since the process ended each time that it was applied.',
    'Publish another one with a higher version, and report this with the log.',
  );
}
