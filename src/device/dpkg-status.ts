/**
 * Versions of installed packages from dpkg's own file. It has megabytes, is asked for a dozen packages and
 * belongs to the image inside a container, so it is read in pieces and only those are kept.
 */
import type { SystemFiles } from './system-files.js';

const STATUS = '/var/lib/dpkg/status';
const MAX_BYTES = 64 * 2 ** 20;
/** No package's entry is longer; without one, what was read so far is dropped. */
const MAX_ENTRY = 2 ** 20;

/** The packages among `text`, whole entries of a status file, that `wanted` matches: name → version. */
export function parsePackages(text: string, wanted: RegExp): Map<string, string> {
  const packages = new Map<string, string>();
  for (const entry of text.split(/\n\n+/)) {
    const name = /^Package: (\S+)$/m.exec(entry)?.[1];
    if (name === undefined || !wanted.test(name)) continue;
    const version = /^Version: (\S+)$/m.exec(entry)?.[1];
    if (version !== undefined && /^Status: \S+ ok installed$/m.test(entry)) packages.set(name, version);
  }
  return packages;
}

/** Reads the machine's packages that `wanted` matches. Throws when there is no such file. */
export async function installedPackages(files: SystemFiles, wanted: RegExp): Promise<Map<string, string>> {
  const packages = new Map<string, string>();
  let rest = '';
  const take = (text: string): void => {
    for (const [name, version] of parsePackages(text, wanted)) packages.set(name, version);
  };
  for await (const chunk of files.chunks(STATUS, MAX_BYTES)) {
    rest += chunk.toString('latin1');
    const end = rest.lastIndexOf('\n\n');
    if (end >= 0) {
      take(rest.slice(0, end));
      rest = rest.slice(end + 1);
    }
    if (rest.length > MAX_ENTRY) rest = '';
  }
  take(rest);
  return packages;
}
