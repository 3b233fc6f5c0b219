/** How long a build should take, from what was built before. Pure. */
import type { CacheListing } from './cache-listing.js';
import type { EngineKey } from './engine-key.js';
import type { EngineManifest } from './engine-manifest.js';

/**
 * The time of the engine of the same model that is most like it, last used first; undefined where none was built for
 * the same provider. `model` is the name that its bundle gives itself.
 */
export function expectedBuildMs(
  { engines }: Pick<CacheListing, 'engines'>,
  key: EngineKey,
  model: string,
): number | undefined {
  const alike = (manifest: EngineManifest, name: string): boolean =>
    partOf(manifest.parts, name) === partOf(key.parts, name);
  const candidates = engines
    .flatMap(({ manifest }) => manifest ?? [])
    .filter((manifest) => manifest.model.name === model && alike(manifest, 'provider'));
  const nearest =
    candidates.find((manifest) => alike(manifest, 'precision') && alike(manifest, 'flag mode')) ??
    candidates.find((manifest) => alike(manifest, 'precision')) ??
    candidates[0];
  return nearest?.build.ms;
}

function partOf(parts: EngineKey['parts'], name: string): unknown {
  return parts.find((part) => part.name === name)?.value;
}
