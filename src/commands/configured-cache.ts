/** The engine cache that a configuration means, for the commands that look into it. */
import type { CommandIo } from '../base/command-io.js';
import { findConfig, resolveFolders } from '../config/folders.js';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { EngineCache } from '../engines/engine-cache.js';

export interface ConfiguredCache {
  config: Config;
  cache: EngineCache;
  maxBytes: number;
}

/** Reads the configuration `file`, or the one that `run` would read. Throws CONFIG_… errors; makes nothing. */
export async function configuredCache(io: CommandIo, file: string | undefined): Promise<ConfiguredCache> {
  const { config } = await loadConfig(file ?? (await findConfig(io.env)), { env: io.env });
  const { cache: folder } = resolveFolders(config, { env: io.env });
  const maxBytes = config.engines.max_size_mb * 1e6;
  return { config, cache: new EngineCache({ folder, maxBytes }), maxBytes };
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Enough of a key to tell it from others. */
export function shortKey(key: string): string {
  return key.slice(0, 12);
}
