import t from 'tap';
import { GAPS_MS, RATE_SHARES, REMEDIES, SLOWING } from '../../dist/health/remedy-table.js';

const SEVERITY = ['recycle', 'slow down', 'restart', 'reboot'];

t.test('for each cause milder remedies come first and stronger ones wait longer', async (t) => {
  for (const cause of new Set(REMEDIES.map((remedy) => remedy.cause))) {
    const rows = REMEDIES.filter((remedy) => remedy.cause === cause);
    const ranks = rows.map(({ act }) => SEVERITY.indexOf(act));
    t.strictSame(
      ranks,
      [...ranks].sort((a, b) => a - b),
      cause,
    );
    const waits = rows.map(({ afterMs }) => afterMs);
    t.strictSame(
      waits,
      [...waits].sort((a, b) => a - b),
      cause,
    );
  }
});

t.test('what starts something larger again asks for how long that has run', async (t) => {
  for (const { act, daemonUpMs, machineUpMs } of REMEDIES) {
    if (act === 'restart') t.ok((daemonUpMs ?? 0) >= 3_600_000, 'no daemon ends within its first hour');
    if (act === 'reboot') t.ok((machineUpMs ?? 0) >= 6 * 3_600_000, 'no machine boots in a circle');
  }
});

t.test('gaps grow and rates fall', async (t) => {
  for (const [act, { first, most }] of Object.entries(GAPS_MS)) t.ok(first > 0 && most >= first, act);
  t.strictSame(
    RATE_SHARES,
    [...RATE_SHARES].sort((a, b) => b - a),
  );
  t.equal(RATE_SHARES[0], 1);
  const slowing = REMEDIES.filter(({ act }) => act === 'slow down').map(({ cause }) => cause);
  t.strictSame([...slowing].sort(), [...SLOWING].sort(), 'whatever slows it down is waited for');
});
