/** The message of `models/<name>/state`, as a type and a pure builder. */
import type { ErrorData } from '../base/errors.js';
import { type ModelPhase, type ModelState, percentDone } from '../core/model-state.js';
import type { StepDown } from '../core/provider-verdict.js';
import { SCHEMA_VERSION, timestamp } from './payloads.js';

export interface ModelStatePayload {
  schema: string;
  device: string;
  boot_id: string;
  model: string;
  phase: ModelPhase;
  /** Of the build, 0 to 99; absent where no such engine was built before. */
  percent?: number;
  elapsed_s?: number;
  expected_s?: number;
  /** Of the engine that is being built. */
  provider?: string;
  precision?: string;
  /** What serves; absent before the model is loaded. */
  active?: {
    digest: string;
    version: string;
    provider: string;
    precision: string;
    /** Key of its engine; null for a graph that was prepared when it was loaded. */
    engine: string | null;
  };
  /** Digest of the bundle that served before. */
  previous_digest?: string;
  last_error?: ErrorData;
  /** Providers that would be better, and why they are not used. */
  steps_down: StepDown[];
  ts: string;
}

export function modelStatePayload(
  source: ModelState & { device: string; bootId: string; nowWallMs: number },
): ModelStatePayload {
  const { building, active, previousDigest, error } = source;
  return {
    schema: SCHEMA_VERSION,
    device: source.device,
    boot_id: source.bootId,
    model: source.model,
    phase: source.phase,
    ...(building === undefined ? {} : buildFields(building)),
    ...(active === undefined ? {} : { active: { ...active, engine: active.engine ?? null } }),
    ...(previousDigest === undefined ? {} : { previous_digest: previousDigest }),
    ...(error === undefined ? {} : { last_error: error }),
    steps_down: source.stepsDown.map(({ provider, reason }) => ({ provider, reason })),
    ts: timestamp(source.nowWallMs),
  };
}

function buildFields({
  provider,
  precision,
  elapsedMs,
  expectedMs,
}: NonNullable<ModelState['building']>): Partial<ModelStatePayload> {
  const percent = percentDone({ elapsedMs, expectedMs });
  return {
    ...(percent === undefined ? {} : { percent }),
    elapsed_s: Math.max(0, Math.round(elapsedMs / 1000)),
    ...(expectedMs === undefined ? {} : { expected_s: Math.max(0, Math.round(expectedMs / 1000)) }),
    provider,
    precision,
  };
}
