/**
 * From the plan that should run and the one that does to the steps between them: a pure decision, carried
 * out by the table in worker-supervisor.ts. What a running worker can take over is handed to it; all else
 * means a new worker.
 */
import type { CameraPlan, WorkerPlan } from '../core/worker-plan.js';

export type Step =
  | { do: 'stop-worker' }
  | { do: 'start-worker'; plan: WorkerPlan }
  | { do: 'set-cameras'; cameras: CameraPlan[] };

/** `actual` is the plan of the worker that runs; undefined when none does. */
export function reconcile(desired: WorkerPlan | undefined, actual: WorkerPlan | undefined): Step[] {
  if (desired === undefined) return actual === undefined ? [] : [{ do: 'stop-worker' }];
  if (actual === undefined) return [{ do: 'start-worker', plan: desired }];
  if (same(desired, actual)) return [];
  if (same(withoutCameras(desired), withoutCameras(actual)))
    return [{ do: 'set-cameras', cameras: desired.cameras }];
  return [{ do: 'stop-worker' }, { do: 'start-worker', plan: desired }];
}

function withoutCameras(plan: WorkerPlan): Omit<WorkerPlan, 'cameras'> {
  const { cameras: _, ...rest } = plan;
  return rest;
}

/** Plans are plain data with keys in a fixed order. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
