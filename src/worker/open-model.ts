/**
 * What a model runs by: an engine from the cache where there is one for exactly this machine, else its graph, prepared
 * here and now on the best provider that needs no engine. What would have been better is told, so that it is built.
 */
import { readFile } from 'node:fs/promises';
import { DetectdError, messageOf } from '../base/errors.js';
import type { Bundle } from '../bundle/bundle.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { EngineWish } from '../core/engine.js';
import type { PixelFormat } from '../core/frame.js';
import type { GraphFacts, PreprocessMode } from '../core/prepared-graph.js';
import type { ModelPlan, Precision, ProviderName } from '../core/worker-plan.js';
import type { CachedEngine } from '../engines/cached-engine.js';
import type { EngineCache } from '../engines/engine-cache.js';
import { type EngineChoice, engineChoices } from '../engines/engine-choice.js';
import { isSettled, type Refusals } from '../engines/engine-refusals.js';
import { PREPARATION_VERSION, prepareGraph } from '../graph/prepare.js';
import { Session } from '../inference/session.js';
import { requireBatchFit } from './batch-fit.js';
import { loadEngine } from './engine-session.js';

/** Where engines come from; without it every graph is prepared. */
export interface EngineAccess {
  cache: Pick<EngineCache, 'open' | 'setAside'>;
  refusals: Refusals;
  device: DeviceInfo;
  /** Told before an engine is loaded and when it has run once: one that takes the process with it is known next time. */
  watch: { begun(key: string): Promise<void>; survived(key: string): Promise<void> };
}

export interface OpenModelOptions {
  mode: PreprocessMode;
  format: PixelFormat;
  /** To be trusted, best first. */
  providers: readonly ProviderName[];
  engines: EngineAccess | undefined;
}

export interface OpenedModel {
  graph: GraphFacts;
  session: Session;
  provider: ProviderName;
  precision: Precision;
  /** In use until it is closed; undefined where the graph was prepared. */
  engine: CachedEngine | undefined;
  /** To be called when it has run once. */
  survived: () => Promise<void>;
  wanted: EngineWish[];
  /** Pictures that it takes at once, in live mode. */
  maxBatch: number;
  notes: string[];
}

/** Throws MODEL_…, and PROVIDER_UNAVAILABLE when no provider of the list can serve. */
export async function openModel(
  asked: ModelPlan,
  bundle: Bundle,
  options: OpenModelOptions,
): Promise<OpenedModel> {
  const { providers, engines } = options;
  const wanted: EngineWish[] = [];
  const notes: string[] = [];
  const maxBatch = await possibleBatch(asked, bundle, options, notes);
  const plan = { ...asked, maxBatch };
  let failure: DetectdError | undefined;
  for (const provider of providers) {
    if (engines !== undefined) {
      const found = await openEngine(plan, bundle, provider, engines, { options, wanted, notes });
      if (found !== undefined) return { ...found, maxBatch, wanted, notes };
    }
    // Without an engine, TensorRT would build one here, for minutes and without a word.
    if (provider === 'tensorrt') continue;
    try {
      return { ...(await prepareHere(plan, bundle, provider, options)), maxBatch, wanted, notes };
    } catch (thrown) {
      const error = DetectdError.from(thrown);
      if (provider === 'cpu' || !isCircumstance(error)) throw error;
      failure ??= error;
      notes.push(`not on ${provider}: ${error.message}`);
    }
  }
  throw failure ?? nothingServes(options);
}

interface Search {
  options: OpenModelOptions;
  wanted: EngineWish[];
  notes: string[];
}

type Served = Omit<OpenedModel, 'maxBatch' | 'wanted' | 'notes'>;

/** The first engine of `provider` that is there and whole; the first that is not is wanted. */
async function openEngine(
  plan: ModelPlan,
  bundle: Bundle,
  provider: ProviderName,
  access: EngineAccess,
  { options, wanted, notes }: Search,
): Promise<Served | undefined> {
  const { cache, refusals } = access;
  const choices = choicesOf(plan, bundle, [provider], options, access);
  let missing: EngineWish | undefined;
  for (const choice of choices) {
    const refusal = refusals.get(choice.key.digest);
    if (refusal !== undefined && isSettled(refusal)) {
      notes.push(`no ${provider} ${choice.wish.precision} engine: ${refusal.reason}`);
      continue;
    }
    const found = await lookUp(cache, choice, notes);
    const served = found === undefined ? undefined : await load(plan, bundle, choice, found, access, notes);
    if (served === undefined) missing ??= choice.wish;
    else {
      if (missing !== undefined) wanted.push(missing);
      return served;
    }
  }
  if (missing !== undefined) wanted.push(missing);
  return undefined;
}

function choicesOf(
  { precision, dlaCore, maxBatch = 1 }: ModelPlan,
  bundle: Bundle,
  providers: readonly ProviderName[],
  { mode, format }: OpenModelOptions,
  { device }: EngineAccess,
): EngineChoice[] {
  return engineChoices({
    ...{ bundle, mode, format, precision, device, providers, maxBatch },
    preparation: PREPARATION_VERSION,
    ...(dlaCore === undefined ? {} : { dlaCore }),
  });
}

/** What is asked for where the model can do it: an engine for it was proven when it was built, all else is tried here. */
async function possibleBatch(
  plan: ModelPlan,
  bundle: Bundle,
  options: OpenModelOptions,
  notes: string[],
): Promise<number> {
  const { maxBatch = 1 } = plan;
  const { mode, format, engines, providers } = options;
  if (maxBatch === 1 || mode === 'exact') return 1;
  if (engines !== undefined)
    for (const choice of choicesOf(plan, bundle, providers, options, engines)) {
      const found = await lookUp(engines.cache, choice, []);
      await found?.close();
      if (found !== undefined) return maxBatch;
    }
  try {
    await requireBatchFit(bundle, format, maxBatch);
    return maxBatch;
  } catch (error) {
    notes.push(`takes pictures one by one and not ${maxBatch} at once: ${messageOf(error)}`);
    return 1;
  }
}

/** A cache that cannot be used keeps nobody from running. */
async function lookUp(
  cache: EngineAccess['cache'],
  { key, wish }: EngineChoice,
  notes: string[],
): Promise<CachedEngine | undefined> {
  try {
    const found = await cache.open(key.digest);
    if (found.state === 'usable') return found.engine;
    if (found.state === 'bad')
      notes.push(`the ${wish.provider} ${wish.precision} engine was damaged: ${found.reason}`);
  } catch (error) {
    notes.push(`the engine cache cannot be used: ${messageOf(error)}`);
  }
  return undefined;
}

/** One that is whole but does not load is set aside with the reason. */
async function load(
  plan: ModelPlan,
  bundle: Bundle,
  { wish: { provider, precision, key } }: EngineChoice,
  engine: CachedEngine,
  { cache, watch }: EngineAccess,
  notes: string[],
): Promise<Served | undefined> {
  await watch.begun(key);
  try {
    const where = `the engine of ${bundle.modelPath}`;
    const { graph, session } = await loadEngine(engine, { provider, threads: plan.threads, where });
    return { graph, session, provider, precision, engine, survived: () => watch.survived(key) };
  } catch (error) {
    await watch.survived(key);
    await engine.close();
    const reason = messageOf(error);
    notes.push(`the ${provider} ${precision} engine does not load: ${reason}`);
    // Neither a provider that went away nor a lack of memory is the engine's fault.
    if (!(error instanceof DetectdError && isCircumstance(error)))
      await cache.setAside(key, `it does not load: ${reason}`).catch(() => undefined);
    return undefined;
  }
}

/** Of the provider and the moment, not of the model. */
function isCircumstance({ code }: DetectdError): boolean {
  return code === 'PROVIDER_UNAVAILABLE' || code === 'ENGINE_MEMORY';
}

async function prepareHere(
  plan: ModelPlan,
  bundle: Bundle,
  provider: ProviderName,
  { mode, format }: OpenModelOptions,
): Promise<Served> {
  const where = bundle.modelPath;
  const processor = provider === 'cpu' ? 'cpu' : 'gpu';
  const how = { mode, format, processor, where, maxBatch: plan.maxBatch ?? 1 } as const;
  const prepared = prepareGraph(await readFile(where), bundle.inferCfg, how);
  const { model, ...graph } = prepared;
  const session = await Session.load(model, { provider, threads: plan.threads, where });
  return { graph, session, provider, precision: 'fp32', engine: undefined, survived: async () => {} };
}

function nothingServes({ mode, providers }: OpenModelOptions): DetectdError {
  const fixed =
    'The provider tensorrt cannot serve this: its engines take pictures of one size, and here they may have any.';
  return new DetectdError(
    'PROVIDER_UNAVAILABLE',
    mode === 'exact' ? fixed : `Without an engine the provider ${providers.join(', ')} cannot serve.`,
    mode === 'exact'
      ? 'Use the provider cuda or cpu for this.'
      : 'Build it with "detectd engines build", or set provider: auto, which serves with others meanwhile.',
  );
}
