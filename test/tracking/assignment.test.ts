import t from 'tap';
import { assign } from '../../dist/tracking/assignment.js';

/** Seeded, so that a failure can be seen again. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function total(costs: number[][], chosen: Int32Array, limit: number): number {
  return costs.reduce((sum, row, index) => {
    const column = chosen[index] as number;
    return sum + (column === -1 ? limit : (row[column] as number));
  }, 0);
}

/** Every possible choice, for small ones. */
function best(costs: number[][], limit: number, row = 0, taken = new Set<number>()): number {
  const line = costs[row];
  if (line === undefined) return 0;
  let least = limit + best(costs, limit, row + 1, taken);
  line.forEach((cost, column) => {
    if (taken.has(column) || cost >= limit) return;
    const sum = cost + best(costs, limit, row + 1, new Set([...taken, column]));
    least = Math.min(least, sum);
  });
  return least;
}

t.test('no choice of pairs is cheaper', async (t) => {
  const random = numbers(7);
  for (let run = 0; run < 300; run += 1) {
    const rows = 1 + Math.floor(random() * 5);
    const columns = 1 + Math.floor(random() * 5);
    const costs = Array.from({ length: rows }, () => Array.from({ length: columns }, random));
    const limit = 0.3 + random() * 0.7;
    const chosen = assign(rows, columns, (row, column) => costs[row]?.[column] as number, limit);
    const given = chosen.filter((column) => column !== -1);
    t.equal(new Set(given).size, given.length, 'no column twice');
    t.ok(Math.abs(total(costs, chosen, limit) - best(costs, limit)) < 1e-9, `run ${run}`);
  }
});

t.test('a pair at the limit or beyond, or without a number, is none', async (t) => {
  t.same([...assign(1, 1, () => 0.5, 0.5)], [-1]);
  t.same([...assign(2, 1, (row) => (row === 0 ? Number.NaN : 0.1), 0.5)], [-1, 0]);
  t.same([...assign(0, 3, () => 0, 1)], []);
  t.same([...assign(3, 0, () => 0, 1)], [-1, -1, -1]);
});

t.test('a crowd that is all connected is still solved, each column at most once', async (t) => {
  const random = numbers(3);
  const costs = Array.from({ length: 250 }, () => Array.from({ length: 250 }, random));
  const chosen = assign(250, 250, (row, column) => costs[row]?.[column] as number, 2);
  t.equal(new Set(chosen).size, 250);
  t.notOk(chosen.includes(-1));
});
