/** Types of leak-handover.mjs, for its test. */
export interface Pause {
  captureMs: number;
  arrivalMs: number;
}
export interface LeakHandover {
  /** From the first detections to the verdict, in seconds; and its reason. */
  foundS: number;
  reason: string;
  /** While objects were seen nothing was done. */
  waited: boolean;
  besideTheOld: boolean;
  intervalMs: number;
  load: number;
  undisturbed: Pause;
  changing: Pause;
  moreMs: number;
  gapless: boolean;
  recycled: number;
  failures: string[];
  leakedMb: number;
  freshMb: number;
}
export function leakHandover(options?: {
  fps?: number;
  room?: 'both' | 'one';
  again?: boolean;
  kind?: 'host' | 'gpu';
  provider?: string;
}): Promise<LeakHandover>;
