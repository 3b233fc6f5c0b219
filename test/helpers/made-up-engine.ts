/** Engines for tests of the cache: small files under keys of a machine that is not there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEVICE_FACTS, type DeviceInfo } from '../../dist/core/device-info.js';
import type { CachedEngine } from '../../dist/engines/cached-engine.js';
import type { EngineBuild } from '../../dist/engines/engine-build.js';
import type { AcquireOptions, EngineCache } from '../../dist/engines/engine-cache.js';
import { type EngineKey, type EngineRequest, engineKey } from '../../dist/engines/engine-key.js';
import type { BuildFacts } from '../../dist/engines/engine-manifest.js';

export const madeUpDevice = Object.fromEntries(
  DEVICE_FACTS.map((fact) => [fact, `${fact} 1`]),
) as unknown as DeviceInfo;

/** The key of the `number`th model; the same each time. */
export function madeUpKey(number: number, change: Partial<EngineRequest> = {}): EngineKey {
  const request: EngineRequest = {
    bundleDigest: `sha256:${String(number).padStart(64, '0')}`,
    preparation: 1,
    provider: 'cpu',
    precision: 'fp32',
    shapes: { picture: [1, 416, 416, 3] },
    flags: {},
    ...change,
  };
  return engineKey(request, madeUpDevice);
}

/** Five of them. */
export const madeUpKeys = [madeUpKey(1), madeUpKey(2), madeUpKey(3), madeUpKey(4), madeUpKey(5)] as const;

export const madeUpFacts: BuildFacts = {
  model: { name: 'people', version: '1.2.0' },
  build: { ms: 1500, phases_ms: { preparing: 500, optimising: 1000 }, log: ['built'] },
  acceptance: { worst: 0.001 },
};

/** The right to build; throws when the engine is there already. */
export async function begun(
  cache: EngineCache,
  key: EngineKey,
  options?: AcquireOptions,
): Promise<EngineBuild> {
  const acquired = await cache.acquire(key, options);
  if (acquired.kind === 'build') return acquired.build;
  await acquired.engine.close();
  throw new Error(`${key.digest} is there already`);
}

/** Builds an engine of these files, and leaves it in use. */
export async function built(
  cache: EngineCache,
  key: EngineKey,
  files: Record<string, string> = { engine: 'the engine', 'context.onnx': 'the context' },
): Promise<CachedEngine> {
  const build = await begun(cache, key);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(build.folder, name), text);
  return build.commit(madeUpFacts);
}

/** Builds an engine that nobody uses. */
export async function kept(
  cache: EngineCache,
  key: EngineKey,
  files?: Record<string, string>,
): Promise<void> {
  await (await built(cache, key, files)).close();
}
