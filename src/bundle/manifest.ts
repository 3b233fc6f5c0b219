/**
 * manifest.json of a bundle: optional, written by whoever publishes the model. Digests that it gives are
 * checked, so that a file changed or damaged after publishing is noticed before it runs.
 */
import { z } from 'zod';
import { DetectdError, messageOf } from '../base/errors.js';

export const MAX_MANIFEST_BYTES = 1 << 20;

const text = z.string().min(1).max(200);

const schema = z.looseObject({
  name: text.optional(),
  version: text.optional(),
  licence: z.string().max(10_000).optional(),
  /** File name → sha256:<64 hex>. */
  digests: z
    .record(
      z.string(),
      z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be "sha256:" and 64 hexadecimal digits'),
    )
    .optional(),
});

export interface Manifest {
  name: string | undefined;
  version: string | undefined;
  licence: string | undefined;
  digests: Readonly<Record<string, string>>;
}

/** Parses the text of a manifest.json. Throws BUNDLE_MANIFEST. */
export function parseManifest(json: string, where: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw invalid(`${where} is not valid JSON: ${messageOf(error)}.`);
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw invalid(`${where}: "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'cannot be understood'}.`);
  }
  const { name, version, licence, digests = {} } = result.data;
  return { name, version, licence, digests };
}

/** Throws BUNDLE_MANIFEST when the manifest gives another digest for a file. */
export function checkDigest(manifest: Manifest, file: string, digest: string, where: string): void {
  const expected = Object.hasOwn(manifest.digests, file) ? manifest.digests[file] : undefined;
  if (expected === undefined || expected === digest) return;
  throw invalid(`${where} has the digest ${digest} but manifest.json says ${expected}.`);
}

function invalid(message: string): DetectdError {
  return new DetectdError('BUNDLE_MANIFEST', message, 'Copy the bundle again from its publisher.');
}
