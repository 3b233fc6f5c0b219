/** Types of schedule.mjs, for its tests. */
export type Kind = 'worker' | 'broker' | 'camera' | 'reload';
export const KINDS: Kind[];
export function schedule(count: number, seed: number, kinds?: Kind[]): Kind[];
