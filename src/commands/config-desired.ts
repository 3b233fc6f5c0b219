/**
 * `detectd config check --desired DOC`: what a document would do on a device with this configuration, before it is
 * published: what it changes, what is left out, whether it is taken yet, or why it is refused.
 */
import { hostname } from 'node:os';
import { readBoundedFile } from '../base/bounded-file.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError, systemCode } from '../base/errors.js';
import { printableText } from '../base/printable.js';
import { deviceId } from '../config/folders.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { ConfigError, formatProblems } from '../config/problem.js';
import type { DesiredScope, LeftOut } from '../core/desired-report.js';
import { type DesiredDocument, MOST_DOCUMENT_BYTES, readDesired } from '../models/desired-document.js';
import { desiredOverlay, documentName } from '../models/desired-merge.js';
import { documentVerifier } from '../models/desired-verify.js';
import { takesPart } from '../models/rollout.js';
import { changedValues, type ValueChange } from './config-documents.js';

export interface DesiredCheck {
  /** Configuration file. */
  file: string;
  /** File with the document. */
  desired: string;
  scope: DesiredScope;
  nowMs: number;
}

interface Outcome {
  file: string;
  device: string;
  document: { scope: DesiredScope; version: number; signed_by?: string };
  /** Whether this device follows documents at all. */
  followed: boolean;
  rollout?: { bucket: number; percent: number; in: boolean; waiting?: string };
  changes: ValueChange[];
  left_out: Omit<LeftOut, 'document'>[];
}

/** Prints the outcome. Throws the document's DESIRED_ code, or DESIRED_INVALID after printing every problem. */
export async function checkDesired(io: CommandIo, check: DesiredCheck, json: boolean): Promise<void> {
  const local = await loadConfig(check.file, { env: io.env });
  const device = deviceId(local.config, hostname());
  const document = await readDocument(local, device, check);
  let loaded: LoadedConfig;
  try {
    loaded = await loadConfig(check.file, { env: io.env, overlay: desiredOverlay([document]) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems } = error;
    if (json)
      io.out(`${JSON.stringify({ file: check.file, valid: false, code: 'DESIRED_INVALID', problems })}\n`);
    else io.out(printableText(`${formatProblems(check.file, problems)}\n`));
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    throw new DetectdError(
      'DESIRED_INVALID',
      `With ${documentName(document)} the configuration has ${count}.`,
      'Correct the document; this device would stay as it is.',
    );
  }
  const outcome = outcomeOf(local, loaded, document, device, check);
  if (json) io.out(`${JSON.stringify({ ...outcome, valid: true, problems: [] })}\n`);
  else io.out(printableText(`${lines(outcome).join('\n')}\n`));
}

async function readDocument(
  { config }: LoadedConfig,
  device: string,
  { desired, scope, nowMs }: DesiredCheck,
): Promise<DesiredDocument> {
  let bytes: Uint8Array;
  try {
    bytes = await readBoundedFile(desired, MOST_DOCUMENT_BYTES + 1);
  } catch (error) {
    throw new DetectdError(
      systemCode(error) === 'EFBIG' ? 'DESIRED_TOO_LARGE' : 'USAGE',
      `The document ${desired} cannot be read (${systemCode(error) ?? 'unknown'}).`,
      'Give the path of a JSON file of at most 256 KiB after --desired.',
      { cause: error },
    );
  }
  const { keys } = config.updates;
  const verify = keys.length === 0 ? undefined : await documentVerifier(keys);
  const document = readDesired(bytes, { scope, device, signed: config.remote.signed, verify });
  if (document.expiresMs !== undefined && nowMs >= document.expiresMs)
    throw new DetectdError('DESIRED_EXPIRED', 'The document has expired.', 'Give it a later "expires".');
  return document;
}

function outcomeOf(
  { config }: LoadedConfig,
  loaded: LoadedConfig,
  document: DesiredDocument,
  device: string,
  { file, nowMs }: DesiredCheck,
): Outcome {
  const { scope, version, signedBy, rollout } = document;
  const part = rollout && takesPart(rollout, { id: device, tags: config.remote.tags }, nowMs);
  return {
    file,
    device,
    document: { scope, version, ...(signedBy === undefined ? {} : { signed_by: signedBy }) },
    followed: config.remote.desired,
    ...(rollout === undefined || part === undefined
      ? {}
      : {
          rollout: {
            bucket: Math.round(part.bucket * 1000) / 1000,
            percent: rollout.percent,
            in: part.in,
            ...(part.waiting === undefined ? {} : { waiting: part.waiting }),
          },
        }),
    changes: changedValues(loaded),
    left_out: (loaded.overlaid?.leftOut ?? []).map(({ path, code, message }) => ({ path, code, message })),
  };
}

function lines({ file, device, document, followed, rollout, changes, left_out: leftOut }: Outcome): string[] {
  const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
  const found = [`the document ${document.scope} version ${document.version} fits ${file}`];
  for (const { path, before, after } of changes)
    found.push(`  changes   ${path}: ${shown(before)} → ${shown(after)}`);
  if (changes.length === 0) found.push('  changes   nothing');
  for (const { code, message } of leftOut) found.push(`  left out  ${message} (${code})`);
  if (rollout?.in === true) found.push(`  roll-out  takes part (${device} stands at ${rollout.bucket})`);
  else if (rollout !== undefined)
    found.push(`  roll-out  not taken yet: ${rollout.waiting} (${device} stands at ${rollout.bucket})`);
  if (!followed) found.push('  but       this device follows no documents: remote.desired is false');
  return found;
}
