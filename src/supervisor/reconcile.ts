/**
 * From the plan that should run and the one that does to the steps between them: a pure decision, carried
 * out by the table in worker-supervisor.ts. What a running worker can take over is handed to it; all else
 * means a new worker.
 */
import type { CameraPlan, WorkerModelPlan, WorkerPlan } from '../core/worker-plan.js';

export type Step =
  | { do: 'stop-worker' }
  | { do: 'start-worker'; plan: WorkerPlan }
  | { do: 'adjust'; plan: WorkerPlan }
  | { do: 'set-cameras'; cameras: CameraPlan[] };

/** `actual` is the plan of the worker that runs; undefined when none does. */
export function reconcile(desired: WorkerPlan | undefined, actual: WorkerPlan | undefined): Step[] {
  if (desired === undefined) return actual === undefined ? [] : [{ do: 'stop-worker' }];
  if (actual === undefined) return [{ do: 'start-worker', plan: desired }];
  if (!canTakeOver(desired, actual)) return [{ do: 'stop-worker' }, { do: 'start-worker', plan: desired }];
  const adjusted = adjust(desired, actual);
  const steps: Step[] = [];
  if (!same(adjusted, actual)) steps.push({ do: 'adjust', plan: adjusted });
  if (!same(desired.cameras, actual.cameras)) steps.push({ do: 'set-cameras', cameras: desired.cameras });
  return steps;
}

/** Models of `desired` that the worker which runs by `actual` has not loaded, or not in every mode. */
export function modelsToLoad(desired: WorkerPlan, actual: WorkerPlan): WorkerModelPlan[] {
  return desired.models.filter((model) => !actual.models.some((loaded) => covers(loaded, model)));
}

/** Models and modes that are no longer used stay loaded, and a larger size or another folder for archives does no harm. */
function canTakeOver(desired: WorkerPlan, actual: WorkerPlan): boolean {
  return (
    modelsToLoad(desired, actual).length === 0 &&
    desired.cameraCapacity <= actual.cameraCapacity &&
    desired.log.pretty === actual.log.pretty &&
    desired.measureCpu === actual.measureCpu &&
    same(desired.device, actual.device)
  );
}

/** The running plan with the thresholds and the log level of the desired one. */
function adjust(desired: WorkerPlan, actual: WorkerPlan): WorkerPlan {
  const models = actual.models.map((loaded) => {
    const model = desired.models.find(({ name }) => name === loaded.name);
    return model === undefined ? loaded : { ...model, modes: loaded.modes };
  });
  return { ...actual, models, log: desired.log };
}

function covers(loaded: WorkerModelPlan, model: WorkerModelPlan): boolean {
  const modes = model.modes.every((mode) => loaded.modes.includes(mode));
  return modes && same({ ...loaded, threshold: 0, modes }, { ...model, threshold: 0, modes });
}

/** Plans are plain data with keys in a fixed order. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
