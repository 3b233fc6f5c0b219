/** A build in words, for systemd's STATUS line, `detectd status` and terminals. Pure. */
import type { BuildPhase, BuildProgress, EngineWish } from '../core/engine.js';
import type { ProviderName } from '../core/worker-plan.js';

const NAMES: Record<ProviderName, string> = { tensorrt: 'TensorRT', cuda: 'CUDA', cpu: 'CPU' };

const PHASES: Record<BuildPhase, string> = {
  waiting: 'another process builds it',
  preparing: 'preparing the graph',
  parsing: 'reading the graph',
  building: 'building',
  loading: 'loading it',
  accepting: 'comparing it with the CPU',
  saving: 'saving it',
};

/** `TensorRT fp16 engine of people`. */
export function engineText(
  model: string,
  { provider, precision }: Pick<EngineWish, 'provider' | 'precision'>,
): string {
  return `${NAMES[provider]} ${precision} engine of ${model}`;
}

/** `building the TensorRT fp16 engine of people: building, 3 min of about 9`. */
export function buildText(model: string, wish: EngineWish, progress: BuildProgress | undefined): string {
  const what = `building the ${engineText(model, progress ?? wish)}`;
  return progress === undefined ? what : `${what}: ${progressText(progress)}`;
}

/** `building, 3 min of about 9`; a second attempt says so. */
export function progressText({ phase, elapsedMs, expectedMs, attempt }: BuildProgress): string {
  const again = attempt > 1 ? `, attempt ${attempt}` : '';
  return `${PHASES[phase]}${again}, ${timeText(elapsedMs, expectedMs)}`;
}

/** Both in the unit of the longer one. */
function timeText(elapsedMs: number, expectedMs: number | undefined): string {
  const minutes = Math.max(elapsedMs, expectedMs ?? 0) >= 90_000;
  const [unit, length] = minutes ? ['min', 60_000] : ['s', 1000];
  const elapsed = `${Math.floor(Math.max(0, elapsedMs) / length)} ${unit}`;
  if (expectedMs === undefined) return elapsed;
  return `${elapsed} of about ${Math.max(1, Math.round(expectedMs / length))}`;
}
