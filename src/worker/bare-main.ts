/**
 * Entry of the process behind `detectd bench` that runs nothing but session.run(): the limit that the whole
 * daemon is held against, on the same prepared graph and threads, and the exported graph beside it.
 */
import { readFile } from 'node:fs/promises';
import { DetectdError } from '../base/errors.js';
import { openBundle } from '../bundle/bundle.js';
import { BYTES_PER_PIXEL } from '../core/frame.js';
import type { PreparedGraph, TensorSpec, TensorValue } from '../core/prepared-graph.js';
import type { ModelPlan } from '../core/worker-plan.js';
import { auxiliaryFeeds, needsExactMode, pictureGeometry } from '../graph/picture-feeds.js';
import { prepareGraph } from '../graph/prepare.js';
import { Session } from '../inference/session.js';
import { type BareGraph, type FromBare, TO_BARE_TYPES, type ToBare } from '../ipc/bench-protocol.js';
import { ParentChannel } from '../ipc/channel.js';

interface Loop {
  session: Session;
  feeds: Record<string, TensorValue>;
}

const channel = new ParentChannel<FromBare, ToBare>(TO_BARE_TYPES);
const loops = new Map<BareGraph, Loop>();
let last: Promise<void> = Promise.resolve();

async function open(plan: ModelPlan, scratchFolder: string): Promise<void> {
  const bundle = await openBundle(plan.bundle, scratchFolder);
  const model = await readFile(bundle.modelPath);
  const where = bundle.modelPath;
  const mode = needsExactMode(bundle.inferCfg) ? 'exact' : 'live';
  const graph = prepareGraph(model, bundle.inferCfg, { mode, format: 'RGB', processor: 'cpu', where });
  const options = {
    provider: plan.provider === 'auto' ? 'cpu' : plan.provider,
    threads: plan.threads,
    where,
  } as const;
  const { networkWidth, networkHeight } = graph;
  const auxiliary = auxiliaryFeeds(graph, pictureGeometry(bundle.inferCfg, networkWidth, networkHeight));
  const prepared = await Session.load(graph.model, options);
  loops.set('prepared', {
    session: prepared,
    feeds: { ...auxiliary, [graph.imageInput]: preparedPicture(graph) },
  });
  const exported = await Session.load(model, options);
  loops.set('exported', { session: exported, feeds: exportedFeeds(exported.inputs, auxiliary, graph) });
  for (const loop of loops.values()) for (let run = 0; run < 3; run += 1) await loop.session.run(loop.feeds);
}

function preparedPicture(graph: PreparedGraph): TensorValue {
  const channels = BYTES_PER_PIXEL[graph.format];
  const data = new Uint8Array(graph.networkWidth * graph.networkHeight * channels);
  for (let index = 0; index < data.length; index += 1) data[index] = (index * 7919) % 256;
  return { type: 'uint8', data, dims: [1, graph.networkHeight, graph.networkWidth, channels] };
}

/** The exported graph takes the same picture as normalised floats. */
function exportedFeeds(
  inputs: TensorSpec[],
  auxiliary: Record<string, TensorValue>,
  graph: PreparedGraph,
): Record<string, TensorValue> {
  const dims = [1, 3, graph.networkHeight, graph.networkWidth];
  const data = new Float32Array(3 * graph.networkHeight * graph.networkWidth);
  for (let index = 0; index < data.length; index += 1) data[index] = ((index * 7919) % 256) / 64 - 2;
  const feeds: Record<string, TensorValue> = {};
  for (const { name } of inputs) feeds[name] = auxiliary[name] ?? { type: 'float32', data, dims };
  return feeds;
}

async function loop(graph: BareGraph, seconds: number): Promise<void> {
  const { session, feeds } = loops.get(graph) as Loop;
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
  if (message.type === 'loop') {
    await loop(message.graph, message.seconds);
  } else {
    await open(message.model, message.scratchFolder);
    channel.send({ type: 'opened' });
  }
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
