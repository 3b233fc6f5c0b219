/**
 * An engine that a model could run by: what a worker asks for when it had to do without, what a builder makes, and what
 * serves in the end. The cache knows it by its key alone.
 */
import type { PixelFormat } from './frame.js';
import type { PreprocessMode } from './prepared-graph.js';
import type { Precision, ProviderName } from './worker-plan.js';

export interface EngineWish {
  /** 64 hexadecimal digits; the name of its folder in the cache. */
  key: string;
  provider: ProviderName;
  precision: Precision;
  mode: PreprocessMode;
  format: PixelFormat;
  /** Pictures that it takes at once, from 1 to this many; 1 by default. */
  maxBatch?: number;
}

/** What a builder does, in this order; those of trtexec come between `preparing` and `accepting`. */
export type BuildPhase =
  /** Another process builds the same engine. */
  | 'waiting'
  | 'preparing'
  /** TensorRT reads the graph. */
  | 'parsing'
  | 'building'
  /** TensorRT loads what it has built. */
  | 'loading'
  /** The engine is held against the CPU on pictures. */
  | 'accepting'
  | 'saving';

export interface BuildProgress {
  phase: BuildPhase;
  provider: ProviderName;
  /** Goes up when an engine of less did not agree with the CPU. */
  precision: Precision;
  /** Since the build began. */
  elapsedMs: number;
  /** How long the whole build should take, from those before; undefined where there was none. */
  expectedMs: number | undefined;
  /** 1, and 2 when the first ran out of memory. */
  attempt: number;
}

/** What came of a build. */
export interface BuiltEngine {
  key: string;
  provider: ProviderName;
  /** May be above what was asked for. */
  precision: Precision;
  /** It was in the cache, or another process has built it meanwhile. */
  wasThere: boolean;
  ms: number;
  bytes: number;
  /** What a reader should know, in sentences: why the precision went up, what could not be compared. */
  notes: string[];
}
