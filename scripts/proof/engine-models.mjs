/** Engines that are small files, for proofs of the cache: their keys, and what must be in them. */
import { createHash } from 'node:crypto';
import { DEVICE_FACTS } from '../../dist/core/device-info.js';
import { engineKey } from '../../dist/engines/engine-key.js';

const device = Object.fromEntries(DEVICE_FACTS.map((fact) => [fact, `${fact} 1`]));

export const KEYS = [1, 2, 3, 4].map((model) =>
  engineKey(
    {
      bundleDigest: `sha256:${String(model).padStart(64, '0')}`,
      preparation: 1,
      provider: 'cpu',
      precision: 'fp32',
      shapes: {},
      flags: {},
    },
    device,
  ),
);
/** The one that is damaged on purpose. */
export const FRAGILE = KEYS[3];
export const FILES = ['engine', 'context.onnx'];
export const FACTS = {
  model: { name: 'proof', version: '1' },
  build: { ms: 1, phases_ms: {}, log: [] },
  acceptance: null,
};
/** Two engines and a half. */
export const MAX_BYTES = 220_000;

/** What the builder of `key` writes into a file. */
export function content(key, name) {
  const seed = createHash('sha256').update(`${key.digest} ${name}`).digest();
  return Buffer.alloc(name === 'engine' ? 80_000 : 300, seed);
}
