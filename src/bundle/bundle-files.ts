/**
 * The files of a bundle folder, for looking at them and for packing them. Only ordinary files are listed; links
 * and whatever else a folder may hold are named apart, since an archive of them would mean something else.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DetectdError } from '../base/errors.js';
import { DEFAULT_ARCHIVE_LIMITS } from './archive.js';

export interface BundleFile {
  /** Within the bundle, with slashes. */
  path: string;
  bytes: number;
}

export interface BundleListing {
  /** By path. */
  files: BundleFile[];
  /** Paths of what is neither a file nor a folder, and of names that no archive may hold. */
  odd: string[];
  /** Paths of hidden files and folders, which are no part of a bundle. */
  hidden: string[];
}

export type ListingLimits = Pick<
  typeof DEFAULT_ARCHIVE_LIMITS,
  'maxEntries' | 'maxDepth' | 'maxUnpackedBytes'
>;

/** Throws BUNDLE_ARCHIVE for a folder that is too deep, too large or has too many files; else the system's errors. */
export async function listBundleFiles(
  folder: string,
  limits: ListingLimits = DEFAULT_ARCHIVE_LIMITS,
): Promise<BundleListing> {
  const listing: BundleListing = { files: [], odd: [], hidden: [] };
  let entries = 0;
  let bytes = 0;
  const walk = async (within: string, depth: number): Promise<void> => {
    if (depth > limits.maxDepth) throw tooMuch(folder, `is nested deeper than ${limits.maxDepth} folders`);
    for (const entry of await readdir(join(folder, within), { withFileTypes: true })) {
      const path = within === '' ? entry.name : `${within}/${entry.name}`;
      entries += 1;
      if (entries > limits.maxEntries) throw tooMuch(folder, `holds more than ${limits.maxEntries} files`);
      if (entry.name.startsWith('.')) listing.hidden.push(path);
      else if (entry.isDirectory()) await walk(path, depth + 1);
      else if (!entry.isFile() || /[\\\p{Cc}]|^[A-Za-z]:/u.test(entry.name)) listing.odd.push(path);
      else {
        const { size } = await lstat(join(folder, path));
        bytes += size;
        if (bytes > limits.maxUnpackedBytes)
          throw tooMuch(folder, `holds more than ${limits.maxUnpackedBytes} bytes`);
        listing.files.push({ path, bytes: size });
      }
    }
  };
  await walk('', 1);
  // Not by locale: the order decides the bytes of an archive.
  listing.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return listing;
}

/** `sha256:` and 64 hexadecimal digits of a file's content. */
export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

/** What is wrong with a bundle that holds odd files; undefined when it holds none. */
export function oddFilesProblem(where: string, odd: readonly string[]): DetectdError | undefined {
  const [first] = odd;
  if (first === undefined) return undefined;
  const more = odd.length > 1 ? `, and ${odd.length - 1} more of that kind` : '';
  return new DetectdError(
    'BUNDLE_ARCHIVE',
    `The bundle ${where} holds ${JSON.stringify(first)}, which is no ordinary file${more}.`,
    'Put the file itself in place of a link, and give it a plain name.',
  );
}

function tooMuch(folder: string, problem: string): DetectdError {
  return new DetectdError(
    'BUNDLE_ARCHIVE',
    `The folder ${folder} ${problem}.`,
    'Check that it is the folder of one bundle; leave out what does not belong to it.',
  );
}
