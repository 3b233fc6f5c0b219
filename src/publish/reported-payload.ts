/** The message of `config/reported`: what is in force, and why not the rest. A pure builder. */
import type { DesiredReport, DocumentReport, ReportedModel } from '../core/desired-report.js';
import { SCHEMA_VERSION, timestamp } from './payloads.js';
import type { ReportedDocument, ReportedPayload } from './schemas/reported-schema.js';

export type { ReportedPayload };

export function reportedPayload(
  source: DesiredReport & { device: string; bootId: string; nowWallMs: number },
): ReportedPayload {
  const { local, documents, inForce, leftOut, models } = source;
  const { fleet, device, digest } = inForce;
  return {
    schema: SCHEMA_VERSION,
    device: source.device,
    boot_id: source.bootId,
    ts: timestamp(source.nowWallMs),
    local: { path: local.path, digest: local.digest },
    documents: { fleet: documentFields(documents.fleet), device: documentFields(documents.device) },
    in_force: {
      ...(fleet === undefined ? {} : { fleet }),
      ...(device === undefined ? {} : { device }),
      digest,
    },
    left_out: leftOut.map(({ path, code, message, document }) => ({ path, code, message, document })),
    models: Object.fromEntries(Object.entries(models).map(([name, model]) => [name, modelFields(model)])),
  };
}

function documentFields({ state, version, error, rollout }: DocumentReport): ReportedDocument {
  return {
    state,
    ...(version === undefined ? {} : { version }),
    ...(error === undefined ? {} : error),
    ...(rollout === undefined ? {} : { rollout: rolloutFields(rollout) }),
  };
}

function rolloutFields({
  bucket,
  percent,
  in: takesPart,
  waiting,
}: NonNullable<DocumentReport['rollout']>): NonNullable<ReportedDocument['rollout']> {
  return { bucket, percent, in: takesPart, ...(waiting === undefined ? {} : { waiting }) };
}

function modelFields({ wanted, phase, active, error }: ReportedModel): ReportedPayload['models'][string] {
  return {
    wanted,
    phase,
    ...(active === undefined ? {} : { active }),
    ...(error === undefined ? {} : { error }),
  };
}
