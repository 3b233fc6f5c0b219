/** Whether a model can take several pictures at once: its graph is prepared for it and tried on the CPU, which all providers agree with. */
import { readFile } from 'node:fs/promises';
import type { Bundle } from '../bundle/bundle.js';
import type { PixelFormat } from '../core/frame.js';
import type { PreparedGraph } from '../core/prepared-graph.js';
import { requireBatches } from '../graph/batch-trial.js';
import { prepareGraph } from '../graph/prepare.js';
import { Session } from '../inference/session.js';

type Fit = Pick<Bundle, 'modelPath' | 'inferCfg'>;

/** Throws MODEL_INPUT when it cannot, and what the preparation and the session throw. */
export async function requireBatchFit(bundle: Fit, format: PixelFormat, maxBatch: number): Promise<void> {
  const { modelPath: where, inferCfg } = bundle;
  const how = { mode: 'live', processor: 'cpu', format, where, maxBatch } as const;
  await tryBatches(prepareGraph(await readFile(where), inferCfg, how), bundle);
}

/** `graph` was made with `maxBatch` above 1. Throws MODEL_INPUT when it mixes pictures or refuses them. */
export async function tryBatches(
  graph: PreparedGraph,
  { inferCfg: cfg, modelPath: where }: Fit,
): Promise<void> {
  const session = await Session.load(graph.model, { provider: 'cpu', threads: 0, where });
  try {
    await requireBatches({ graph, cfg, run: (feeds) => session.run(feeds), where });
  } finally {
    await session.release();
  }
}
