/** What `detectd bench` and the process that runs bare inference loops say to each other. */
import type { ErrorData } from '../base/errors.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { EngineWish } from '../core/engine.js';
import type { PixelFormat } from '../core/frame.js';
import type { ModelPlan, ProviderName } from '../core/worker-plan.js';

/** `served` is what a worker runs: the engine, or the prepared graph; `exported` the file as it comes from the bundle. */
export type BareGraph = 'served' | 'exported';

export interface BareOpen {
  model: ModelPlan & { provider: ProviderName };
  /** Pictures per run. */
  batch: number;
  /** Of the frames that cameras deliver here. */
  format: PixelFormat;
  device: DeviceInfo;
  /** With the engines and unpacked bundles. */
  cacheFolder: string;
}

export type ToBare =
  /** Prepares the graph and loads it, where the provider can do with a graph. */
  | ({ type: 'open' } & BareOpen)
  /** Loads the engine of this key, which takes the graph's place. */
  | { type: 'engine'; key: string; provider: ProviderName }
  /** Run the session alone, over and over, for about this long. */
  | { type: 'loop'; graph: BareGraph; seconds: number };

export type FromBare =
  | {
      type: 'opened';
      /** The engine to build for this. */
      wish: EngineWish;
      /** From the files to the end of the first run; null where nothing but an engine can run. */
      prepareMs: number | null;
      /** Whether the exported graph can be run, too. */
      exported: boolean;
    }
  /** `loadMs` from the cache to the end of the first run. */
  | { type: 'engine'; loadMs: number; buildMs: number; bytes: number }
  | { type: 'looped'; graph: BareGraph; runs: number; seconds: number }
  | { type: 'fatal'; error: ErrorData };

export const TO_BARE_TYPES: ReadonlySet<string> = new Set<ToBare['type']>(['open', 'engine', 'loop']);
export const FROM_BARE_TYPES: ReadonlySet<string> = new Set<FromBare['type']>([
  'opened',
  'engine',
  'looped',
  'fatal',
]);
