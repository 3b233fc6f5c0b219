/**
 * All that goes on around the models that are configured: which providers are trusted for each, the engines that are
 * built for them, and what is published about both. The worker that runs them is looked after elsewhere.
 */
import type { Clock } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { ModelState, UpdateView } from '../core/model-state.js';
import type { StepDown } from '../core/provider-verdict.js';
import type { ProviderName, WorkerModelPlan, WorkerPlan } from '../core/worker-plan.js';
import type { ModelReport } from '../ipc/protocol.js';
import { buildText } from './build-text.js';
import type { EngineKeeper, KeeperState } from './engine-keeper.js';
import { ModelBoard, type ModelSituation } from './model-board.js';

/** Which providers are trusted here; tried in the background. */
export interface Trust {
  choose(setting: ProviderName | 'auto'): {
    providers: ProviderName[];
    stepsDown: StepDown[];
    untried: ProviderName[];
  };
  tryFor(settings: Iterable<ProviderName | 'auto'>): void;
  /** Whether one is being tried, or waits for that. */
  readonly trying: boolean;
}

export interface ModelCareOptions {
  trust: Trust;
  keeper: Pick<EngineKeeper, 'configure' | 'serving' | 'hold' | 'state' | 'failure' | 'close' | 'builderPid'>;
  clock: Clock;
  publish: (state: ModelState) => void;
  /** The model is no longer configured. */
  forget: (model: string) => void;
  /** By name: what every configured model that changes, or has changed, is at. */
  updates: () => ReadonlyMap<string, UpdateView>;
}

export class ModelCare {
  readonly #options: ModelCareOptions;
  readonly #board = new ModelBoard();
  #models: WorkerModelPlan[] = [];
  #reports: readonly ModelReport[] = [];
  #workerFailure: DetectdError | undefined;

  constructor(options: ModelCareOptions) {
    this.#options = options;
  }

  /** What is to run from now on, and whether engines are to be built for it. */
  configure(plan: WorkerPlan, builds: boolean): void {
    const { keeper } = this.#options;
    this.#models = plan.models;
    keeper.hold('configuration', !builds);
    keeper.configure(plan);
    this.publish();
  }

  /** A worker serves: now is the time to try providers and to build engines. */
  serving(reports: readonly ModelReport[]): void {
    const { trust, keeper } = this.#options;
    this.#reports = reports;
    this.#workerFailure = undefined;
    this.#board.ready(reports);
    trust.tryFor(this.#models.map(({ provider }) => provider));
    keeper.hold('probing', trust.trying);
    keeper.serving(reports);
    this.publish();
  }

  /** No worker serves until the next one does; `error` where the last one failed. */
  notServing(error: DetectdError | undefined): void {
    this.#workerFailure = error ?? this.#workerFailure;
    this.#options.keeper.hold('worker', true);
    this.publish();
  }

  /** A provider was tried; true when that was the last for now and another plan follows from what came of it. */
  tried(): boolean {
    const { trust, keeper } = this.#options;
    keeper.hold('probing', trust.trying);
    this.publish();
    if (trust.trying) return false;
    return this.#models.some(({ provider, providers }) => {
      const trusted = trust.choose(provider).providers;
      return trusted.join() !== providers.join();
    });
  }

  /** Says what has changed, and how far builds have come; to be called every second. */
  publish(): void {
    const { clock, publish, forget } = this.#options;
    const updates = this.#options.updates();
    const situations: ModelSituation[] = this.#models.map((model) => ({
      ...this.#situation(model),
      update: updates.get(model.name),
      absent: undefined,
    }));
    for (const [name, update] of updates)
      if (!this.#models.some((model) => model.name === name)) situations.push(notThere(name, update));
    const { due, gone } = this.#board.refresh(situations, this.#workerFailure, clock.monotonicUs());
    for (const state of due) publish(state);
    for (const model of gone) forget(model);
  }

  /** By name of the model. */
  stepsDown(): ReadonlyMap<string, StepDown[]> {
    const { trust } = this.#options;
    return new Map(this.#models.map(({ name, provider }) => [name, trust.choose(provider).stepsDown]));
  }

  /** Process that builds an engine at the moment. */
  get builderPid(): number | undefined {
    return this.#options.keeper.builderPid;
  }

  /** The build that is under way, in words. */
  get work(): string | undefined {
    for (const { name } of this.#models) {
      const state = this.#options.keeper.state(name);
      if (state.phase === 'building') return buildText(name, state.wish, state.progress);
    }
    return undefined;
  }

  /** Models that do not run on the provider that they are configured for, and will not soon. */
  complaints(): string[] {
    const { trust, keeper } = this.#options;
    return this.#models.flatMap(({ name, provider }) => {
      const report = this.#reports.find(({ identity }) => identity.name === name);
      const serves = report?.provider;
      if (provider === 'auto' || serves === undefined || serves === provider) return [];
      if (trust.trying || keeper.state(name).phase !== 'idle') return [];
      const step = trust.choose(provider).stepsDown.find((each) => each.provider === provider);
      // Of a build that failed before this start only the worker knows.
      const note = report?.notes.find((each) => each.includes(provider));
      const reason = step?.reason ?? keeper.failure(name)?.message ?? note;
      return reason === undefined
        ? []
        : [`model "${name}": ${provider} is not used, ${serves} serves: ${reason}`];
    });
  }

  /** Ends a build within two seconds. */
  close(): Promise<void> {
    return this.#options.keeper.close();
  }

  #situation({ name, provider }: WorkerModelPlan): Omit<ModelSituation, 'update' | 'absent'> {
    const { trust, keeper } = this.#options;
    const { stepsDown, untried } = trust.choose(provider);
    const probing = trust.trying && untried.length > 0;
    return { name, probing, stepsDown, engine: keeper.state(name), failure: keeper.failure(name) };
  }
}

/** A model that no worker loads: no camera uses it, or there is no version of it yet. */
function notThere(name: string, update: UpdateView): ModelSituation {
  const engine: KeeperState = { phase: 'idle' };
  const absent = update.there ? 'unused' : 'missing';
  return { name, probing: false, stepsDown: [], engine, failure: undefined, update, absent };
}
