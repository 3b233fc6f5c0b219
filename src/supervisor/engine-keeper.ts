/**
 * Has the engines built that workers ask for, one at a time and beside the detection, and asks for a fresh worker when
 * there are new ones. Every wish ends: a build that fails is tried at most once more, and then the next best is built.
 */
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { BuildProgress, BuiltEngine, EngineWish } from '../core/engine.js';
import type { ModelPlan, WorkerPlan } from '../core/worker-plan.js';
import type { BuildJob } from '../ipc/builder-protocol.js';
import type { ModelReport } from '../ipc/protocol.js';
import { BuildAsks } from './build-asks.js';
import { type Fate, failedFate, type ModelWishes, nextBuild } from './build-queue.js';
import type { BuildEnd } from './builder-host.js';

export interface Builder {
  readonly pid: number | undefined;
  run(): Promise<BuildEnd>;
  cancel(): void;
}

export interface EngineKeeperOptions {
  /** A builder that is not started yet. */
  builder: (job: BuildJob, onProgress: (progress: BuildProgress) => void) => Builder;
  /** Digests of bundles whose engines do not make room for others: one may be called back. Default: none. */
  kept?: () => readonly string[];
  /** An engine was built, or with `error` was not. */
  onBuilt?: (model: string, engine: Pick<EngineWish, 'provider' | 'precision'>, error?: DetectdError) => void;
  /** Has a fresh worker take over; rejects when that fails. */
  renew: (reason: string) => Promise<void>;
  clock: Clock;
  log: Logger;
}

/** What a model's engine is at. */
export type KeeperState =
  | { phase: 'idle' }
  /** Others come first, or a failed build is tried again later. */
  | { phase: 'queued' }
  | { phase: 'building'; wish: EngineWish; progress: BuildProgress | undefined };

/** Why nothing is begun. */
type Hold = 'worker' | 'probing' | 'configuration';

interface Reported {
  wanted: readonly EngineWish[];
  /** What the model's engines depended on when this was said. */
  facts: string;
}

interface Current {
  model: string;
  /** For a model that does not serve yet, which nobody reports. */
  asked: boolean;
  wish: EngineWish;
  builder: Builder;
  progress: BuildProgress | undefined;
}

/** A worker that has just loaded its models opens its cameras first. */
const SETTLE_MS = 2000;
/**
 * A new engine waits so long for others before a worker takes over for it: those of a CPU take seconds and need one
 * change of workers together, those of TensorRT take many minutes, too long for the first to lie idle.
 */
const GATHER_MS = 60_000;
/** A worker that failed with new engines is tried once more; then they wait for the next start. */
const RENEW_AGAIN_MS = 300_000;
const MOST_RENEWALS = 2;

export class EngineKeeper {
  readonly #options: EngineKeeperOptions;
  readonly #fates = new Map<string, Fate>();
  /** By model and key, the newest last. */
  readonly #failures = new Map<string, Map<string, DetectdError>>();
  /** Keys of engines that no worker uses yet. */
  readonly #fresh = new Set<string>();
  /** Keys that were wanted once more after they had been built. */
  readonly #unused = new Set<string>();
  readonly #holds = new Set<Hold>(['worker']);
  readonly #asks: BuildAsks;
  #plan: WorkerPlan | undefined;
  readonly #reported = new Map<string, Reported>();
  #closed = false;
  #current: Current | undefined;
  #running: Promise<void> = Promise.resolve();
  /** Keys for which a worker is taking over. */
  #renewing: ReadonlySet<string> | undefined;
  #failedRenewals = 0;
  #renewalFailure: DetectdError | undefined;
  #next: Timer | undefined;
  #gathering: Timer | undefined;

  constructor(options: EngineKeeperOptions) {
    this.#options = options;
    this.#asks = new BuildAsks(
      () => this.#proceed(),
      () => this.#current?.builder.cancel(),
    );
  }

  /**
   * Builds for a version that does not serve yet, before all else that waits. Resolves when nothing of it is left to be
   * built, with the reasons why engines are missing; at once where no engines are to be built here. Rejects with the
   * reason of the signal, or ENGINE_CANCELLED when close() comes first.
   */
  buildFor(model: ModelPlan, wanted: readonly EngineWish[], signal: AbortSignal): Promise<DetectdError[]> {
    if (this.#holds.has('configuration')) return Promise.resolve([]);
    return this.#asks.add({ model, wanted }, signal);
  }

  /** Process that builds at the moment. */
  get builderPid(): number | undefined {
    return this.#current?.builder.pid;
  }

  /** What is to run from now on; what it has no use for is no longer built. */
  configure(plan: WorkerPlan): void {
    const before = this.#plan;
    if (JSON.stringify(before) === JSON.stringify(plan)) return;
    this.#plan = plan;
    this.#failedRenewals = 0;
    for (const name of this.#failures.keys())
      if (before !== undefined && buildFacts(before, name) !== buildFacts(plan, name))
        this.#failures.delete(name);
    for (const [key, fate] of this.#fates) if (fate.kind === 'failed' && !fate.final) this.#fates.delete(key);
    this.#cancelUnwanted();
    this.#proceed();
  }

  /** A worker serves by the plan, and says what it has and wants. */
  serving(reports: readonly ModelReport[]): void {
    this.#reported.clear();
    for (const { identity, wanted } of reports)
      this.#reported.set(identity.name, { facts: buildFacts(this.#plan, identity.name), wanted });
    const wanted = new Set(reports.flatMap((report) => report.wanted.map(({ key }) => key)));
    for (const key of this.#fresh) {
      if (!wanted.has(key)) this.#fresh.delete(key);
      else if (this.#renewing?.has(key)) this.#builtInVain(key);
    }
    this.#cancelUnwanted();
    this.#holds.delete('worker');
    this.#proceed(SETTLE_MS);
  }

  /** Nothing is begun while there is a reason to wait: no worker, providers being tried, or a user who wants none. */
  hold(why: Hold, holds: boolean): void {
    if (holds) {
      this.#holds.add(why);
      if (why === 'configuration') {
        this.#asks.drop();
        this.#current?.builder.cancel();
      }
    } else if (this.#holds.delete(why)) this.#proceed();
  }

  state(model: string): KeeperState {
    const current = this.#current;
    if (current?.model === model)
      return { phase: 'building', wish: current.wish, progress: current.progress };
    if (this.#holds.has('configuration')) return { phase: 'idle' };
    const own = this.#queue().filter((each) => each.model.name === model);
    const next = nextBuild(own, this.#fates, this.#options.clock.monotonicUs());
    return { phase: next.do === 'nothing' ? 'idle' : 'queued' };
  }

  /** Why the newest build for this model failed, or the worker that should run by its new engine. */
  failure(model: string): DetectdError | undefined {
    const failure = [...(this.#failures.get(model)?.values() ?? [])].at(-1);
    if (failure !== undefined || this.#renewalFailure === undefined) return failure;
    const wanted = this.#reported.get(model)?.wanted ?? [];
    return wanted.some(({ key }) => this.#fresh.has(key)) ? this.#renewalFailure : undefined;
  }

  /** Ends a build within two seconds; nothing of it is left. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#next?.cancel();
    this.#gathering?.cancel();
    this.#asks.close();
    this.#current?.builder.cancel();
    await this.#running;
  }

  /** Begins the next build, renews, or sets a timer for either. */
  #proceed(afterMs = 0): void {
    const { clock } = this.#options;
    if (this.#closed || this.#current !== undefined) return;
    this.#next?.cancel();
    this.#next = undefined;
    if (afterMs > 0) {
      this.#next = clock.after(afterMs, () => this.#proceed());
      return;
    }
    if (this.#holds.size > 0 || !isIdentified(this.#plan)) return;
    const nowUs = clock.monotonicUs();
    const asked = this.#asks.next(this.#fates, nowUs);
    const next = asked.do === 'build' ? asked : nextBuild(this.#queue(), this.#fates, nowUs);
    if (next.do === 'build') {
      this.#running = this.#build(next.model, next.wish, next === asked);
      return;
    }
    const untilUs = [asked, next].flatMap((each) => (each.do === 'wait' ? [each.untilUs] : []));
    if (untilUs.length > 0)
      this.#next = clock.after(Math.ceil((Math.min(...untilUs) - nowUs) / 1000), () => this.#proceed());
    this.#renew();
  }

  async #build(model: ModelPlan, wish: EngineWish, asked: boolean): Promise<void> {
    const { builder, kept = () => [], clock, log } = this.#options;
    const { name } = model;
    const current: Current = {
      model: name,
      asked,
      wish,
      progress: undefined,
      builder: builder({ ...buildJob(this.#plan as WorkerPlan, model, wish), keep: kept() }, (progress) => {
        current.progress = progress;
      }),
    };
    this.#current = current;
    const { provider, precision, mode, key } = wish;
    log.info({ provider, precision, mode, key }, `an engine for "${name}" is being built`);
    const end = await current.builder.run();
    this.#current = undefined;
    if (end.kind === 'built') this.#built(name, wish, end.engine, asked);
    else if (end.kind === 'failed') {
      this.#fates.set(key, failedFate(this.#fates.get(key), end, clock.monotonicUs()));
      const failures = this.#failures.get(name) ?? new Map<string, DetectdError>();
      failures.delete(key);
      if (asked) this.#asks.failed(key, end.error);
      else this.#failures.set(name, failures.set(key, end.error));
      const { code, message, hint } = end.error;
      this.#options.onBuilt?.(name, wish, end.error);
      log.warn({ code, hint, provider, precision, key }, `no engine for "${name}": ${message}`);
    } else log.info({ provider, precision, key }, `the engine for "${name}" is not built to its end`);
    this.#proceed();
  }

  #built(name: string, wish: EngineWish, engine: BuiltEngine, asked: boolean): void {
    const { provider, precision, ms, notes, wasThere } = engine;
    const { clock, log } = this.#options;
    log.info({ provider, precision, ms, notes, wasThere }, `the engine for "${name}" is ready`);
    if (!wasThere) this.#options.onBuilt?.(name, engine);
    this.#fates.set(wish.key, { kind: 'built' });
    // Nobody who serves has a use for it yet.
    if (asked) return;
    this.#failures.get(name)?.delete(wish.key);
    this.#fresh.add(wish.key);
    this.#gathering ??= clock.after(GATHER_MS, () => this.#renew());
  }

  /** Has a fresh worker take over for the engines that are new. */
  #renew(): void {
    this.#gathering?.cancel();
    this.#gathering = undefined;
    const { clock, renew, log } = this.#options;
    if (this.#closed || this.#renewing !== undefined || this.#fresh.size === 0) return;
    if (this.#failedRenewals >= MOST_RENEWALS) return;
    const keys = new Set(this.#fresh);
    this.#renewing = keys;
    const reason = keys.size === 1 ? 'an engine was built' : `${keys.size} engines were built`;
    renew(reason).then(
      () => {
        this.#renewing = undefined;
        this.#failedRenewals = 0;
        this.#renewalFailure = undefined;
        for (const key of keys) this.#fresh.delete(key);
        this.#proceed();
      },
      (thrown) => {
        this.#renewing = undefined;
        this.#failedRenewals += 1;
        this.#renewalFailure = DetectdError.from(thrown);
        const { code, message } = this.#renewalFailure;
        log.warn({ code }, `the new engines are not used yet: ${message}`);
        if (!this.#closed) this.#gathering ??= clock.after(RENEW_AGAIN_MS, () => this.#renew());
      },
    );
  }

  /** A worker that was started for this engine wants it still, as if it was not there. */
  #builtInVain(key: string): void {
    this.#fresh.delete(key);
    const error = new DetectdError(
      'ENGINE_CACHE',
      'An engine was built, and the worker does not find it or cannot use it.',
      'Raise engines.max_size_mb if engines are removed for space; "detectd engines list" shows them.',
    );
    const final = this.#unused.has(key);
    this.#unused.add(key);
    this.#fates.set(key, failedFate(undefined, { error, final }, this.#options.clock.monotonicUs()));
    this.#options.log.warn({ key, hint: error.hint }, error.message);
  }

  #cancelUnwanted(): void {
    const current = this.#current;
    if (current === undefined || current.asked) return;
    const isWanted = this.#queue().some(
      ({ model, wanted }) =>
        model.name === current.model && wanted.some(({ key }) => key === current.wish.key),
    );
    if (!isWanted) current.builder.cancel();
  }

  /** What was reported of a model that is configured otherwise now counts no more. */
  #queue(): ModelWishes[] {
    return (this.#plan?.models ?? []).map((model) => {
      const reported = this.#reported.get(model.name);
      const holds = reported?.facts === buildFacts(this.#plan, model.name);
      return { model, wanted: holds ? (reported?.wanted ?? []) : [] };
    });
  }
}

function isIdentified(plan: WorkerPlan | undefined): boolean {
  return plan?.device.architecture !== undefined;
}

/** All of a plan that a model's engines depend on. */
function buildFacts(plan: WorkerPlan | undefined, name: string): string {
  const model = plan?.models.find((each) => each.name === name);
  if (plan === undefined || model === undefined) return '';
  return JSON.stringify([{ ...model, threshold: 0, faint: 0 }, plan.device, plan.cacheFolder]);
}

function buildJob(plan: WorkerPlan, model: ModelPlan, wish: EngineWish): BuildJob {
  return {
    model,
    wish,
    device: plan.device,
    cacheFolder: plan.cacheFolder,
    maxBytes: plan.maxEngineBytes,
    maxBatch: wish.maxBatch ?? 1,
    again: false,
  };
}
