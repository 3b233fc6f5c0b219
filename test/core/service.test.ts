/** The worst of several healths. */
import t from 'tap';
import { HEALTHY, worstHealth } from '../../dist/core/service.js';

const part = (name: string, state: 'ok' | 'degraded' | 'stuck', reason = '') => ({
  name,
  health: { state, reason },
});

t.test('stuck outranks degraded, degraded outranks ok', (t) => {
  t.strictSame(worstHealth([]), HEALTHY);
  t.strictSame(worstHealth([part('a', 'ok'), part('b', 'ok')]), { state: 'ok', reason: '' });
  t.strictSame(worstHealth([part('a', 'ok'), part('b', 'degraded', 'no broker')]), {
    state: 'degraded',
    reason: 'b: no broker',
  });
  t.strictSame(worstHealth([part('a', 'degraded', 'x'), part('b', 'stuck', 'hangs')]), {
    state: 'stuck',
    reason: 'b: hangs',
  });
  t.end();
});

t.test('every reason of the worst rank is told, and iterables are read once', (t) => {
  const parts = [part('a', 'degraded', 'x'), part('b', 'degraded', 'y')];
  t.equal(worstHealth(parts.values()).reason, 'a: x; b: y');
  t.end();
});
