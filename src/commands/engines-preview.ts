/** What `detectd engines build --dry-run` tells: which engines are wanted, whether they are there, how long each takes. */

import type { EngineWish } from '../core/engine.js';
import type { EngineCache } from '../engines/engine-cache.js';
import { isSettled, readRefusals } from '../engines/engine-refusals.js';
import { expectedBuildMs } from '../engines/expected-time.js';
import type { WantedEngines } from './wanted-engines.js';

export interface PreviewedEngine {
  model: string;
  wish: EngineWish;
  state: 'there' | 'missing' | 'bad' | 'refused';
  /** Why it is bad or refused. */
  reason: string | undefined;
  /** From earlier builds; undefined where there was none, or nothing is to be built. */
  expectedMs: number | undefined;
}

/** Of the best engine for each model and mode. Changes nothing. */
export async function previewEngines(
  wanted: readonly WantedEngines[],
  cache: EngineCache,
  cacheFolder: string,
  signal: AbortSignal,
): Promise<PreviewedEngine[]> {
  const listing = await cache.list();
  const refusals = await readRefusals(cacheFolder);
  const previewed: PreviewedEngine[] = [];
  for (const { plan, bundleName, choices } of wanted) {
    const [best] = choices;
    if (best === undefined) continue;
    const { wish, key } = best;
    const found = await cache.inspect(key.digest, { signal });
    const refusal = refusals.get(key.digest);
    const of = { model: plan.name, wish };
    if (found.state === 'usable') {
      await found.engine.close();
      previewed.push({ ...of, state: 'there', reason: undefined, expectedMs: undefined });
    } else if (refusal !== undefined && isSettled(refusal))
      previewed.push({ ...of, state: 'refused', reason: refusal.reason, expectedMs: undefined });
    else {
      const expectedMs = expectedBuildMs(listing, key, bundleName);
      const reason = found.state === 'bad' ? found.reason : undefined;
      previewed.push({ ...of, state: found.state, reason, expectedMs });
    }
  }
  return previewed;
}
