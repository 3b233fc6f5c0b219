/**
 * What is remembered of one model across restarts and power cuts: which version serves, which one before can be called
 * back, what is being changed, what was refused. Its text carries a digest of itself: a torn one is never believed.
 */
import { createHash } from 'node:crypto';
import { isAbsolute, join, relative } from 'node:path';
import { z } from 'zod';
import { canonicalJson, type Json } from '../base/canonical-json.js';
import { ERROR_CODES } from '../base/error-codes.js';
import type { ErrorData } from '../base/errors.js';
import type { ModelTarget, ModelUpdate, ModelVersion, UpdatePhase } from '../core/model-update.js';

/** Far more than sixteen refusals, fifty changes and the names of ten thousand classes take. */
export const MAX_SLOT_BYTES = 16 * 2 ** 20;
export const MOST_REFUSED = 16;
export const MOST_HISTORY = 50;

/** A wish that was refused or rolled back, and is not tried again. */
export interface RefusedTarget {
  key: string;
  /** Of the bundle, once it was known: the same one from elsewhere is refused, too. */
  digest: string | undefined;
  attempt: number;
  error: ErrorData;
  at: string;
  /** Stands for the keys that were trusted then; undefined where they had no part in it. */
  trust?: string | undefined;
}

export type SlotOutcome = 'adopted' | 'confirmed' | 'failed' | 'rolled_back' | 'called_back' | 'superseded';

/** How one change ended. */
export interface SlotHistoryEntry {
  /** RFC 3339. */
  at: string;
  /** Versions as `models list` shows them; undefined where there was none, or it was not known yet. */
  from: string | undefined;
  to: string | undefined;
  outcome: SlotOutcome;
  code: string | undefined;
  message: string | undefined;
  /** Since its last phase began. */
  seconds: number | undefined;
}

/** What a command chose, which holds until the configuration wants something else than it did then. */
export interface SlotPin {
  /** Key of what the configuration wanted then. */
  configured: string;
  /** Undefined: what serves is to stay. */
  target: ModelTarget | undefined;
  downgrade: boolean;
}

/** The last request of a command, as far as it has been taken. */
export interface SlotRequest {
  id: string;
  /** Why it was not taken, or what its change was refused for. */
  error: ErrorData | undefined;
  /** Nothing is left to be done about it. */
  over: boolean;
}

export interface SlotRecord {
  model: string;
  /** What serves, or would if the daemon ran. */
  active: ModelVersion | undefined;
  /** Key of the wish that it came by. */
  activeKey: string | undefined;
  /** What can be called back. */
  previous: ModelVersion | undefined;
  previousKey: string | undefined;
  update: ModelUpdate | undefined;
  refused: readonly RefusedTarget[];
  /** The highest version that was confirmed. */
  highest: string | undefined;
  pin: SlotPin | undefined;
  request: SlotRequest | undefined;
  /** Newest last. */
  history: readonly SlotHistoryEntry[];
}

const line = z.string().max(20_000);
const name = z.string().max(1000);
const hex = z.string().regex(/^[0-9a-f]{64}$/);
const key = z.string().regex(/^[0-9a-f]{32}$/);
const optional = <T extends z.ZodType>(type: T) =>
  type
    .nullable()
    .default(null)
    .transform((value) => value ?? undefined);

const errorData = z.object({
  code: z.enum(Object.keys(ERROR_CODES) as [keyof typeof ERROR_CODES]).catch('INTERNAL'),
  message: line,
  hint: line.optional(),
});

const source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('place'), path: line }),
  z.object({ kind: z.literal('file'), path: line }),
  z.object({ kind: z.literal('http'), url: line }),
  z.object({ kind: z.literal('mqtt'), topic: line }),
]);

export const targetSchema = z.object({
  source,
  sha256: optional(hex),
  version: optional(name),
  attempt: z.int().min(1),
});

export const versionSchema = z.object({
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  archive: optional(hex),
  version: name.min(1),
  name: optional(name),
  /** Of one that came in an archive, below the folder of versions. */
  path: line.min(1),
  signedBy: optional(z.string().regex(/^[0-9A-Fa-f]{16}$/)),
  labels: z.array(name).max(100_000),
  bytes: z.number().min(0),
});

const PHASES = [
  ...(['downloading', 'verified', 'staged', 'building', 'trial', 'active'] as const),
  ...(['confirmed', 'failed', 'rolled_back'] as const),
] satisfies UpdatePhase[];

const recordSchema = z.object({
  model: z.string().min(1).max(200),
  active: optional(versionSchema),
  activeKey: optional(key),
  previous: optional(versionSchema),
  previousKey: optional(key),
  update: optional(
    z.object({
      target: targetSchema,
      phase: z.enum(PHASES),
      since: name,
      tries: z.int().min(0),
      version: optional(versionSchema),
      error: optional(errorData),
    }),
  ),
  refused: z
    .array(
      z.object({
        key,
        digest: optional(z.string().max(100)),
        attempt: z.int().min(1),
        error: errorData,
        at: name,
        trust: optional(key),
      }),
    )
    .max(MOST_REFUSED),
  highest: optional(name),
  pin: optional(z.object({ configured: key, target: optional(targetSchema), downgrade: z.boolean() })),
  request: optional(z.object({ id: name, error: optional(errorData), over: z.boolean().default(true) })),
  history: z
    .array(
      z.object({
        at: name,
        from: optional(name),
        to: optional(name),
        outcome: z.enum(['adopted', 'confirmed', 'failed', 'rolled_back', 'called_back', 'superseded']),
        code: optional(name),
        message: optional(line),
        seconds: optional(z.number()),
      }),
    )
    .max(MOST_HISTORY),
});

const fileSchema = z.object({ schema: z.literal(1), digest: z.string(), record: z.json() });

/** Of a model that nothing is known of. */
export function emptySlot(model: string): SlotRecord {
  return {
    model,
    ...{ active: undefined, activeKey: undefined, previous: undefined, previousKey: undefined },
    ...{ update: undefined, highest: undefined, pin: undefined, request: undefined },
    refused: [],
    history: [],
  };
}

/** The file's text. Paths below `versions`, the folder of versions, are written relative to it, so that both can move. */
export function slotText(record: SlotRecord, versions: string): string {
  const plain = JSON.parse(JSON.stringify(mapVersions(record, (path) => relative(versions, path)))) as Json;
  return `${JSON.stringify({ schema: 1, digest: digestOf(plain), record: plain }, undefined, 1)}\n`;
}

/** Reads what slotText() wrote. Throws an Error that says what is wrong with it. */
export function parseSlot(text: string, versions: string): SlotRecord {
  const file = fileSchema.parse(JSON.parse(text));
  if (digestOf(file.record) !== file.digest) throw new Error('its digest does not fit its content');
  const record = recordSchema.parse(file.record) as SlotRecord;
  return mapVersions(record, (path) => belowVersions(path, versions));
}

/** Absolute, of a version that came in an archive. Throws where it leads elsewhere. */
export function belowVersions(path: string, versions: string): string {
  if (isAbsolute(path) || path.split('/').includes('..'))
    throw new Error(`${path} is not below the versions`);
  return join(versions, path);
}

function mapVersions(record: SlotRecord, change: (path: string) => string): SlotRecord {
  const mapped = (version: ModelVersion | undefined): ModelVersion | undefined =>
    version?.archive === undefined ? version : { ...version, path: change(version.path) };
  const { active, previous, update } = record;
  return {
    ...record,
    active: mapped(active),
    previous: mapped(previous),
    update: update === undefined ? undefined : { ...update, version: mapped(update.version) },
  };
}

function digestOf(plain: Json): string {
  return `sha256:${createHash('sha256').update(canonicalJson(plain)).digest('hex')}`;
}
