/** The configuration as it may be shown: what is in force, with every secret replaced. */
import type { LoadedConfig } from './load.js';
import { MASK, maskSecrets } from './secrets.js';

/** Plain data with the keys of the file; secrets from outside and passwords in addresses are masked. */
export function shownConfig(loaded: LoadedConfig): unknown {
  const secretPaths = new Set(loaded.secretPaths.map((path) => JSON.stringify(path)));
  const secrets = loaded.secrets;

  function show(value: unknown, path: (string | number)[]): unknown {
    if (typeof value === 'string') {
      if (path.at(-1) === 'password') return MASK;
      const masked = maskSecrets(value, secrets);
      // A secret too short to be found in a text hides its whole value.
      return secretPaths.has(JSON.stringify(path)) && masked === value ? MASK : masked;
    }
    if (Array.isArray(value)) return value.map((item, index) => show(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, show(item, [...path, key])]));
  }

  return show(loaded.config, []);
}
