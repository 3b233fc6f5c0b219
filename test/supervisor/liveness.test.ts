/** When a worker counts as hung. */
import t from 'tap';
import { Liveness } from '../../dist/supervisor/liveness.js';

const S = 1_000_000;
const limits = { heartbeatMs: 10_000, resultMs: 5000 };

t.test('a worker that beats and owes nothing is alive', (t) => {
  const liveness = new Liveness(limits, 0);
  for (let second = 1; second <= 60; second += 1) liveness.heartbeat(null, second * S);
  t.equal(liveness.verdict(60 * S), undefined);
  t.end();
});

t.test('a worker without a sign of life is hung after the limit, not before', (t) => {
  const liveness = new Liveness(limits, 0);
  t.equal(liveness.verdict(10 * S), undefined);
  t.match(liveness.verdict(10 * S + 1000), /event loop has been blocked for 10\.0 s/);
  t.end();
});

t.test('a frame that does not come back from the model is a hang although the heart beats', (t) => {
  const liveness = new Liveness(limits, 0);
  liveness.heartbeat(1000, 3 * S);
  liveness.heartbeat(4000, 6 * S);
  t.equal(liveness.verdict(7 * S), undefined, 'five seconds are allowed');
  t.match(liveness.verdict(7 * S + 1000), /frames arrive but no result has come for 5\.0 s/);
  t.end();
});

t.test('a result settles the debt', (t) => {
  const liveness = new Liveness(limits, 0);
  liveness.heartbeat(4000, 4 * S);
  liveness.result(5 * S);
  liveness.heartbeat(null, 6 * S);
  for (let second = 7; second <= 40; second += 1) liveness.heartbeat(null, second * S);
  t.equal(liveness.verdict(40 * S), undefined);
  t.end();
});

t.test('a file that has ended, or cameras that are all gone, are no hang', (t) => {
  const liveness = new Liveness(limits, 0);
  liveness.result(1 * S);
  for (let second = 2; second <= 60; second += 1) liveness.heartbeat(null, second * S);
  t.equal(liveness.verdict(60 * S), undefined);
  t.end();
});
