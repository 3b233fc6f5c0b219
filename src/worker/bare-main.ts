/**
 * Entry of the process behind `detectd bench` that runs nothing but session.run(): the limit that the whole
 * daemon is held against, on the same engine and threads, and the exported graph beside it.
 */
import { readFile } from 'node:fs/promises';
import { DetectdError } from '../base/errors.js';
import { type Bundle, openBundle } from '../bundle/bundle.js';
import type { PreprocessMode, TensorValue } from '../core/prepared-graph.js';
import type { ProviderName } from '../core/worker-plan.js';
import { EngineCache } from '../engines/engine-cache.js';
import { engineChoices } from '../engines/engine-choice.js';
import { needsExactMode } from '../graph/picture-feeds.js';
import { PREPARATION_VERSION, prepareGraph } from '../graph/prepare.js';
import { Session } from '../inference/session.js';
import {
  type BareGraph,
  type BareOpen,
  type FromBare,
  TO_BARE_TYPES,
  type ToBare,
} from '../ipc/bench-protocol.js';
import { ParentChannel } from '../ipc/channel.js';
import { exportedFeeds, preparedFeeds } from './bare-feeds.js';
import { tryBatches } from './batch-fit.js';
import { loadEngine } from './engine-session.js';

interface Loop {
  session: Session;
  feeds: Record<string, TensorValue>;
}

/** Before anything is timed. */
const WARM_RUNS = 3;

const channel = new ParentChannel<FromBare, ToBare>(TO_BARE_TYPES);
const loops = new Map<BareGraph, Loop>();
let opened: { order: BareOpen; bundle: Bundle } | undefined;
let last: Promise<void> = Promise.resolve();

async function open(order: BareOpen): Promise<void> {
  const { model, batch, format, device, cacheFolder } = order;
  const { provider, precision, dlaCore } = model;
  const bundle = await openBundle(model.bundle, cacheFolder);
  opened = { order, bundle };
  const mode = needsExactMode(bundle.inferCfg) ? 'exact' : 'live';
  const [choice] = engineChoices({
    ...{ bundle, mode, format, precision, device, providers: [provider], maxBatch: batch },
    preparation: PREPARATION_VERSION,
    ...(dlaCore === undefined ? {} : { dlaCore }),
  });
  if (choice === undefined)
    throw new DetectdError(
      'PROVIDER_UNAVAILABLE',
      'An engine of TensorRT takes pictures of one size, and those of this model keep their own.',
      'Use the provider cuda or cpu for it.',
    );
  // Given a graph, TensorRT would build an engine without a word.
  const prepareMs = provider === 'tensorrt' ? null : await prepare(order, bundle, mode);
  channel.send({ type: 'opened', wish: choice.wish, prepareMs, exported: loops.has('exported') });
}

/** Loads the graph as a worker without an engine does, and the exported one; returns how long the first took. */
async function prepare(
  { model, batch, format }: BareOpen,
  bundle: Bundle,
  mode: PreprocessMode,
): Promise<number> {
  const { provider, threads } = model;
  const { inferCfg: cfg, modelPath: where } = bundle;
  const startedMs = performance.now();
  const exported = await readFile(where);
  const processor = provider === 'cpu' ? 'cpu' : 'gpu';
  const graph = prepareGraph(exported, cfg, { mode, format, processor, where, maxBatch: batch });
  const served = {
    session: await Session.load(graph.model, { provider, threads, where }),
    feeds: preparedFeeds(graph, cfg, 1),
  };
  await served.session.run(served.feeds);
  const prepareMs = performance.now() - startedMs;
  if (batch > 1) {
    await tryBatches(graph, bundle);
    served.feeds = preparedFeeds(graph, cfg, batch);
  } else {
    const session = await Session.load(exported, { provider, threads, where });
    await warm('exported', { session, feeds: exportedFeeds(session.inputs, graph, cfg) });
  }
  await warm('served', served);
  return prepareMs;
}

async function loadFromCache(key: string, provider: ProviderName): Promise<void> {
  if (opened === undefined) throw new DetectdError('INTERNAL', 'No bundle was opened.');
  const { order, bundle } = opened;
  const { inferCfg: cfg, modelPath: where } = bundle;
  const startedMs = performance.now();
  // Whoever built it keeps it within its limits.
  const cache = new EngineCache({ folder: order.cacheFolder, maxBytes: Number.MAX_SAFE_INTEGER });
  const found = await cache.open(key);
  if (found.state !== 'usable')
    throw new DetectdError('ENGINE_BAD', 'The engine that was built just now is gone.');
  const { graph, session } = await loadEngine(found.engine, {
    provider,
    threads: order.model.threads,
    where,
  });
  await session.run(preparedFeeds(graph, cfg, 1));
  const loadMs = performance.now() - startedMs;
  await loops.get('served')?.session.release();
  await warm('served', { session, feeds: preparedFeeds(graph, cfg, order.batch) });
  const { build, files } = found.engine.manifest;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  channel.send({ type: 'engine', loadMs, buildMs: build.ms, bytes });
}

async function warm(graph: BareGraph, loop: Loop): Promise<void> {
  loops.set(graph, loop);
  for (let run = 0; run < WARM_RUNS; run += 1) await loop.session.run(loop.feeds);
}

async function loop(graph: BareGraph, seconds: number): Promise<void> {
  const found = loops.get(graph);
  if (found === undefined) throw new DetectdError('INTERNAL', `There is no ${graph} graph to run.`);
  const { session, feeds } = found;
  const started = performance.now();
  let runs = 0;
  let elapsed = 0;
  while (elapsed < seconds * 1000) {
    await session.run(feeds);
    runs += 1;
    elapsed = performance.now() - started;
  }
  channel.send({ type: 'looped', graph, runs, seconds: elapsed / 1000 });
}

async function obey(message: ToBare): Promise<void> {
  if (message.type === 'loop') await loop(message.graph, message.seconds);
  else if (message.type === 'engine') await loadFromCache(message.key, message.provider);
  else await open(message);
}

channel.start({
  onMessage: (message) => {
    last = last
      .then(() => obey(message))
      .catch(async (error: unknown) => {
        channel.send({ type: 'fatal', error: DetectdError.from(error).toData() });
        await channel.drained();
        process.exit(1);
      });
  },
  onParentGone: () => process.exit(0),
});
