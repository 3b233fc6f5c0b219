/**
 * The CUDA version that the toolkit states of itself: version.json since CUDA 11, version.txt before. Used
 * where no runtime library is found.
 */

/** version.json: {"cuda_cudart":{"version":"12.6.68"},"cuda":{"version":"12.6.3"},…}; the runtime's own first. */
export function parseCudaJson(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  for (const part of ['cuda_cudart', 'cuda_nvcc', 'cuda']) {
    const entry: unknown = isRecord(value) ? value[part] : undefined;
    const version = isRecord(entry) ? entry['version'] : undefined;
    if (typeof version === 'string' && /^\d{1,3}(\.\d{1,5}){1,3}$/.test(version)) return version;
  }
  return undefined;
}

/** version.txt: "CUDA Version 10.2.300". */
export function parseCudaText(text: string): string | undefined {
  return /^CUDA Version (\d{1,3}(?:\.\d{1,5}){1,3})\s*$/m.exec(text)?.[1];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
