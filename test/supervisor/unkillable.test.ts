/** Workers that were killed and did not end. */
import { pino } from 'pino';
import t from 'tap';
import { Unkillable } from '../../dist/supervisor/unkillable.js';

t.test('they are stuck until another one serves, and forgotten when they end after all', async (t) => {
  const unkillable = new Unkillable(pino({ level: 'silent' }));
  t.equal(unkillable.health('waiting'), undefined);
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  unkillable.add(7, ended);
  unkillable.add(undefined, ended);
  t.strictSame(unkillable.health('waiting'), {
    state: 'stuck',
    reason: 'worker 7 does not end although it was killed: a driver hangs',
  });
  unkillable.add(8, new Promise(() => {}));
  t.match(unkillable.health('ready'), { state: 'degraded', reason: /^worker 7, 8 .*; another one serves$/ });
  end();
  await ended;
  t.match(unkillable.health('waiting'), { state: 'stuck', reason: /^worker 8 / });
});

t.test('the first that follows may take longer to load than the watchdog waits', async (t) => {
  const unkillable = new Unkillable(pino({ level: 'silent' }));
  unkillable.failed();
  unkillable.add(7, new Promise(() => {}));
  t.match(unkillable.health('starting'), { state: 'degraded', reason: /another one is on its way$/ });
  unkillable.failed();
  t.match(unkillable.health('starting'), { state: 'stuck' }, 'it failed, too');
  unkillable.health('ready');
  t.match(unkillable.health('starting'), { state: 'degraded' }, 'one has served in between');
  unkillable.add(8, new Promise(() => {}));
  t.match(unkillable.health('starting'), { state: 'stuck' }, 'two of them');
});
