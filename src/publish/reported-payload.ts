/** The message of `config/reported`: what is in force, and why not the rest. A type and a pure builder. */
import type { ErrorData } from '../base/errors.js';
import type {
  DesiredReport,
  DesiredScope,
  DocumentReport,
  DocumentState,
  LeftOut,
  ReportedModel,
} from '../core/desired-report.js';
import { SCHEMA_VERSION, timestamp } from './payloads.js';

export interface ReportedDocument {
  state: DocumentState;
  version?: number;
  code?: string;
  message?: string;
  hint?: string;
  /** `bucket` is where this device stands, 0 to 100; it takes part below `percent`. */
  rollout?: { bucket: number; percent: number; in: boolean; waiting?: string };
}

export interface ReportedPayload {
  schema: string;
  device: string;
  boot_id: string;
  ts: string;
  /** `digest` is of what the local file alone says, secrets masked. */
  local: { path: string; digest: string };
  documents: Record<DesiredScope, ReportedDocument>;
  /** Versions of documents; `digest` is of the whole configuration, secrets masked. */
  in_force: { fleet?: number; device?: number; digest: string };
  left_out: LeftOut[];
  models: Record<string, { wanted: string; phase: string; active?: string; error?: ErrorData }>;
}

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
