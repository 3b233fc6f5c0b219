/** Trust as an act of the updater: what the configuration wants verified and judged, with what the slot remembers. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.js';
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { ModelVersion } from '../core/model-update.js';
import type { ModelWish } from './model-target.js';
import type { SlotRecord } from './slot-record.js';
import { judgeModel, type ModelContent, type TrustVerdict } from './trust.js';
import { verifyArchive } from './trust-archive.js';
import { parseClaim } from './trust-comment.js';
import { readTrustedKeys } from './trust-keys.js';
import type { UpdateActs } from './update-acts.js';

export interface UpdateTrustOptions {
  /** `updates.keys` as it is now. */
  keys: () => readonly string[];
  clock: Clock;
  maxBytes?: () => number;
}

export function updateTrust(options: UpdateTrustOptions): Pick<UpdateActs, 'trust' | 'verify' | 'judge'> {
  const { keys, clock, maxBytes } = options;
  return {
    trust: async () => {
      const trusted = await readTrustedKeys(keys());
      const facts = trusted.map(({ entry, key }) => key?.id ?? entry).sort();
      return createHash('sha256').update(canonicalJson(facts)).digest('hex').slice(0, 32);
    },
    verify: async ({ archivePath, minisig }, wish, slot, signal) => {
      const trusted = await readTrustedKeys(keys());
      const archive = await verifyArchive(archivePath, wish.target.sha256, minisig, trusted, {
        signal,
        ...(maxBytes === undefined ? {} : { maxBytes: maxBytes() }),
      });
      requireTaken(judgeModel({ ...question(wish, slot, clock), archive, content: undefined }));
      const { signature } = archive;
      return { signedBy: signature?.keyId, facts: signature?.comment ?? null };
    },
    judge: async (version, { signedBy, facts }, wish, slot) => {
      // It may lie in the store since a time when its signer was trusted.
      const trusted = await readTrustedKeys(keys());
      if (trusted.length > 0 && !trusted.some(({ key }) => key !== undefined && key.id === signedBy)) {
        const unread = signedBy && trusted.find(({ problem }) => problem !== undefined)?.problem;
        if (unread) throw unread;
        throw new DetectdError(
          'MODEL_UNTRUSTED',
          `The version ${version.version} is signed by ${signedBy === undefined ? 'nobody' : `the key ${signedBy}, which is not in "updates.keys"`}.`,
          'If that key is your publisher’s, add its public key to "updates.keys" of the local configuration.',
        );
      }
      const signature =
        signedBy === undefined || typeof facts !== 'string'
          ? undefined
          : { keyId: signedBy, comment: facts, claim: parseClaim(facts) };
      const content = contentOf(version);
      requireTaken(judgeModel({ ...question(wish, slot, clock), archive: { signature }, content }));
    },
  };
}

function question(wish: ModelWish, { model, active, highest }: SlotRecord, clock: Clock) {
  const { target, classes, downgrade } = wish;
  return { model, target, classes, downgrade, active, highest, nowMs: clock.wallMs() };
}

/** Without one in the manifest, a version is shown by the first digits of its digest. */
function contentOf({ name, version, digest, labels }: ModelVersion): ModelContent {
  const shown = digest.slice('sha256:'.length).startsWith(version);
  return { name, version: shown ? undefined : version, labels };
}

function requireTaken(verdict: TrustVerdict): void {
  if (verdict.take === 'yes') return;
  if (verdict.take === 'no') throw DetectdError.fromData(verdict.error);
  const waits = new DetectdError(
    'MODEL_EXPIRED',
    `Nothing is taken while ${verdict.reason}.`,
    'Set the clock of the device; it goes on by itself then.',
  );
  throw Object.assign(waits, { again: 'later' });
}
