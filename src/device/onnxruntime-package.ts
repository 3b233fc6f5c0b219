/**
 * The onnxruntime-node that is installed, from its files alone: the native part is loaded in other processes
 * only. A build for a Jetson differs from the published one by the provider libraries beside the binding.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SystemFiles } from './system-files.js';

const NAME = 'node_modules/onnxruntime-node';

export interface OnnxruntimePackage {
  version: string;
  folder: string;
}

/** Text of its package.json. */
export function parsePackageVersion(text: string): string | undefined {
  try {
    const { version } = JSON.parse(text) as { version?: unknown };
    return typeof version === 'string' && /^\d+\.\d+\.\d+[\w.+-]{0,40}$/.test(version) ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Where Node would find it from this program; `files` must be those of this machine. */
export async function findOnnxruntime(
  files: SystemFiles,
  from: string = dirname(fileURLToPath(import.meta.url)),
): Promise<OnnxruntimePackage | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const text = await files.read(join(folder, NAME, 'package.json')).catch(() => undefined);
    const version = text === undefined ? undefined : parsePackageVersion(text);
    if (version !== undefined) return { version, folder: join(folder, NAME) };
    if (folder === dirname(folder)) return undefined;
  }
}

/** Providers whose libraries are there for this processor, best first; the CPU's is part of the runtime. */
export async function shippedProviders(
  files: SystemFiles,
  folder: string,
  architecture: string,
): Promise<string[]> {
  const found = new Set<string>();
  for (const abi of await files.names(join(folder, 'bin')).catch(() => []))
    for (const name of await files.names(join(folder, 'bin', abi, 'linux', architecture)).catch(() => [])) {
      const provider = /^libonnxruntime_providers_(\w+)\.so$/.exec(name)?.[1];
      if (provider !== undefined && provider !== 'shared') found.add(provider);
    }
  return [...['tensorrt', 'cuda'].filter((provider) => found.has(provider)), 'cpu'];
}
