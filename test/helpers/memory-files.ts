/** A reader of files that exist only in a test: loadConfig() and others take it in place of the disk. */

export type ReadFile = (path: string, maxBytes: number) => Promise<Uint8Array>;

/** Reads from `files` by absolute path; anything else fails with ENOENT, a value that is an Error is thrown. */
export function memoryFiles(files: Record<string, string | Uint8Array | Error>): ReadFile {
  return async (path, maxBytes) => {
    const content = Object.hasOwn(files, path) ? files[path] : undefined;
    if (content === undefined) throw systemError('ENOENT');
    if (content instanceof Error) throw content;
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    if (bytes.length > maxBytes) throw systemError('EFBIG');
    return bytes;
  };
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: from a test`), { code });
}
