/**
 * Versions of shared libraries by their file names, the only statement that cannot disagree with what is
 * loaded: `libnvinfer.so.10` is a link to `libnvinfer.so.10.3.0`. Folders are searched in the loader's order.
 */
import type { SystemFiles } from './system-files.js';

export interface Library {
  version: string;
  /** The file itself, all links followed. */
  path: string;
  /** Other versions in the same folder. */
  others: string[];
}

/** "libcudart.so.12.6.68" of libcudart is 12.6.68; names without a version are undefined. */
export function parseLibraryName(file: string, library: string): string | undefined {
  if (!file.startsWith(`${library}.so.`)) return undefined;
  const version = file.slice(library.length + 4);
  return /^\d{1,5}(\.\d{1,5}){0,4}$/.test(version) ? version : undefined;
}

/** Each library in the first folder that has it; of several versions there the newest. */
export async function findLibraries(
  files: SystemFiles,
  folders: readonly string[],
  libraries: readonly string[],
): Promise<Map<string, Library>> {
  const found = new Map<string, Library>();
  for (const folder of folders) {
    if (found.size === libraries.length) break;
    const names = await files.names(folder).catch(() => []);
    for (const library of libraries) {
      if (found.has(library)) continue;
      const here = names.filter((name) => name === `${library}.so` || parseLibraryName(name, library));
      const best = await newest(files, folder, here, library);
      if (best !== undefined) found.set(library, best);
    }
  }
  return found;
}

/** The version of a file whose links end at nothing does not count: it cannot be loaded. */
async function newest(
  files: SystemFiles,
  folder: string,
  names: readonly string[],
  library: string,
): Promise<Library | undefined> {
  const paths = new Map<string, string>();
  for (const name of names.slice(0, 50)) {
    const path = await files.real(`${folder}/${name}`).catch(() => undefined);
    if (path === undefined) continue;
    const target = path.slice(path.lastIndexOf('/') + 1);
    const version = [parseLibraryName(target, library), parseLibraryName(name, library)]
      .filter((each) => each !== undefined)
      .sort((a, b) => b.split('.').length - a.split('.').length)[0];
    if (version !== undefined) paths.set(version, path);
  }
  // A bare soname beside the full version is the same library.
  const versions = [...paths.keys()]
    .filter((version, _, all) => !all.some((other) => other.startsWith(`${version}.`)))
    .sort((a, b) => compareVersions(b, a));
  const [version, ...others] = versions;
  if (version === undefined) return undefined;
  return { version, path: paths.get(version) ?? folder, others };
}

/** Negative when `a` is older than `b`; parts are compared as numbers. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
