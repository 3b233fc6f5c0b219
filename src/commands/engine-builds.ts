/**
 * Builds engines one after the other, as `detectd engines build` wants them, and tells how far it is. Whatever fails,
 * the others are built.
 */
import { DetectdError, type ErrorData } from '../base/errors.js';
import type { BuildProgress, BuiltEngine, EngineWish } from '../core/engine.js';
import { percentDone } from '../core/model-state.js';
import type { ModelPlan } from '../core/worker-plan.js';
import { engineText, progressText } from '../supervisor/build-text.js';
import type { BuildEnd } from '../supervisor/builder-host.js';

export interface EngineOrder {
  model: ModelPlan;
  wish: EngineWish;
}

export interface EngineOutcome extends EngineOrder {
  outcome: 'built' | 'there' | 'failed';
  /** Undefined where there is none. */
  engine: BuiltEngine | undefined;
  error: ErrorData | undefined;
}

export interface Builder {
  run(): Promise<BuildEnd>;
  cancel(): void;
}

export interface BuildsOptions {
  builder: (order: EngineOrder, onProgress: (progress: BuildProgress) => void) => Builder;
  signal: AbortSignal;
  /** What is being done now, in words, and the part of it that is done (0 to 1) where that is known. */
  onWork: (
    order: EngineOrder,
    text: string,
    part: number | undefined,
    progress: BuildProgress | undefined,
  ) => void;
  onOutcome: (outcome: EngineOutcome) => void;
}

/** Throws the signal's reason when it is aborted; what was being built is gone then. */
export async function buildEngines(
  orders: readonly EngineOrder[],
  options: BuildsOptions,
): Promise<EngineOutcome[]> {
  const outcomes: EngineOutcome[] = [];
  for (const order of orders) {
    options.signal.throwIfAborted();
    const outcome = outcomeOf(order, await build(order, options));
    options.signal.throwIfAborted();
    outcomes.push(outcome);
    options.onOutcome(outcome);
  }
  return outcomes;
}

async function build(order: EngineOrder, { builder, signal, onWork }: BuildsOptions): Promise<BuildEnd> {
  const { model, wish } = order;
  onWork(order, engineText(model.name, wish), undefined, undefined);
  const current = builder(order, (progress) => {
    const percent = percentDone(progress);
    const text = `${progressText(progress)}, ${engineText(model.name, progress)}`;
    onWork(order, text, percent === undefined ? undefined : percent / 100, progress);
  });
  const cancel = (): void => current.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await current.run();
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

function outcomeOf(order: EngineOrder, end: BuildEnd): EngineOutcome {
  if (end.kind === 'built')
    return {
      ...order,
      outcome: end.engine.wasThere ? 'there' : 'built',
      engine: end.engine,
      error: undefined,
    };
  const error =
    end.kind === 'failed'
      ? end.error
      : new DetectdError('ENGINE_CANCELLED', 'The building of the engine was stopped.');
  return { ...order, outcome: 'failed', engine: undefined, error: error.toData() };
}
