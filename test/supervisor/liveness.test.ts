/** When a worker counts as hung. */
import t from 'tap';
import { Liveness } from '../../dist/supervisor/liveness.js';

const S = 1_000_000;
const limits = { heartbeatMs: 10_000, resultMs: 5000 };

t.test('a worker that beats and has no frames is alive', (t) => {
  const liveness = new Liveness(limits, 0);
  for (let second = 1; second <= 60; second += 1) liveness.heartbeat(0, second * S);
  t.equal(liveness.verdict(60 * S), undefined);
  t.end();
});

t.test('a worker without heartbeat is hung after the limit, not before', (t) => {
  const liveness = new Liveness(limits, 0);
  t.equal(liveness.verdict(10 * S), undefined);
  t.match(liveness.verdict(10 * S + 1000), /event loop has been blocked for 10\.0 s/);
  t.end();
});

t.test('frames without results are a hang although the heart beats', (t) => {
  const liveness = new Liveness(limits, 0);
  liveness.heartbeat(3, 1 * S);
  liveness.heartbeat(6, 3 * S);
  liveness.heartbeat(9, 6 * S);
  t.equal(liveness.verdict(6 * S), undefined, 'five seconds are allowed');
  t.match(liveness.verdict(6 * S + 1000), /frames arrive but no result has come for 5\.0 s/);
  t.end();
});

t.test('each result settles the debt, and no debt arises while no frame arrives', (t) => {
  const liveness = new Liveness(limits, 0);
  liveness.heartbeat(3, 1 * S);
  liveness.result(2 * S);
  for (let second = 3; second <= 40; second += 1) liveness.heartbeat(3, second * S);
  t.equal(liveness.verdict(40 * S), undefined);
  t.end();
});

t.test('counters that start over with a camera are no new frames', (t) => {
  const liveness = new Liveness(limits, 0);
  liveness.heartbeat(100, 1 * S);
  liveness.result(1 * S);
  for (let second = 2; second <= 9; second += 1) liveness.heartbeat(0, second * S);
  t.equal(liveness.verdict(9 * S), undefined);
  t.end();
});
