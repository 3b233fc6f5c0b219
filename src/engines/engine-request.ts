/** What engine a model wants: from its bundle and how it is to run to what the key is made of. Pure. */
import { fixedResizedSize } from '../bundle/geometry.js';
import type { InferCfg } from '../bundle/infer-cfg.js';
import { BYTES_PER_PIXEL, type PixelFormat } from '../core/frame.js';
import type { PreprocessMode } from '../core/prepared-graph.js';
import type { Precision, ProviderName } from '../core/worker-plan.js';
import type { EngineRequest } from './engine-key.js';

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
}

/** In `live` mode pictures have the network's size; in `exact` mode any, so that no shape is part of the key. */
export function engineRequest(wanted: WantedEngine): EngineRequest {
  const { bundle, provider, precision, mode, format, preparation, dlaCore } = wanted;
  const size = mode === 'live' ? fixedResizedSize(bundle.inferCfg) : undefined;
  const picture = size === undefined ? undefined : [1, size.height, size.width, BYTES_PER_PIXEL[format]];
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
