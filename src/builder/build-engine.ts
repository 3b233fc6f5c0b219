/**
 * Builds one engine: prepares the graph, has it built, holds it against the CPU and puts it into the cache. Where an
 * engine does not agree, or a precision cannot be had, the next higher one is built.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { type Bundle, openBundle } from '../bundle/bundle.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { BuildProgress, BuiltEngine, EngineWish } from '../core/engine.js';
import type { PreparedGraph } from '../core/prepared-graph.js';
import type { ProviderName } from '../core/worker-plan.js';
import type { CachedEngine } from '../engines/cached-engine.js';
import type { EngineBuild } from '../engines/engine-build.js';
import { EngineCache } from '../engines/engine-cache.js';
import { type EngineChoice, engineChoices } from '../engines/engine-choice.js';
import { forgetRefusal, isSettled, noteRefusal, readRefusals } from '../engines/engine-refusals.js';
import { expectedBuildMs } from '../engines/expected-time.js';
import { GRAPH_FACTS, graphFactsText } from '../engines/graph-facts.js';
import { prepareTimingFolder, timingCachePath } from '../engines/timing-folder.js';
import { requireBatches } from '../graph/batch-trial.js';
import { PREPARATION_VERSION, type PrepareOptions, prepareGraph } from '../graph/prepare.js';
import type { BuildJob } from '../ipc/builder-protocol.js';
import { buildFailure, isFinal, isNoted, mayRaisePrecision } from './build-failure.js';
import { ProgressTeller } from './build-progress.js';
import { type MakerTools, makeEngine, wantsTypedGraph } from './engine-maker.js';
import { type OpenSession, proveEngine } from './prove-engine.js';

export interface BuilderParts extends Omit<MakerTools, 'onPhase'> {
  clock: Clock;
  openSession: OpenSession;
  onProgress: (progress: BuildProgress) => void;
}

interface Work {
  job: BuildJob;
  parts: BuilderParts;
  bundle: Bundle;
  cache: EngineCache;
  progress: ProgressTeller;
  /** What a reader of the engine's record should know. */
  notes: string[];
}

/** Throws ENGINE_…, MODEL_…, BUNDLE_… and PROVIDER_UNAVAILABLE; what was built in vain is gone then. */
export async function buildEngine(job: BuildJob, parts: BuilderParts): Promise<BuiltEngine> {
  const { wish, model, cacheFolder, maxBytes, keep = [] } = job;
  requireProvider(wish.provider, job.device);
  const bundle = await openBundle(model.bundle, cacheFolder);
  const choices = choicesOf(job, bundle);
  const cache = new EngineCache({ folder: cacheFolder, maxBytes, keep, clock: parts.clock });
  const progress = new ProgressTeller(parts.clock, wish.provider, wish.precision, parts.onProgress);
  const work: Work = { job, parts, bundle, cache, progress, notes: [] };
  try {
    for (const [index, choice] of choices.entries()) {
      try {
        const { engine, wasThere } = await oneEngine(work, choice);
        await engine.close();
        const bytes = engine.manifest.files.reduce((sum, file) => sum + file.bytes, 0);
        const { key, provider, precision } = choice.wish;
        return {
          key,
          provider,
          precision,
          wasThere,
          bytes,
          ms: Math.round(progress.elapsedMs),
          notes: work.notes,
        };
      } catch (thrown) {
        const error = DetectdError.from(thrown);
        if (index === choices.length - 1 || !mayRaisePrecision(error.code)) throw error;
        work.notes.push(`There is no ${choice.wish.precision} engine: ${error.message}`);
      }
    }
    throw new DetectdError('INTERNAL', 'No engine was asked for.');
  } finally {
    progress.close();
  }
}

/** The engine that was wished for, and those of higher precision. */
function choicesOf(job: BuildJob, bundle: Bundle): EngineChoice[] {
  const { wish, model, device, maxBatch } = job;
  const { mode, format, provider, precision } = wish;
  const choices = engineChoices({
    ...{ bundle, mode, format, device, precision, maxBatch, providers: [provider] },
    preparation: PREPARATION_VERSION,
    ...(model.dlaCore === undefined ? {} : { dlaCore: model.dlaCore }),
  });
  if (choices[0]?.wish.key === wish.key) return choices;
  throw otherBundle(job);
}

function otherBundle({ model }: BuildJob): DetectdError {
  return new DetectdError(
    'ENGINE_CANCELLED',
    `The bundle ${model.bundle}, or the machine, is no longer what the engine was asked for.`,
    'Reload detectd, which asks for the engine that fits now.',
  );
}

async function oneEngine(
  work: Work,
  choice: EngineChoice,
): Promise<{ engine: CachedEngine; wasThere: boolean }> {
  const { job, parts, cache, progress } = work;
  const { key, wish } = choice;
  const { signal } = parts;
  progress.begin(wish.precision, expectedBuildMs(await cache.list(), key, nameOf(work)));
  if (job.again) await forgetRefusal(job.cacheFolder, key.digest);
  else await requireNoRefusal(job.cacheFolder, key.digest);
  const acquired = await cache.acquire(key, { signal, onWait: () => progress.enter('waiting') });
  if (acquired.kind === 'engine') return { engine: acquired.engine, wasThere: true };
  const { build } = acquired;
  try {
    return { engine: await makeAndCommit(work, choice, build), wasThere: false };
  } catch (thrown) {
    await build.abandon();
    if (signal.aborted) throw cancelled(thrown);
    const failure = buildFailure(thrown);
    const { code, message, hint } = failure;
    if (isNoted(code)) {
      await requireUnchanged(work);
      const refusal = { code, reason: message, hint, final: isFinal(code) };
      await noteRefusal(job.cacheFolder, key.digest, refusal, parts.clock).catch(() => {});
    }
    throw failure;
  }
}

async function makeAndCommit(work: Work, choice: EngineChoice, build: EngineBuild): Promise<CachedEngine> {
  const { job, parts, bundle, progress, notes } = work;
  const { signal, openSession } = parts;
  const { wish } = choice;
  const { model, device, cacheFolder, maxBatch } = job;
  const startMs = progress.elapsedMs;
  progress.enter('preparing');
  const exported = await readFile(bundle.modelPath);
  const { mode, format } = wish;
  const where = bundle.modelPath;
  const prepare = (options: Pick<PrepareOptions, 'processor' | 'precision' | 'maxBatch'>): PreparedGraph =>
    prepareGraph(exported, bundle.inferCfg, { mode, format, where, ...options });
  const processor = wish.provider === 'cpu' ? 'cpu' : 'gpu';
  const graph = prepare({ processor, precision: graphPrecision(wish, device), maxBatch });
  if (maxBatch > 1) await tryBatches(graph, bundle, openSession);
  const preparedMs = progress.elapsedMs;
  const timingCache = timingCachePath(cacheFolder, choice.key);
  if (wish.provider === 'tensorrt') await prepareTimingFolder(cacheFolder, timingCache);
  const { folder, lockFd } = build;
  const made = await makeEngine(
    { graph, bundle, model, wish, device, maxBatch, folder, timingCache, lockFd },
    { ...parts, onPhase: (phase, attempt) => progress.enter(phase, attempt) },
  );
  signal.throwIfAborted();
  progress.enter('accepting');
  const acceptingMs = progress.elapsedMs;
  const { provider, precision } = wish;
  const engine = await openSession(join(folder, made.file), {
    ...{ provider, where, threads: model.threads, built: true },
  });
  // As exported, without what the optimiser makes of it: it may be the optimiser that errs.
  const reference = provider === 'cpu' ? graph : prepare({ processor: 'cpu' });
  const cpu = await openSession(reference.model, {
    ...{ provider: 'cpu', where, threads: model.threads, built: true },
  });
  const proven = await proveEngine({ engine, cpu, graph, bundle, model, precision, signal });
  const endMs = progress.elapsedMs;
  signal.throwIfAborted();
  progress.enter('saving');
  const { model: _bytes, ...facts } = graph;
  await writeFile(join(folder, GRAPH_FACTS), graphFactsText(facts));
  notes.push(...made.notes, ...proven.notes);
  await requireUnchanged(work);
  return build.commit({
    model: { name: nameOf(work), version: bundle.version },
    build: {
      ms: Math.round(endMs - startMs),
      phases_ms: rounded({
        preparing: preparedMs - startMs,
        ...made.phasesMs,
        accepting: endMs - acceptingMs,
      }),
      log: made.log,
    },
    acceptance: { reference: 'cpu', ...proven.figures, notes: [...notes] },
  });
}

/**
 * Its files are read again after the key was made of them, perhaps long after: an engine of what has come in their place
 * must not be kept, nor be refused, under that key. Throws ENGINE_CANCELLED.
 */
async function requireUnchanged({ bundle, job }: Work): Promise<void> {
  const now = await openBundle(bundle.folder, job.cacheFolder).catch(() => undefined);
  if (now?.digest !== bundle.digest) throw otherBundle(job);
}

/** Before minutes are spent on an engine that would mix pictures. Throws MODEL_INPUT. */
async function tryBatches(graph: PreparedGraph, bundle: Bundle, openSession: OpenSession): Promise<void> {
  const where = bundle.modelPath;
  const cpu = await openSession(graph.model, { provider: 'cpu', threads: 0, where });
  try {
    await requireBatches({ graph, cfg: bundle.inferCfg, run: (feeds) => cpu.run(feeds), where });
  } finally {
    await cpu.release();
  }
}

/** FP16 is in the graph itself for what computes in the types of the graph. */
function graphPrecision({ provider, precision }: EngineWish, device: DeviceInfo): 'fp32' | 'fp16' {
  const typed = provider === 'cuda' || (provider === 'tensorrt' && wantsTypedGraph(device));
  return precision === 'fp16' && typed ? 'fp16' : 'fp32';
}

function rounded(times: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(times).map(([phase, ms]) => [phase, Math.round(ms)]));
}

/** What engines of the model are filed under. */
function nameOf({ bundle, job }: Work): string {
  return bundle.manifest?.name ?? job.model.name;
}

async function requireNoRefusal(cacheFolder: string, key: string): Promise<void> {
  const refusal = (await readRefusals(cacheFolder)).get(key);
  if (refusal === undefined || !isSettled(refusal)) return;
  // A code of a version before or after this one may be unknown here.
  const code = refusal.code === 'ENGINE_UNSUPPORTED' ? 'ENGINE_UNSUPPORTED' : 'ENGINE_REFUSED';
  throw new DetectdError(
    code,
    `${refusal.reason.replace(/\.$/, '')} (found ${refusal.at.slice(0, 10)}, and not tried again).`,
    `${refusal.hint ?? ''} "detectd engines build --again" tries it once more.`.trim(),
  );
}

/** Before minutes are spent on an engine that nothing here could run. */
function requireProvider(
  provider: ProviderName,
  { onnxruntimeProviders }: Pick<DeviceInfo, 'onnxruntimeProviders'>,
): void {
  if (onnxruntimeProviders === undefined || onnxruntimeProviders.split(', ').includes(provider)) return;
  throw new DetectdError(
    'PROVIDER_UNAVAILABLE',
    `This onnxruntime-node brings the providers ${onnxruntimeProviders}, and not ${provider}.`,
    'Install an onnxruntime-node that was built with it ("detectd doctor" says how), or set provider: cpu or auto.',
  );
}

function cancelled(thrown: unknown): DetectdError {
  const error = DetectdError.from(thrown);
  if (error.code === 'ENGINE_CANCELLED') return error;
  return new DetectdError('ENGINE_CANCELLED', 'The build of the engine was stopped.', undefined, {
    cause: thrown,
  });
}
