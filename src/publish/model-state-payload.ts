/** The message of `models/<name>/state`, as a pure builder. */
import { type ModelState, percentDone, type UpdateView } from '../core/model-state.js';
import { SCHEMA_VERSION, timestamp } from './payloads.js';
import type { ModelStatePayload } from './schemas/model-state-schema.js';

export type { ModelStatePayload };

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
