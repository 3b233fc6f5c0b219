/** The message of `models/<name>/state`, as a type and a pure builder. */
import type { ErrorData } from '../base/errors.js';
import { type ModelPhase, type ModelState, percentDone, type UpdateView } from '../core/model-state.js';
import type { StepDown } from '../core/provider-verdict.js';
import { SCHEMA_VERSION, timestamp } from './payloads.js';

export interface ModelStatePayload {
  schema: string;
  device: string;
  boot_id: string;
  model: string;
  phase: ModelPhase;
  /** Of the build or of what an update is at, 0 to 99; absent where it is not known. */
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
  /** The new version that is on its way, or how the last one ended; absent where there was none. */
  update?: {
    /** Where it comes from, with passwords masked. */
    source: string;
    phase: string;
    since: string;
    version?: string;
    digest?: string;
    /** What it waits for, as a clause. */
    waiting?: string;
    error?: ErrorData;
  };
  /** Providers that would be better, and why they are not used. */
  steps_down: StepDown[];
  ts: string;
}

export function modelStatePayload(
  source: ModelState & { device: string; bootId: string; nowWallMs: number },
): ModelStatePayload {
  const { building, active, previousDigest, error, update } = source;
  return {
    schema: SCHEMA_VERSION,
    device: source.device,
    boot_id: source.bootId,
    model: source.model,
    phase: source.phase,
    ...progressFields(source),
    ...(building === undefined ? {} : { provider: building.provider, precision: building.precision }),
    ...(active === undefined ? {} : { active: { ...active, engine: active.engine ?? null } }),
    ...(previousDigest === undefined ? {} : { previous_digest: previousDigest }),
    ...(error === undefined ? {} : { last_error: error }),
    ...(update === undefined ? {} : { update: updateFields(update) }),
    steps_down: source.stepsDown.map(({ provider, reason }) => ({ provider, reason })),
    ts: timestamp(source.nowWallMs),
  };
}

/** A new version tells how far it is itself; while its engines are built, so does the build. */
function progressFields({ building, update }: ModelState): Partial<ModelStatePayload> {
  if (building !== undefined) {
    const { elapsedMs, expectedMs } = building;
    const percent = percentDone(building);
    return {
      ...(percent === undefined ? {} : { percent }),
      elapsed_s: seconds(elapsedMs),
      ...(expectedMs === undefined ? {} : { expected_s: seconds(expectedMs) }),
    };
  }
  const progress = update?.progress;
  if (progress === undefined) return {};
  const percent = percentDone({ elapsedMs: progress.done, expectedMs: progress.total });
  return {
    ...(percent === undefined ? {} : { percent }),
    ...(progress.leftMs === undefined ? {} : { expected_s: seconds(progress.leftMs) }),
  };
}

function updateFields({
  source,
  phase,
  since,
  version,
  digest,
  error,
  progress,
}: UpdateView): NonNullable<ModelStatePayload['update']> {
  return {
    source,
    phase,
    since,
    ...(version === undefined ? {} : { version }),
    ...(digest === undefined ? {} : { digest }),
    ...(progress?.waiting === undefined ? {} : { waiting: progress.waiting }),
    ...(error === undefined ? {} : { error }),
  };
}

function seconds(ms: number): number {
  return Math.max(0, Math.round(ms / 1000));
}
