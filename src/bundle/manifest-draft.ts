/**
 * The manifest.json that a bundle gets when it is packed: the publisher's own where there is one, completed
 * with the digests of all files. A digest that is there and does not fit is a damaged file, not a new one,
 * unless whoever packs says otherwise.
 */
import { DetectdError } from '../base/errors.js';
import { parseManifest } from './manifest.js';

export interface DraftOptions {
  /** Text of the manifest that is there. */
  existing: string | undefined;
  /** The manifest's path, for messages. */
  where: string;
  /** Of every file but the manifest, by path, in the order in which they are written. */
  digests: Readonly<Record<string, string>>;
  /** In place of what the manifest says. */
  name: string | undefined;
  version: string | undefined;
  licence: string | undefined;
  /** Name of a bundle that has none. */
  defaultName: string;
  /** Take the files as they are, whatever digests the manifest gives. */
  refresh: boolean;
}

export interface ManifestDraft {
  /** The existing text itself when nothing had to change. */
  text: string;
  name: string;
  version: string;
  /** What was changed, for people. */
  changes: string[];
}

/** Throws BUNDLE_MANIFEST for a manifest that cannot be understood or does not fit the files. */
export function draftManifest(options: DraftOptions): ManifestDraft {
  const { existing, where, digests, refresh } = options;
  const manifest = existing === undefined ? undefined : parseManifest(existing, where);
  const before = existing === undefined ? {} : (JSON.parse(existing) as Record<string, unknown>);
  const changes: string[] = existing === undefined ? ['manifest.json was made'] : [];
  if (manifest !== undefined && !refresh) refuseMismatch(manifest.digests, digests, where);

  const name = options.name ?? manifest?.name ?? options.defaultName;
  const version = options.version ?? manifest?.version ?? '1';
  const licence = options.licence ?? manifest?.licence;
  for (const [key, value] of Object.entries({ name, version, licence }))
    if (manifest !== undefined && value !== before[key]) changes.push(`${key} became "${value}"`);
  const listed = manifest?.digests ?? {};
  const fresh = Object.keys(digests).filter((path) => listed[path] !== digests[path]);
  const gone = Object.keys(listed).filter((path) => !Object.hasOwn(digests, path));
  if (manifest !== undefined && fresh.length > 0) changes.push(`digests of ${fresh.join(', ')} were entered`);
  if (gone.length > 0) changes.push(`digests of ${gone.join(', ')} were dropped`);
  if (existing !== undefined && changes.length === 0) return { text: existing, name, version, changes };

  // Keys keep their places, so that versions of a manifest can be compared line by line.
  const after = { name, version, ...(licence === undefined ? {} : { licence }), digests };
  const text = `${JSON.stringify({ ...before, ...after }, undefined, 2)}\n`;
  parseManifest(text, where);
  return { text, name, version, changes };
}

function refuseMismatch(
  listed: Readonly<Record<string, string>>,
  digests: Readonly<Record<string, string>>,
  where: string,
): void {
  for (const [path, digest] of Object.entries(listed)) {
    const actual = Object.hasOwn(digests, path) ? digests[path] : undefined;
    if (actual === digest) continue;
    throw new DetectdError(
      'BUNDLE_MANIFEST',
      actual === undefined
        ? `${where} lists ${path}, which is not there.`
        : `${path} has the digest ${actual}, but ${where} says ${digest}.`,
      'Copy the bundle again from its publisher; if you changed it yourself, pack it with --refresh.',
    );
  }
}
