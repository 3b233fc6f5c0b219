/**
 * Verifies an archive before anything in it is looked at: its SHA-256 and its signature, in one pass over the file.
 * What the signer says and whether that is wanted here is judged apart, in trust.ts.
 */
import { DetectdError } from '../base/errors.js';
import { DEFAULT_ARCHIVE_LIMITS } from '../bundle/archive.js';
import { parseSignature } from './minisign-signature.js';
import { checkSignature, type SignatureCheck } from './minisign-verify.js';
import { type ModelClaim, parseClaim } from './trust-comment.js';
import { digestArchive } from './trust-digests.js';
import type { ConfiguredKey } from './trust-keys.js';

export interface VerifiedArchive {
  /** Of the file, 64 hexadecimal digits. */
  sha256: string;
  bytes: number;
  /** The one that holds; undefined where no key is configured, whatever lies beside the archive. */
  signature: VerifiedSignature | undefined;
}

export interface VerifiedSignature {
  /** 16 hexadecimal digits. */
  keyId: string;
  /** Trusted, as it stands in the file. */
  comment: string;
  /** What it says about the model; undefined for a comment that is not detectd's. */
  claim: ModelClaim | undefined;
}

export interface VerifyOptions {
  signal?: AbortSignal;
  /** Bytes that were read so far. */
  onProgress?: (bytes: number) => void;
  /** Larger archives are refused. Default: as unpacking has it. */
  maxBytes?: number;
}

/**
 * Reads the archive once. Where `keys` is not empty, `minisig` (the text of its .minisig file) must be a signature
 * by one of them; where `sha256` (64 hexadecimal digits) is given, it must be the archive's. Throws MODEL_DIGEST,
 * MODEL_UNSIGNED, MODEL_BAD_SIGNATURE, MODEL_UNTRUSTED; KEY_INVALID where the signer may be a key that cannot be
 * read; UPDATE_TOO_LARGE; BUNDLE_NOT_FOUND; and the signal's reason.
 */
export async function verifyArchive(
  path: string,
  sha256: string | undefined,
  minisig: string | undefined,
  keys: readonly ConfiguredKey[],
  options: VerifyOptions = {},
): Promise<VerifiedArchive> {
  const signature = keys.length === 0 ? undefined : requiredSignature(minisig);
  const { maxBytes = DEFAULT_ARCHIVE_LIMITS.maxArchiveBytes, signal, onProgress } = options;
  const message = signature === undefined ? 'none' : signature.hashed ? 'prehash' : 'content';
  const digests = await digestArchive(path, { message, maxBytes, signal, onProgress });
  const { sha256: found, bytes } = digests;
  if (sha256 !== undefined && found !== sha256) throw otherDigest(found, sha256);
  if (signature === undefined) return { sha256: found, bytes, signature: undefined };
  const readable = keys.flatMap(({ key }) => key ?? []);
  const check = checkSignature(signature, digests.message, readable);
  const { keyId, comment } = requireGood(check, keys);
  const claim = parseClaim(comment);
  if (claim !== undefined && claim.sha256 !== found)
    throw new DetectdError(
      'MODEL_BAD_SIGNATURE',
      `The signature is of this archive, but its comment is about another one: sha256 ${claim.sha256}.`,
      'Sign the archive again with "detectd models sign".',
    );
  return { sha256: found, bytes, signature: { keyId, comment, claim } };
}

function requiredSignature(minisig: string | undefined): ReturnType<typeof parseSignature> {
  if (minisig !== undefined) return parseSignature(minisig);
  throw new DetectdError(
    'MODEL_UNSIGNED',
    'The archive has no signature, and "updates.keys" asks for one.',
    'Put the .minisig file that "detectd models sign" makes beside the archive.',
  );
}

/** Throws unless the signature holds. */
function requireGood(
  check: SignatureCheck,
  keys: readonly ConfiguredKey[],
): Extract<SignatureCheck, { state: 'good' }> {
  if (check.state === 'good') return check;
  if (check.state === 'bad')
    throw new DetectdError(
      'MODEL_BAD_SIGNATURE',
      check.of === 'content'
        ? `The signature by the key ${check.keyId} is not of this archive.`
        : `The trusted comment of the signature by the key ${check.keyId} was changed.`,
      'Copy the archive and its .minisig file again from the publisher; they belong together.',
    );
  const unread = keys.find(({ problem }) => problem !== undefined);
  if (unread?.problem !== undefined) throw unread.problem;
  throw new DetectdError(
    'MODEL_UNTRUSTED',
    `The archive is signed by the key ${check.keyId}, which is not in "updates.keys".`,
    'If that key is your publisher’s, add its public key to "updates.keys" of the local configuration.',
  );
}

function otherDigest(found: string, wanted: string): DetectdError {
  return new DetectdError(
    'MODEL_DIGEST',
    `The archive has the SHA-256 ${found}, not ${wanted}.`,
    'Check the digest in the configuration and the archive; one of them is of another version.',
  );
}
