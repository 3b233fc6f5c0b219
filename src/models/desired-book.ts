/**
 * What documents came, which of them is in force and which waits, by scope. It decides and remembers; whoever applies a
 * document tells it how that went, so that one which does not fit leaves the one before in force.
 */
import { DetectdError, type ErrorData } from '../base/errors.js';
import type { DesiredScope, DocumentReport } from '../core/desired-report.js';
import { type DesiredDocument, type ReadOptions, readDesired, refused } from './desired-document.js';
import { type RolloutDevice, type RolloutVerdict, takesPart } from './rollout.js';

export const SCOPES: readonly DesiredScope[] = ['fleet', 'device'];

export type InForce = { [scope in DesiredScope]?: DesiredDocument | undefined };

/** What the local file says about documents, and who this device is. */
export interface BookPolicy extends Pick<ReadOptions, 'signed' | 'verify'>, RolloutDevice {}

interface Page {
  /** In force, unless it no longer fits the local file. */
  taken: DesiredDocument | undefined;
  /** Newer and good, but not taken: it waits, or it did not fit. */
  offered: DesiredDocument | undefined;
  /** Why the offered one, else the taken one, cannot be in force. */
  unfit: ErrorData | undefined;
  /** What is wrong with the last message; undefined where it was good. */
  refusal: { version: number | undefined; error: ErrorData } | undefined;
  absent: boolean;
}

export class DesiredBook {
  readonly #pages: Record<DesiredScope, Page> = { fleet: emptyPage(), device: emptyPage() };
  readonly #inForce: InForce = {};
  #policy: BookPolicy;

  constructor(policy: BookPolicy) {
    this.#policy = policy;
  }

  configure(policy: BookPolicy): void {
    // Under another name, what was for this device is for another one.
    if (policy.id !== this.#policy.id) this.#pages.device = emptyPage();
    this.#policy = policy;
  }

  /** What was in force, and what waited, before the start. */
  restore(scope: DesiredScope, { taken, offered }: Pick<Page, 'taken' | 'offered'>): void {
    this.#pages[scope] = {
      ...emptyPage(),
      taken,
      offered,
      absent: taken === undefined && offered === undefined,
    };
    this.#inForce[scope] = undefined;
  }

  /** What is to be kept of a scope. */
  kept(scope: DesiredScope): Pick<Page, 'taken' | 'offered'> {
    const { taken, offered } = this.#pages[scope];
    return { taken, offered };
  }

  /** The payload of a message; an empty one says that nothing is retained. */
  receive(scope: DesiredScope, payload: Uint8Array, nowMs: number): void {
    const page = this.#pages[scope];
    page.refusal = undefined;
    page.absent = payload.length === 0;
    if (page.absent) {
      // Withdrawn before it was taken.
      page.offered = undefined;
      page.unfit = undefined;
      return;
    }
    let version: number | undefined;
    try {
      const { id: device, signed, verify } = this.#policy;
      const document = readDesired(payload, { scope, device, signed, verify });
      version = document.version;
      this.#offer(page, document, nowMs);
    } catch (thrown) {
      page.refusal = { version, error: DetectdError.from(thrown).toData() };
    }
  }

  /** The documents that should be in force now. */
  wanted(nowMs: number): InForce {
    return this.#choose((page) => {
      const { offered, unfit, taken } = page;
      return offered !== undefined && unfit === undefined && this.#part(offered, nowMs)?.in !== false
        ? offered
        : taken;
    });
  }

  /** Whether other documents should be in force than are. */
  due(nowMs: number): boolean {
    const wanted = this.wanted(nowMs);
    return SCOPES.some(
      (scope) => this.#pages[scope].unfit === undefined && wanted[scope] !== this.#inForce[scope],
    );
  }

  /** Documents are not followed any more. */
  clear(): void {
    for (const scope of SCOPES) {
      this.#pages[scope] = emptyPage();
      this.#inForce[scope] = undefined;
    }
  }

  /** The documents that were taken, whether or not they fit. */
  get taken(): InForce {
    return this.#choose(({ taken }) => taken);
  }

  get inForce(): InForce {
    return this.#inForce;
  }

  /** These are in force from now on; `why` tells of the wanted ones that are not. */
  took(inForce: InForce, why: ReadonlyMap<DesiredDocument, ErrorData>): void {
    for (const scope of SCOPES) {
      const page = this.#pages[scope];
      const document = inForce[scope];
      this.#inForce[scope] = document;
      if (document !== undefined && document === page.offered) {
        page.taken = document;
        page.offered = undefined;
      }
      const missing = page.offered ?? (document === undefined ? page.taken : undefined);
      page.unfit = (missing && why.get(missing)) ?? (missing === undefined ? undefined : page.unfit);
    }
  }

  /** An offered document cannot be taken. */
  unfit(scope: DesiredScope, error: ErrorData): void {
    const page = this.#pages[scope];
    if (page.offered !== undefined) page.unfit = error;
  }

  /** The local file has changed: what did not fit may fit now. */
  forgetUnfit(): void {
    for (const scope of SCOPES) this.#pages[scope].unfit = undefined;
  }

  /** What waited past its time is refused; undefined when nothing waits for time, else when to look again. */
  tick(nowMs: number): number | undefined {
    const times = SCOPES.flatMap((scope): number[] => {
      const page = this.#pages[scope];
      const { offered, unfit } = page;
      if (offered === undefined || unfit !== undefined) return [];
      const part = this.#part(offered, nowMs);
      if (part === undefined || part.in) return [];
      if (isOver(offered, nowMs)) {
        page.unfit = expired().toData();
        return [];
      }
      return [offered.expiresMs, part.atMs].filter((time) => time !== undefined);
    });
    return times.length === 0 ? undefined : Math.min(...times);
  }

  report(scope: DesiredScope, nowMs: number): DocumentReport {
    const { taken, offered, unfit, refusal, absent } = this.#pages[scope];
    if (refusal !== undefined)
      return { state: 'refused', version: refusal.version, error: refusal.error, rollout: undefined };
    const last = offered ?? taken;
    if (absent || last === undefined)
      return { state: 'absent', version: undefined, error: undefined, rollout: undefined };
    const state = unfit !== undefined ? 'refused' : offered === undefined ? 'in_force' : 'waiting';
    const { rollout, version } = last;
    const part = this.#part(last, nowMs);
    return {
      state,
      version,
      error: unfit,
      rollout:
        rollout === undefined || part === undefined
          ? undefined
          : {
              bucket: Math.round(part.bucket * 1000) / 1000,
              percent: rollout.percent,
              in: offered === undefined || part.in,
              waiting: offered === undefined ? undefined : part.waiting,
            },
    };
  }

  #offer(page: Page, document: DesiredDocument, nowMs: number): void {
    const { taken, offered, unfit } = page;
    if (offered !== undefined && offered.digest === document.digest) return;
    // What does not fit here bars no other one.
    const newest = (unfit === undefined ? offered : undefined) ?? taken;
    if (newest !== undefined) refuseOlder(document, newest);
    if (newest?.digest !== document.digest && isOver(document, nowMs)) throw expired();
    if (offered !== undefined) page.unfit = undefined;
    // Who takes part stays so when the roll-out goes on, falls back or is held.
    const same = taken !== undefined && taken.configDigest === document.configDigest;
    page.offered = same ? undefined : document;
    if (!same) return;
    const scope = document.scope;
    if (this.#inForce[scope] === taken) this.#inForce[scope] = document;
    page.taken = document;
  }

  #part({ rollout }: DesiredDocument, nowMs: number): RolloutVerdict | undefined {
    return rollout && takesPart(rollout, this.#policy, nowMs);
  }

  #choose(of: (page: Page) => DesiredDocument | undefined): InForce {
    const chosen: InForce = {};
    for (const scope of SCOPES) {
      const document = of(this.#pages[scope]);
      if (document !== undefined) chosen[scope] = document;
    }
    return chosen;
  }
}

function emptyPage(): Page {
  return { taken: undefined, offered: undefined, unfit: undefined, refusal: undefined, absent: true };
}

function refuseOlder(document: DesiredDocument, newest: DesiredDocument): void {
  const { version } = document;
  if (version < newest.version) {
    const clause = `has version ${version}, and version ${newest.version} came before`;
    const hint = `Publish it again with version ${newest.version + 1} or above.`;
    throw refused('DESIRED_STALE', clause, hint);
  }
  if (version > newest.version || document.digest === newest.digest) return;
  const clause = `has version ${version} as one before that says something else`;
  throw refused('DESIRED_CONFLICT', clause, 'Give every change of a document a higher version.');
}

function isOver({ expiresMs }: DesiredDocument, nowMs: number): boolean {
  return expiresMs !== undefined && nowMs >= expiresMs;
}

function expired(): DetectdError {
  return refused('DESIRED_EXPIRED', 'has expired', 'Publish it again with a later "expires".');
}
