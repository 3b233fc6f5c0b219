/**
 * Whether a model that is as its publisher made it may be taken here: version, expiry, name and classes. One pure
 * function, asked twice: before the archive is unpacked, by what its signature says, and again with its content.
 */
import type { ErrorCode } from '../base/error-codes.js';
import type { ErrorData } from '../base/errors.js';
import type { ModelTarget } from '../core/model-update.js';
import type { VerifiedArchive } from './trust-archive.js';
import { timeText } from './trust-comment.js';
import { compareVersions, isOrdered } from './version-order.js';

export interface TrustQuestion {
  /** As configured, for messages. */
  model: string;
  target: Pick<ModelTarget, 'sha256' | 'version'>;
  /** `classes` and `downgrade` of the model's configuration. */
  classes: 'same' | 'any' | readonly string[];
  downgrade: boolean;
  archive: Pick<VerifiedArchive, 'signature'>;
  /** What is in it; undefined before it is unpacked. */
  content: ModelContent | undefined;
  /** The version that serves; undefined where none does. */
  active: Pick<ModelContent, 'name' | 'labels'> | undefined;
  /** The highest version that was ever confirmed here. */
  highest: string | undefined;
  /** Milliseconds since the Unix epoch. */
  nowMs: number;
}

export interface ModelContent {
  /** Of the manifest; undefined where it says none. */
  name: string | undefined;
  /** Of the manifest; undefined where it says none, not the digits that results show then. */
  version: string | undefined;
  labels: readonly string[];
}

export type TrustVerdict =
  | { take: 'yes' }
  /** The clock is wrong, which passes. */
  | { take: 'later'; reason: string }
  /** For good: asking again gives the same. */
  | { take: 'no'; error: ErrorData };

/** A clock may stand a little behind the signer's; a day behind, it was not set yet. */
const CLOCK_DOUBT_MS = 24 * 3600 * 1000;
const SHOWN_CLASSES = 5;

type Rule = (question: TrustQuestion) => TrustVerdict | undefined;

/** In this order; the first one that objects decides. */
const RULES: Rule[] = [clockRule, expiryRule, claimRule, wantedVersionRule, ageRule, nameRule, classRule];

export function judgeModel(question: TrustQuestion): TrustVerdict {
  for (const rule of RULES) {
    const verdict = rule(question);
    if (verdict !== undefined) return verdict;
  }
  return { take: 'yes' };
}

function clockRule({ archive, nowMs }: TrustQuestion): TrustVerdict | undefined {
  const claim = archive.signature?.claim;
  if (claim === undefined || nowMs >= claim.signedMs - CLOCK_DOUBT_MS) return undefined;
  const reason = `the clock says ${timeText(nowMs)}, and the model was signed at ${timeText(claim.signedMs)}`;
  return { take: 'later', reason };
}

function expiryRule({ model, archive, nowMs }: TrustQuestion): TrustVerdict | undefined {
  const expiresMs = archive.signature?.claim?.expiresMs;
  if (expiresMs === undefined || nowMs <= expiresMs) return undefined;
  return refused(
    'MODEL_EXPIRED',
    `The signature of the new version of "${model}" expired at ${timeText(expiresMs)}.`,
    'Sign the archive again, with a later --expires or none.',
  );
}

/** What the signer said of the content must be so, whatever is allowed. */
function claimRule({ model, archive, content }: TrustQuestion): TrustVerdict | undefined {
  const claim = archive.signature?.claim;
  if (claim === undefined || content === undefined) return undefined;
  for (const key of ['name', 'version'] as const) {
    if (content[key] === claim[key]) continue;
    return refused(
      'MODEL_OTHER',
      `The new version of "${model}" has the ${key} ${quoted(content[key])}, but was signed as ${quoted(claim[key])}.`,
      'Pack and sign it again; its manifest and its signature do not belong together.',
    );
  }
  return undefined;
}

function wantedVersionRule(question: TrustQuestion): TrustVerdict | undefined {
  const { model, target, content } = question;
  if (target.version === undefined) return undefined;
  const version = versionOf(question);
  // Before it is unpacked, nothing may be known.
  if (version === undefined && content === undefined) return undefined;
  if (version !== undefined && compareVersions(version, target.version) === 0) return undefined;
  return refused(
    'MODEL_VERSION',
    `The new version of "${model}" is ${quoted(version)}, and ${quoted(target.version)} was asked for.`,
    `Give its own version in "models.${model}.version", or the source of the one that is wanted.`,
  );
}

function ageRule(question: TrustQuestion): TrustVerdict | undefined {
  const { model, target, downgrade, content, highest } = question;
  if (downgrade || highest === undefined || !isOrdered(highest)) return undefined;
  const version = versionOf(question);
  if (version === undefined && content === undefined) return undefined;
  const order = version === undefined ? undefined : compareVersions(version, highest);
  if (order !== undefined && order >= 0) return undefined;
  // A digest in the configuration names this very archive: that is no replay of an old one.
  if (order === undefined && target.sha256 !== undefined) return undefined;
  const clause =
    order === undefined
      ? `is ${quoted(version)}, which cannot be told to be newer than ${quoted(highest)}, which served here`
      : `is ${quoted(version)}, older than ${quoted(highest)}, which served here`;
  return refused(
    'MODEL_TOO_OLD',
    `The new version of "${model}" ${clause}.`,
    `If it is meant so, set "models.${model}.downgrade: true", or go back with "detectd models rollback".`,
  );
}

function nameRule(question: TrustQuestion): TrustVerdict | undefined {
  const { model, classes, content, active } = question;
  if (classes === 'any' || active?.name === undefined) return undefined;
  const name = content === undefined ? question.archive.signature?.claim?.name : content.name;
  if (name === active.name || (content === undefined && name === undefined)) return undefined;
  return refused(
    'MODEL_OTHER',
    `The new version of "${model}" has the name ${quoted(name)}, and the one that serves is ${quoted(active.name)}.`,
    `If another model is meant, set "models.${model}.classes: any".`,
  );
}

function classRule({ model, classes, content, active }: TrustQuestion): TrustVerdict | undefined {
  if (classes === 'any' || content === undefined) return undefined;
  const wanted = classes === 'same' ? (active?.labels ?? []) : classes;
  const there = new Set(content.labels);
  const missing = wanted.filter((label) => !there.has(label));
  if (missing.length === 0) return undefined;
  const more = missing.length > SHOWN_CLASSES ? `, and ${missing.length - SHOWN_CLASSES} more` : '';
  const shown = missing.slice(0, SHOWN_CLASSES).map(quoted).join(', ');
  return refused(
    'MODEL_CLASSES',
    `The new version of "${model}" lacks the classes ${shown}${more}.`,
    `Use a model that has them, or name those that are needed in "models.${model}.classes".`,
  );
}

/** The manifest's, or what the signature says of it before that is known. */
function versionOf({ content, archive }: TrustQuestion): string | undefined {
  return content === undefined ? archive.signature?.claim?.version : content.version;
}

function quoted(text: string | undefined): string {
  return text === undefined ? 'none' : JSON.stringify(text);
}

function refused(code: ErrorCode, message: string, hint: string): TrustVerdict {
  return { take: 'no', error: { code, message, hint } };
}
