/** Workers that were killed and did not end. */
import { pino } from 'pino';
import t from 'tap';
import { Unkillable } from '../../dist/supervisor/unkillable.js';

t.test('they are stuck until another one serves, and forgotten when they end after all', async (t) => {
  const unkillable = new Unkillable(pino({ level: 'silent' }));
  t.equal(unkillable.health(false), undefined);
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  unkillable.add(7, ended);
  unkillable.add(undefined, ended);
  t.strictSame(unkillable.health(false), {
    state: 'stuck',
    reason: 'worker 7 does not end although it was killed: a driver hangs',
  });
  unkillable.add(8, new Promise(() => {}));
  t.match(unkillable.health(true), { state: 'degraded', reason: /^worker 7, 8 .*; another one serves$/ });
  end();
  await ended;
  t.match(unkillable.health(false), { state: 'stuck', reason: /^worker 8 / });
});
