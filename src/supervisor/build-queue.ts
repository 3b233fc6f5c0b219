/**
 * Which engine is built next, from what the models want and what came of earlier builds: a pure decision, acted upon by
 * engine-keeper.ts. Models come in the order of the configuration, of each way its pictures arrive the best engine first.
 */
import type { DetectdError } from '../base/errors.js';
import type { EngineWish } from '../core/engine.js';
import type { ModelPlan } from '../core/worker-plan.js';

export interface ModelWishes {
  model: ModelPlan;
  /** Best first, for each mode. */
  wanted: readonly EngineWish[];
}

/** What came of building an engine, as far as it decides what comes next. */
export type Fate =
  /** There is one; a lesser engine for the same pictures is not needed. */
  | { kind: 'built' }
  /** `againUs`: when to try once more; undefined for never. */
  | { kind: 'failed'; error: DetectdError; final: boolean; againUs: number | undefined };

export type NextBuild =
  | { do: 'build'; model: ModelPlan; wish: EngineWish }
  | { do: 'wait'; untilUs: number }
  | { do: 'nothing' };

/** Memory or space may be there again after a minute; if not, then not soon either. */
const AGAIN_US = 60_000_000;

export function nextBuild(
  models: readonly ModelWishes[],
  fates: ReadonlyMap<string, Fate>,
  nowUs: number,
): NextBuild {
  let untilUs: number | undefined;
  for (const { model, wanted } of models)
    for (const wishes of byMode(wanted))
      for (const wish of wishes) {
        const fate = fates.get(wish.key);
        if (fate?.kind === 'built') break;
        if (fate === undefined || (fate.againUs !== undefined && fate.againUs <= nowUs))
          return { do: 'build', model, wish };
        if (fate.againUs !== undefined) untilUs = Math.min(untilUs ?? fate.againUs, fate.againUs);
      }
  return untilUs === undefined ? { do: 'nothing' } : { do: 'wait', untilUs };
}

/** What fails for a reason that may pass is tried once more, and then not until the configuration or the machine changes. */
export function failedFate(
  before: Fate | undefined,
  { error, final }: { error: DetectdError; final: boolean },
  nowUs: number,
): Fate {
  const again = !final && before?.kind !== 'failed';
  return { kind: 'failed', error, final, againUs: again ? nowUs + AGAIN_US : undefined };
}

function byMode(wanted: readonly EngineWish[]): EngineWish[][] {
  return [...new Set(wanted.map(({ mode }) => mode))].map((mode) =>
    wanted.filter((wish) => wish.mode === mode),
  );
}
