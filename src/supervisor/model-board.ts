/**
 * What the supervising process knows of each model: what serves, what is being built or tried for it, and what went
 * wrong. Says which states are worth publishing now: whatever changed, and a build's progress every other second.
 */
import type { DetectdError } from '../base/errors.js';
import type { ModelState, UpdateView } from '../core/model-state.js';
import type { UpdatePhase } from '../core/model-update.js';
import type { StepDown } from '../core/provider-verdict.js';
import type { ModelReport } from '../ipc/protocol.js';
import type { KeeperState } from './engine-keeper.js';

/** A model as it stands at the moment. */
export interface ModelSituation {
  name: string;
  /** Providers that it may use are being tried. */
  probing: boolean;
  stepsDown: readonly StepDown[];
  engine: KeeperState;
  /** Why an engine is missing. */
  failure: DetectdError | undefined;
  /** The new version that is on its way, or how the last one ended. */
  update: UpdateView | undefined;
  /** Why no worker loads it; undefined for one that is to serve. */
  absent: 'missing' | 'unused' | undefined;
}

interface Row {
  active: ModelState['active'];
  previousDigest: string | undefined;
  told: { text: string; progress: string; atUs: number } | undefined;
}

const PROGRESS_US = 2_000_000;

/** What is told of a model while a new version of it is at this. */
const CHANGES: Partial<Record<UpdatePhase, ModelState['phase']>> = {
  downloading: 'downloading',
  verified: 'verified',
  staged: 'staged',
  building: 'building',
  trial: 'trial',
  active: 'probation',
};

export class ModelBoard {
  readonly #rows = new Map<string, Row>();
  /** Loaded in the worker, which keeps what no camera uses for the moment. */
  #loaded = new Map<string, ModelState['active']>();

  /** A worker serves with these. */
  ready(reports: readonly ModelReport[]): void {
    this.#loaded = new Map();
    for (const { identity, provider, precision, engines } of reports) {
      const row = this.#row(identity.name);
      const { digest, version } = identity;
      const before = row.active?.digest;
      if (before !== undefined && before !== digest) row.previousDigest = before;
      row.active = { digest, version, provider, precision, engine: engines[0] };
      this.#loaded.set(identity.name, row.active);
    }
  }

  /**
   * The states that should be published now, and the names of models that are not there any more. `workerFailure`: why
   * no worker serves.
   */
  refresh(
    situations: readonly ModelSituation[],
    workerFailure: DetectdError | undefined,
    nowUs: number,
  ): { due: ModelState[]; gone: string[] } {
    const names = new Set(situations.map(({ name }) => name));
    const gone = [...this.#rows.keys()].filter((name) => !names.has(name));
    for (const name of gone) this.#rows.delete(name);
    const due = situations.flatMap((situation) => {
      const row = this.#row(situation.name);
      const state = modelState(situation, row, workerFailure);
      return this.#isDue(row, state, nowUs) ? [state] : [];
    });
    return { due, gone };
  }

  #isDue(row: Row, state: ModelState, nowUs: number): boolean {
    const { building, update, ...rest } = state;
    const { progress: far, ...change } = update ?? { progress: undefined };
    const text = JSON.stringify([rest, building?.provider, building?.precision, change, far?.waiting]);
    const progress = JSON.stringify([building, far]);
    const { told } = row;
    if (told?.text === text && (told.progress === progress || nowUs - told.atUs < PROGRESS_US)) return false;
    row.told = { text, progress, atUs: nowUs };
    return true;
  }

  #row(name: string): Row {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const row: Row = { active: this.#loaded.get(name), previousDigest: undefined, told: undefined };
    this.#rows.set(name, row);
    return row;
  }
}

function modelState(
  { name, probing, stepsDown, engine, failure, update, absent }: ModelSituation,
  { active, previousDigest }: Pick<Row, 'active' | 'previousDigest'>,
  workerFailure: DetectdError | undefined,
): ModelState {
  const error = workerFailure ?? failure;
  const phase = (): ModelState['phase'] => {
    if (workerFailure !== undefined) return 'failed';
    const change = update === undefined ? undefined : CHANGES[update.phase];
    if (change !== undefined) return change;
    if (absent !== undefined) return absent;
    if (engine.phase === 'building') return engine.progress?.phase ?? 'preparing';
    if (active === undefined) return 'loading';
    if (probing) return 'probing';
    if (engine.phase === 'queued') return 'waiting';
    return error === undefined ? 'serving' : 'failed';
  };
  return {
    model: name,
    phase: phase(),
    building: engine.phase === 'building' ? buildFacts(engine) : undefined,
    active,
    previousDigest,
    update,
    error: error?.toData(),
    stepsDown,
  };
}

function buildFacts({ wish, progress }: Extract<KeeperState, { phase: 'building' }>): ModelState['building'] {
  const { provider, precision } = progress ?? wish;
  return { provider, precision, elapsedMs: progress?.elapsedMs ?? 0, expectedMs: progress?.expectedMs };
}
