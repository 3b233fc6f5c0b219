/** Which version of each model a daemon would run here, for commands that look at what serves. */
import type { Config } from '../config/schema.js';
import { activePath, readStoredSlot } from '../models/model-store.js';
import { modelWish } from '../models/model-target.js';
import { type Finding, fault } from './finding.js';

/**
 * By model: absolute path of what is to serve; undefined where it has to be fetched yet. Paths in the configuration must
 * be absolute. Throws where the store cannot be read.
 */
export async function servingBundles(
  { models }: Pick<Config, 'models'>,
  state: string,
): Promise<Map<string, string | undefined>> {
  const bundles = new Map<string, string | undefined>();
  for (const [name, model] of Object.entries(models))
    bundles.set(name, activePath(await readStoredSlot(state, name), modelWish(model).target));
  return bundles;
}

/** Models of which nothing is here yet. */
export function missingFindings(bundles: ReadonlyMap<string, string | undefined>): Finding[] {
  return [...bundles].flatMap(([name, bundle]) => {
    if (bundle !== undefined) return [];
    const cure = `Fetch it with "detectd models install ${name}", or start the daemon; its cameras wait until then.`;
    return fault(`model ${name}`, 'warning', 'no version of it is on this machine yet', cure);
  });
}
