/** Types of camera-matrix.mjs, for its test. */
export interface FaultOutcome {
  name: string;
  how: string;
  impossible?: string;
  state?: string;
  code?: string;
  toldMs?: number;
  backMs?: number;
  loss: number;
  why: string[];
  holds: boolean;
}
export function runMatrix(options?: {
  short?: boolean;
  only?: string[];
  onRow?: (outcome: FaultOutcome) => void;
}): Promise<FaultOutcome[]>;
