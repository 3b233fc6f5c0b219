/**
 * Reads a document that came over MQTT and may be anything: bounded, signed where that is asked for, of one form.
 * Nothing in it counts before it has come through here whole.
 */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { canonicalJson, type Json } from '../base/canonical-json.js';
import type { ErrorCode } from '../base/error-codes.js';
import { DetectdError } from '../base/errors.js';
import { desiredForm, type JsonObject } from '../config/desired-form.js';
import type { DesiredScope } from '../core/desired-report.js';
import { parseBoundedJson } from './bounded-json.js';
import type { Rollout } from './rollout.js';

export type { JsonObject };

export interface DesiredDocument {
  scope: DesiredScope;
  version: number;
  /** A partial configuration; null deletes. */
  config: JsonObject;
  /** SHA-256 of everything in it, whatever the order of its keys. */
  digest: string;
  /** SHA-256 of `config`: a roll-out goes on under another version with the same one. */
  configDigest: string;
  expiresMs: number | undefined;
  rollout: Rollout | undefined;
  /** Key id of its signature; undefined where none was checked. */
  signedBy: string | undefined;
  /** As it came, for keeping. */
  text: string;
}

export interface ReadOptions {
  scope: DesiredScope;
  /** Of this device. */
  device: string;
  /** Only signed ones are taken. */
  signed: boolean;
  /** The key id, where one of the trusted keys signed it; otherwise throws. Without it nothing is verified. */
  verify?: ((content: Uint8Array, minisig: string) => string) | undefined;
}

export const MOST_DOCUMENT_BYTES = 262_144;
const BOUNDS = { mostDepth: 16, mostValues: 5000 };
const WAY_OUT =
  'The README has the form of desired documents; `detectd config check --desired FILE` tries one.';

/** Throws DESIRED_TOO_LARGE, DESIRED_MALFORMED, DESIRED_BAD_SIGNATURE or DESIRED_OTHER_DEVICE. Pure but for `verify`. */
export function readDesired(payload: Uint8Array, options: ReadOptions): DesiredDocument {
  if (payload.length > MOST_DOCUMENT_BYTES)
    throw refused('DESIRED_TOO_LARGE', `is larger than ${MOST_DOCUMENT_BYTES / 1024} KiB`);
  const text = decoded(payload);
  const outer = parsed(text);
  const envelope = envelopeOf(outer);
  const signedBy = signerOf(envelope, options);
  const value = envelope === undefined ? outer : parsed(envelope.payload);
  const result = desiredForm.safeParse(value);
  if (!result.success) throw refused('DESIRED_MALFORMED', issuesClause(result.error));
  const { version, config, device, expires, rollout } = result.data;
  if (device !== undefined && device !== options.device)
    throw refused('DESIRED_OTHER_DEVICE', `is for the device ${JSON.stringify(device)}`, sameDevice(options));
  // A signature says nothing about the topic: what was signed for all, or for another, must not pass for ours.
  if (options.signed && options.scope === 'device' && device === undefined)
    throw refused(
      'DESIRED_OTHER_DEVICE',
      'is signed, but does not say which device it is for',
      sameDevice(options),
    );
  return {
    scope: options.scope,
    version,
    config,
    digest: sha256(canonicalJson(value)),
    configDigest: sha256(canonicalJson(config)),
    expiresMs: expires === undefined ? undefined : Date.parse(expires),
    rollout: rollout && {
      percent: rollout.percent,
      seed: rollout.seed,
      tags: rollout.tags,
      notBeforeMs: rollout.not_before === undefined ? undefined : Date.parse(rollout.not_before),
      hold: rollout.hold,
    },
    signedBy,
    text,
  };
}

interface Envelope {
  payload: string;
  minisig: string;
}

function decoded(payload: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    throw refused('DESIRED_MALFORMED', 'is not UTF-8 text');
  }
}

function parsed(text: string): Json {
  const result = parseBoundedJson(text, BOUNDS);
  if ('value' in result) return result.value;
  throw refused(result.refused === 'large' ? 'DESIRED_TOO_LARGE' : 'DESIRED_MALFORMED', result.clause);
}

function envelopeOf(value: Json): Envelope | undefined {
  if (typeof value !== 'object' || value === null || !('payload' in value) || 'version' in value)
    return undefined;
  const { payload, minisig, ...rest } = value as Record<string, Json>;
  if (typeof payload !== 'string' || typeof minisig !== 'string' || Object.keys(rest).length > 0)
    throw refused(
      'DESIRED_MALFORMED',
      'has a "payload", but is not a text with its "minisig" and nothing else',
    );
  return { payload, minisig };
}

function signerOf(envelope: Envelope | undefined, { signed, verify }: ReadOptions): string | undefined {
  const hint = 'Sign it with a key of updates.keys, or set remote.signed to false in the local file.';
  if (envelope === undefined) {
    if (!signed) return undefined;
    throw refused('DESIRED_BAD_SIGNATURE', 'has no signature, and remote.signed asks for one', hint);
  }
  if (verify === undefined) {
    if (!signed) return undefined;
    throw refused('DESIRED_BAD_SIGNATURE', 'is signed, but no key is trusted here', hint);
  }
  try {
    return verify(new TextEncoder().encode(envelope.payload), envelope.minisig);
  } catch (error) {
    const { message } = DetectdError.from(error);
    throw refused(
      'DESIRED_BAD_SIGNATURE',
      `has a signature that does not hold: ${message.replace(/\.$/, '')}`,
      hint,
    );
  }
}

const MOST_ISSUES = 3;

/** Names keys, never values: a document may hold passwords. */
function issuesClause(error: z.ZodError): string {
  const clauses = error.issues.slice(0, MOST_ISSUES).map((issue) => {
    if (issue.code === 'unrecognized_keys')
      return `has the unknown key ${JSON.stringify(String(issue.keys[0]).slice(0, 60))}`;
    const name = issue.path.length === 0 ? 'the whole' : `"${issue.path.map(String).join('.')}"`;
    return `is wrong in ${name}: ${issue.message}`;
  });
  return clauses.join('; ');
}

function sameDevice({ device }: ReadOptions): string {
  return `Publish it on the topic of that device; this one is "${device}".`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** @param clause what is wrong, as it follows "The document" */
export function refused(code: ErrorCode, clause: string, hint = WAY_OUT): DetectdError {
  return new DetectdError(code, `The document ${clause}.`, hint);
}
