/** Types of interval-set.mjs, for its test. */
export class IntervalSet {
  constructor(most?: number);
  full: boolean;
  readonly size: number;
  readonly least: number | undefined;
  readonly most: number | undefined;
  has(number: number): boolean;
  add(first: number, last?: number): void;
  missing(first: number, last: number): [number, number][];
  within(first: number, last: number): number;
  ranges(): [number, number][];
}
export function lengthOf(ranges: [number, number][]): number;
