/**
 * The best pairs between two sets: as many cheap ones as can be, none dearer than a limit. Only pairs below the limit
 * are looked at, and what is not connected by such pairs is solved apart, so that a crowd costs little more than its
 * densest corner.
 */

/** In a corner of more rows or columns than this the cheapest pair comes first, which is nearly as good. */
const MAX_EXACT = 96;

interface Pair {
  row: number;
  column: number;
  cost: number;
}

/**
 * The column of each row, or -1. Minimises the costs of all pairs plus `limit` for every row that gets none, as
 * `lap.lapjv(extend_cost=True, cost_limit=limit)` does.
 */
export function assign(
  rows: number,
  columns: number,
  cost: (row: number, column: number) => number,
  limit: number,
): Int32Array {
  const chosen = new Int32Array(rows).fill(-1);
  const pairs: Pair[] = [];
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const value = cost(row, column);
      if (value < limit) pairs.push({ row, column, cost: value });
    }
  for (const group of connected(pairs, rows, columns)) solve(group, limit, chosen);
  return chosen;
}

function solve(pairs: Pair[], limit: number, chosen: Int32Array): void {
  const [only] = pairs;
  if (pairs.length === 1 && only !== undefined) {
    chosen[only.row] = only.column;
    return;
  }
  const rows = [...new Set(pairs.map(({ row }) => row))];
  const columns = [...new Set(pairs.map(({ column }) => column))];
  if (Math.max(rows.length, columns.length) > MAX_EXACT) greedy(pairs, chosen);
  else exact(pairs, rows, columns, limit, chosen);
}

function greedy(pairs: Pair[], chosen: Int32Array): void {
  const taken = new Set<number>();
  for (const { row, column } of [...pairs].sort((a, b) => a.cost - b.cost)) {
    if (chosen[row] !== -1 || taken.has(column)) continue;
    chosen[row] = column;
    taken.add(column);
  }
}

/**
 * Shortest augmenting paths (Kuhn and Munkres), with one column more for each row that stands for having none. What a
 * pair saves against the limit is its negative cost.
 */
function exact(pairs: Pair[], rows: number[], columns: number[], limit: number, chosen: Int32Array): void {
  const width = columns.length + rows.length;
  const costs = new Float64Array(rows.length * width).fill(Number.POSITIVE_INFINITY);
  const rowAt = new Map(rows.map((row, index) => [row, index]));
  const columnAt = new Map(columns.map((column, index) => [column, index]));
  for (const { row, column, cost } of pairs)
    costs[(rowAt.get(row) as number) * width + (columnAt.get(column) as number)] = cost - limit;
  for (let row = 0; row < rows.length; row += 1) costs[row * width + columns.length + row] = 0;

  // Index 0 of the columns is the root of each search, hence all indices are one higher.
  const rowPotential = new Float64Array(rows.length + 1);
  const columnPotential = new Float64Array(width + 1);
  const rowOf = new Int32Array(width + 1);
  const cameFrom = new Int32Array(width + 1);
  const least = new Float64Array(width + 1);
  const seen = new Uint8Array(width + 1);
  for (let start = 1; start <= rows.length; start += 1) {
    rowOf[0] = start;
    least.fill(Number.POSITIVE_INFINITY);
    seen.fill(0);
    let at = 0;
    do {
      seen[at] = 1;
      const row = rowOf[at] as number;
      let step = Number.POSITIVE_INFINITY;
      let next = -1;
      for (let column = 1; column <= width; column += 1) {
        if (seen[column]) continue;
        const reduced =
          (costs[(row - 1) * width + column - 1] as number) -
          (rowPotential[row] as number) -
          (columnPotential[column] as number);
        if (reduced < (least[column] as number)) {
          least[column] = reduced;
          cameFrom[column] = at;
        }
        if ((least[column] as number) < step) {
          step = least[column] as number;
          next = column;
        }
      }
      for (let column = 0; column <= width; column += 1) {
        if (seen[column]) {
          const held = rowOf[column] as number;
          rowPotential[held] = (rowPotential[held] as number) + step;
          columnPotential[column] = (columnPotential[column] as number) - step;
        } else least[column] = (least[column] as number) - step;
      }
      at = next;
    } while (rowOf[at] !== 0);
    while (at !== 0) {
      const before = cameFrom[at] as number;
      rowOf[at] = rowOf[before] as number;
      at = before;
    }
  }
  for (let column = 1; column <= columns.length; column += 1) {
    const row = rowOf[column] as number;
    if (row > 0) chosen[rows[row - 1] as number] = columns[column - 1] as number;
  }
}

/** Groups of pairs that share neither rows nor columns. */
function connected(pairs: Pair[], rows: number, columns: number): Iterable<Pair[]> {
  const parent = new Int32Array(rows + columns).map((_, index) => index);
  const root = (of: number): number => {
    let at = of;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number;
      at = parent[at] as number;
    }
    return at;
  };
  for (const { row, column } of pairs) parent[root(row)] = root(rows + column);
  const groups = new Map<number, Pair[]>();
  for (const pair of pairs) {
    const at = root(pair.row);
    const group = groups.get(at);
    if (group === undefined) groups.set(at, [pair]);
    else group.push(pair);
  }
  return groups.values();
}
