/** What engine a model wants: from its bundle and how it is to run to what the key is made of. Pure. */
import { fixedResizedSize } from '../bundle/geometry.js';
import type { InferCfg } from '../bundle/infer-cfg.js';
import { BYTES_PER_PIXEL, type PixelFormat } from '../core/frame.js';
import type { PreprocessMode, TensorSpec } from '../core/prepared-graph.js';
import type { Precision, ProviderName } from '../core/worker-plan.js';
import type { EngineRequest, InputShape } from './engine-key.js';

export interface WantedEngine {
  bundle: { digest: string; inferCfg: InferCfg };
  provider: ProviderName;
  precision: Precision;
  /** How pictures arrive; `exact` where their size is not the same each time. */
  mode: PreprocessMode;
  format: PixelFormat;
  /** Version of the graph's preparation. */
  preparation: number;
  /** Of TensorRT's engines. */
  dlaCore?: number;
  /** Pictures that the engine takes at once, from 1 to this many; 1 by default. In `live` mode only. */
  maxBatch?: number;
}

/** In `live` mode pictures have the network's size; in `exact` mode any, so that no shape is part of the key. */
export function engineRequest(wanted: WantedEngine): EngineRequest {
  const { bundle, provider, precision, mode, format, preparation, dlaCore, maxBatch = 1 } = wanted;
  const size = mode === 'live' ? fixedResizedSize(bundle.inferCfg) : undefined;
  const picture =
    size === undefined ? undefined : batchShape([size.height, size.width, BYTES_PER_PIXEL[format]], maxBatch);
  return {
    bundleDigest: bundle.digest,
    preparation,
    provider,
    // The CPU computes in the model's own precision, whatever is asked for.
    precision: provider === 'cpu' ? 'fp32' : precision,
    shapes: picture === undefined ? {} : { picture },
    flags: { mode, format, ...(provider === 'tensorrt' && dlaCore !== undefined ? { dlaCore } : {}) },
  };
}

/**
 * What an engine of this many pictures ranges over, by name, for each input of a graph that was opened to batches: what
 * trtexec is told. Inputs whose first dimension alone is open have one.
 */
export function batchShapes(inputs: readonly TensorSpec[], maxBatch: number): Record<string, InputShape> {
  return Object.fromEntries(
    inputs.flatMap(({ name, dims: [first, ...rest] }) =>
      first === null && rest.every((dim) => dim !== null)
        ? [[name, batchShape(rest as number[], maxBatch)]]
        : [],
    ),
  );
}

/** Tuned for full batches: fewer are the exception where batches are wanted at all. */
function batchShape(rest: readonly number[], maxBatch: number): InputShape {
  const of = (batch: number) => [batch, ...rest];
  return maxBatch > 1 ? { min: of(1), opt: of(maxBatch), max: of(maxBatch) } : of(1);
}
