/** The engine cache that a configuration means, for the commands that look into it. */
import type { CommandIo } from '../base/command-io.js';
import { findConfig, resolveFolders } from '../config/folders.js';
import { type Config, configSchema } from '../config/schema.js';
import { EngineCache } from '../engines/engine-cache.js';
import { readStoredSlot } from '../models/model-store.js';
import { digestsToKeep } from '../models/update-phases.js';
import { loadAsDaemon } from './config-documents.js';

export interface CachePlace {
  cache: EngineCache;
  /** The cache folder, which engines are below. */
  folder: string;
  maxBytes: number;
  /** Digests of bundles whose engines stay: of models that are being changed. */
  keep: string[];
}

export interface ConfiguredCache extends CachePlace {
  config: Config;
  /** The state folder, which fetched models are below. */
  state: string;
}

/** What holds where nothing is configured. */
const defaultsSchema = configSchema.pick({ paths: true, engines: true });

/** Reads the configuration `file`, or the one that `run` would read, as a daemon does. Throws CONFIG_… errors; makes nothing. */
export async function configuredCache(io: CommandIo, file: string | undefined): Promise<ConfiguredCache> {
  const { config } = await loadAsDaemon(io, file);
  const { state } = resolveFolders(config, { env: io.env });
  const slots = await Promise.all(
    Object.keys(config.models).map((model) => readStoredSlot(state, model).catch(() => undefined)),
  );
  const keep = slots.flatMap((slot) => (slot === undefined ? [] : digestsToKeep(slot)));
  return { config, state, ...placeOf(io, config, keep) };
}

/** As configured, or by default where no file is given and none is found. Throws CONFIG_… errors; makes nothing. */
export async function cachePlace(io: CommandIo, file: string | undefined): Promise<CachePlace> {
  const path = file ?? (await findConfig(io.env).catch(() => undefined));
  return path === undefined ? placeOf(io, defaultsSchema.parse({})) : configuredCache(io, path);
}

function placeOf(io: CommandIo, config: Pick<Config, 'paths' | 'engines'>, keep: string[] = []): CachePlace {
  const { cache: folder } = resolveFolders(config, { env: io.env });
  const maxBytes = config.engines.max_size_mb * 1e6;
  return { cache: new EngineCache({ folder, maxBytes, keep }), folder, maxBytes, keep };
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Enough of a key to tell it from others. */
export function shortKey(key: string): string {
  return key.slice(0, 12);
}
