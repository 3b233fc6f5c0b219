/**
 * From the plan that should run and the ones that do to the steps between them: a pure decision, carried
 * out by the table in worker-supervisor.ts. What a running worker can take over is handed to it; all else
 * means a new worker.
 */
import { UNKNOWN_DEVICE } from '../core/device-info.js';
import type { CameraPlan, WorkerModelPlan, WorkerPlan } from '../core/worker-plan.js';

export type Step =
  /** All there are. */
  | { do: 'stop-worker' }
  | { do: 'start-worker'; plan: WorkerPlan }
  | { do: 'adjust'; plan: WorkerPlan }
  | { do: 'set-cameras'; cameras: CameraPlan[] }
  /** Another worker takes over from the one that serves. */
  | { do: 'replace-worker'; plan: WorkerPlan }
  /** The same, but nobody has asked for it: files that are playing are not to be started over. */
  | { do: 'renew-worker'; plan: WorkerPlan }
  /** The one that was to take over is not wanted any more. */
  | { do: 'drop-replacement' };

export interface Situation {
  /** Plan of a worker that is about to take over. */
  coming?: WorkerPlan | undefined;
  /** A fresh worker is wanted although the plan may be the same. */
  renew?: boolean;
}

/** `actual` is the plan of the worker that serves; undefined when none does. */
export function reconcile(
  desired: WorkerPlan | undefined,
  actual: WorkerPlan | undefined,
  { coming, renew = false }: Situation = {},
): Step[] {
  if (desired === undefined) return actual === undefined ? [] : [{ do: 'stop-worker' }];
  if (actual === undefined) return [{ do: 'start-worker', plan: desired }];
  const steps = fits(desired, actual) ? changes(desired, actual) : closeUnwanted(desired, actual);
  const obsolete = coming !== undefined && !fits(desired, coming);
  if (obsolete) steps.push({ do: 'drop-replacement' });
  if (coming !== undefined && !obsolete) return steps;
  if (!fits(configured(desired), configured(actual))) steps.push({ do: 'replace-worker', plan: desired });
  else if (renew || !fits(desired, actual)) steps.push({ do: 'renew-worker', plan: desired });
  return steps;
}

/** Models of `desired` that the worker which runs by `actual` has not loaded, or not in every mode. */
export function modelsToLoad(desired: WorkerPlan, actual: WorkerPlan): WorkerModelPlan[] {
  return desired.models.filter((model) => !actual.models.some((loaded) => covers(loaded, model)));
}

/**
 * Whether a worker that runs by `actual` can run by `desired` too. Models and modes that are no longer used stay
 * loaded, and a larger size or another folder for archives does no harm.
 */
export function fits(desired: WorkerPlan, actual: WorkerPlan): boolean {
  return (
    modelsToLoad(desired, actual).length === 0 &&
    desired.cameraCapacity <= actual.cameraCapacity &&
    desired.log.pretty === actual.log.pretty &&
    desired.measureCpu === actual.measureCpu &&
    (desired.shadow === undefined || same(desired.shadow, actual.shadow)) &&
    same(desired.device, actual.device)
  );
}

function changes(desired: WorkerPlan, actual: WorkerPlan): Step[] {
  const adjusted = adjust(desired, actual);
  const steps: Step[] = [];
  if (!same(adjusted, actual)) steps.push({ do: 'adjust', plan: adjusted });
  if (!same(desired.cameras, actual.cameras)) steps.push({ do: 'set-cameras', cameras: desired.cameras });
  return steps;
}

/** A camera that nobody wants any more does not wait for the next worker. */
function closeUnwanted(desired: WorkerPlan, actual: WorkerPlan): Step[] {
  const wanted = new Set(desired.cameras.map(({ name }) => name));
  const cameras = actual.cameras.filter(({ name }) => wanted.has(name));
  return cameras.length === actual.cameras.length ? [] : [{ do: 'set-cameras', cameras }];
}

/** Without what is found out about the machine as time goes on: no user has changed that. */
function configured(plan: WorkerPlan): WorkerPlan {
  const models = plan.models.map((model) => ({ ...model, providers: [] }));
  return { ...plan, models, device: UNKNOWN_DEVICE };
}

/** The running plan with the thresholds, the log level and the rate of the desired one. */
function adjust(desired: WorkerPlan, actual: WorkerPlan): WorkerPlan {
  const models = actual.models.map((loaded) => {
    const model = desired.models.find(({ name }) => name === loaded.name);
    return model === undefined ? loaded : { ...model, modes: loaded.modes };
  });
  const { maxRate } = desired;
  const { maxRate: _before, shadow: _shadow, ...kept } = actual;
  const { shadow } = desired;
  return {
    ...kept,
    models,
    log: desired.log,
    ...(maxRate === undefined ? {} : { maxRate }),
    ...(shadow === undefined ? {} : { shadow }),
  };
}

function covers(loaded: WorkerModelPlan, model: WorkerModelPlan): boolean {
  const modes = model.modes.every((mode) => loaded.modes.includes(mode));
  return modes && same({ ...loaded, ...ANY, modes }, { ...model, ...ANY, modes });
}

/** Thresholds are given to a model that is loaded. */
const ANY = { threshold: 0, faint: 0 };

/** Plans are plain data with keys in a fixed order. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
