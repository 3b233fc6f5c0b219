/** Engines that are wanted for versions of models that do not serve yet: each ask ends, with what could not be built. */
import { DetectdError } from '../base/errors.js';
import type { EngineWish } from '../core/engine.js';
import { type Fate, type ModelWishes, type NextBuild, nextBuild } from './build-queue.js';

interface Ask extends ModelWishes {
  failures: Map<string, DetectdError>;
  resolve: (failures: DetectdError[]) => void;
  reject: (reason: unknown) => void;
}

export class BuildAsks {
  readonly #onAsk: () => void;
  readonly #cancel: () => void;
  #asks: Ask[] = [];
  /** The one whose engine is being built. */
  #current: Ask | undefined;

  /** @param onAsk there is something to build; @param cancel what is being built for one of these is not wanted any more */
  constructor(onAsk: () => void, cancel: () => void) {
    this.#onAsk = onAsk;
    this.#cancel = cancel;
  }

  add({ model, wanted }: ModelWishes, signal: AbortSignal): Promise<DetectdError[]> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.#leave(ask, () => reject(signal.reason));
      const end = (act: () => void): void => {
        signal.removeEventListener('abort', onAbort);
        act();
      };
      const ask: Ask = {
        ...{ model, wanted, failures: new Map() },
        resolve: (failures) => end(() => resolve(failures)),
        reject: (reason) => end(() => reject(reason)),
      };
      this.#asks.push(ask);
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
      else this.#onAsk();
    });
  }

  /** What is to be built for the first of them; those for which nothing is left are answered. */
  next(fates: ReadonlyMap<string, Fate>, nowUs: number): NextBuild {
    this.#current = undefined;
    for (const ask of [...this.#asks]) {
      const next = nextBuild([ask], fates, nowUs);
      if (next.do === 'build') this.#current = ask;
      if (next.do !== 'nothing') return next;
      this.#leave(ask, () => ask.resolve(missing(ask, fates)));
    }
    return { do: 'nothing' };
  }

  failed(key: string, error: DetectdError): void {
    this.#current?.failures.set(key, error);
  }

  /** Nothing is built here any more: they do without. */
  drop(): void {
    for (const ask of this.#asks.splice(0)) ask.resolve([]);
    this.#current = undefined;
  }

  close(): void {
    for (const ask of this.#asks.splice(0))
      ask.reject(new DetectdError('ENGINE_CANCELLED', 'The build of the engine was stopped.'));
    this.#current = undefined;
  }

  #leave(ask: Ask, act: () => void): void {
    this.#asks = this.#asks.filter((each) => each !== ask);
    if (ask === this.#current) {
      this.#current = undefined;
      this.#cancel();
    }
    act();
  }
}

/** Failures of engines that were tried for others before count as well. */
function missing({ wanted, failures }: Ask, fates: ReadonlyMap<string, Fate>): DetectdError[] {
  return wanted.flatMap(({ key }: EngineWish) => {
    const fate = fates.get(key);
    return fate?.kind === 'failed' ? [failures.get(key) ?? fate.error] : [];
  });
}
