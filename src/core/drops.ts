/** Why frames that a camera delivered were never analysed, and how many of them. */

export const DROP_CAUSES = [
  /** A newer one came while the model was busy with others. */
  'replaced',
  /** A newer one came while the rate over all cameras was held down. */
  'paced',
  /** A newer one came while the supervising process did not take results. */
  'backlog',
  /** Its camera was closed, or the worker ended, before its turn. */
  'closed',
] as const;

export type DropCause = (typeof DROP_CAUSES)[number];

export type Drops = Record<DropCause, number>;

export function noDrops(): Drops {
  return { replaced: 0, paced: 0, backlog: 0, closed: 0 };
}

export function addedDrops(a: Drops, b: Drops): Drops {
  const sum = noDrops();
  for (const cause of DROP_CAUSES) sum[cause] = a[cause] + b[cause];
  return sum;
}

/** For whatever reason. */
export function allDrops(drops: Drops): number {
  return DROP_CAUSES.reduce((sum, cause) => sum + drops[cause], 0);
}
