/** Makes the paths of a configuration absolute, so that nobody depends on where the program was started. */
import { resolve } from 'node:path';
import { modelSourceText, parseModelSource } from './model-source.js';
import type { Config } from './schema.js';

/** A copy of `config` whose paths are absolute; relative ones start at `folder`. Sources are left as written. */
export function resolveConfigPaths(config: Config, folder: string): Config {
  const { mqtt, http, paths, models, updates, recordings } = config;
  return {
    ...config,
    paths: resolveKeys(paths, ['state', 'cache'], folder),
    mqtt: resolveKeys(mqtt, ['ca', 'cert', 'key'], folder),
    http: resolveKeys(http, ['textfile'], folder),
    recordings: resolveKeys(recordings, ['folder', 'buffer'], folder),
    updates: {
      ...updates,
      keys: updates.keys.map((key) => (key.endsWith('.pub') ? resolve(folder, key) : key)),
    },
    models: Object.fromEntries(
      Object.entries(models).map(([name, model]) => [
        name,
        { ...model, bundle: modelSourceText(parseModelSource(model.bundle, folder)) },
      ]),
    ),
  };
}

function resolveKeys<T extends object>(section: T, keys: (keyof T)[], folder: string): T {
  const resolved = { ...section };
  for (const key of keys) {
    const value = section[key];
    if (typeof value === 'string') resolved[key] = resolve(folder, value) as T[typeof key];
  }
  return resolved;
}
