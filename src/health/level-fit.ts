/**
 * A series described as a few levels with jumps between them: the best places of the jumps by dynamic
 * programming over squared distances (R. Bellman, "On the approximation of curves by line segments using
 * dynamic programming", 1961, with constants for segments). A camera or a model that is added is a jump; a
 * leak is what jumps describe badly.
 */

export interface LevelFit {
  /** Where each level but the first begins: indexes into the series, rising. */
  jumps: number[];
  /** The mean of each level. */
  levels: number[];
  /** Sum of the squared distances. */
  cost: number;
}

/** The best description of `y` by 1, 2, … `most` levels, each at least `shortest` values long; O(most · n²). */
export function levelFits(y: readonly number[], most: number, shortest = 2): LevelFit[] {
  const n = y.length;
  const sums = new Float64Array(n + 1);
  const squares = new Float64Array(n + 1);
  // Distances to the first value: bytes squared would lose the digits that differ.
  const base = y[0] ?? 0;
  y.forEach((value, i) => {
    sums[i + 1] = (sums[i] as number) + (value - base);
    squares[i + 1] = (squares[i] as number) + (value - base) ** 2;
  });
  const mean = (from: number, to: number) =>
    base + ((sums[to] as number) - (sums[from] as number)) / (to - from);
  const cost = (from: number, to: number) => {
    const sum = (sums[to] as number) - (sums[from] as number);
    return Math.max(0, (squares[to] as number) - (squares[from] as number) - (sum * sum) / (to - from));
  };
  // best[k][end]: the least cost of y[0..end) in k + 1 levels; from[k][end]: where its last level begins.
  const best = Array.from({ length: most }, () => new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY));
  const from = Array.from({ length: most }, () => new Int32Array(n + 1));
  const fits: LevelFit[] = [];
  for (let k = 0; k < most && (k + 1) * shortest <= n; k += 1) {
    const row = best[k] as Float64Array;
    for (let end = (k + 1) * shortest; end <= n; end += 1) {
      if (k === 0) row[end] = cost(0, end);
      else {
        for (let start = k * shortest; start <= end - shortest; start += 1) {
          const total = ((best[k - 1] as Float64Array)[start] as number) + cost(start, end);
          if (total < (row[end] as number)) {
            row[end] = total;
            (from[k] as Int32Array)[end] = start;
          }
        }
      }
    }
    const jumps: number[] = [];
    for (let level = k, end = n; level > 0; level -= 1) {
      end = (from[level] as Int32Array)[end] as number;
      jumps.unshift(end);
    }
    const edges = [0, ...jumps, n];
    const levels = edges.slice(1).map((to, i) => mean(edges[i] as number, to));
    fits.push({ jumps, levels, cost: row[n] as number });
  }
  return fits;
}
