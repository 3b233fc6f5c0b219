/**
 * Which engines a model could run by here, best first: providers in their order, and for each the precision that was
 * asked for before those above it, which are built when it does not agree with the CPU. Pure.
 */
import type { InferCfg } from '../bundle/infer-cfg.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { EngineWish } from '../core/engine.js';
import type { PixelFormat } from '../core/frame.js';
import type { PreprocessMode } from '../core/prepared-graph.js';
import type { Precision, ProviderName } from '../core/worker-plan.js';
import { type EngineKey, engineKey } from './engine-key.js';
import { engineRequest } from './engine-request.js';

export interface EngineChoiceOptions {
  bundle: { digest: string; inferCfg: InferCfg };
  mode: PreprocessMode;
  format: PixelFormat;
  /** To be trusted, best first. */
  providers: readonly ProviderName[];
  precision: Precision;
  device: DeviceInfo;
  /** Version of the graph's preparation. */
  preparation: number;
  dlaCore?: number;
  /** Pictures at once; 1 by default. */
  maxBatch?: number;
}

export interface EngineChoice {
  wish: EngineWish;
  key: EngineKey;
}

const LADDER: Record<ProviderName, Record<Precision, readonly Precision[]>> = {
  tensorrt: { int8: ['int8', 'fp16', 'fp32'], fp16: ['fp16', 'fp32'], fp32: ['fp32'] },
  // Its kernels take no INT8 beyond what the model holds itself; float16 is the nearest.
  cuda: { int8: ['fp16', 'fp32'], fp16: ['fp16', 'fp32'], fp32: ['fp32'] },
  cpu: { int8: ['fp32'], fp16: ['fp32'], fp32: ['fp32'] },
};

/** Precisions that a provider can be asked for in place of `precision`, the nearest first. */
export function precisionsFor(provider: ProviderName, precision: Precision): readonly Precision[] {
  return LADDER[provider][precision];
}

/** An engine of TensorRT takes pictures of one size: where sizes vary, as in exact mode, it is left out. */
export function engineChoices(options: EngineChoiceOptions): EngineChoice[] {
  const { providers, mode, format, device, ...rest } = options;
  const { maxBatch = 1 } = options;
  const batch = maxBatch > 1 ? { maxBatch } : {};
  return providers
    .filter((provider) => provider !== 'tensorrt' || mode === 'live')
    .flatMap((provider) =>
      precisionsFor(provider, options.precision).map((precision) => {
        const key = engineKey(engineRequest({ ...rest, mode, format, provider, precision }), device);
        return { wish: { key: key.digest, provider, precision, mode, format, ...batch }, key };
      }),
    );
}
