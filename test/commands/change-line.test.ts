/** The line that shows how far a change of model is. */
import t from 'tap';
import { ChangeLine } from '../../dist/commands/change-line.js';
import { advanced, begun } from '../../dist/models/update-phases.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { AT, madeUpTarget, madeUpVersion, servingSlot } from '../helpers/model-slots.js';
import { recordedIo } from '../helpers/recorded-io.js';

t.test('bytes while it is fetched, then phases, and why it waits', (t) => {
  const io = recordedIo({ errIsTerminal: true });
  const clock = new FakeClock();
  const line = new ChangeLine(io, clock);
  const last = () => io.text('err').split('\r').at(-1);
  const show: ChangeLine['show'] = (...how) => {
    // It is not drawn at once each time.
    for (let times = 0; times < 2; times += 1) {
      line.show(...how);
      clock.advance(1000);
    }
  };
  let record = begun(servingSlot('1'), madeUpTarget('2'), AT);
  const way = { total: 4_000_000, leftMs: undefined, waiting: undefined };
  show(undefined, undefined);
  t.match(last(), /downloading/);
  show(record.update, { ...way, done: 1_000_000 });
  show(record.update, { ...way, done: 2_000_000, waiting: 'the time window opens at 22:00' });
  t.match(last(), / 2000\/4000 kB, \d+\/s, \d+ s left, downloading, the time window/);
  show(record.update, { ...way, done: 3_000_000, total: undefined });
  t.match(last(), / 3000 kB/);
  record = advanced(record, AT, madeUpVersion('2'));
  show(record.update, undefined);
  t.match(last(), /verified/);
  t.notMatch(last(), /kB/);
  const error = { code: 'UPDATE_STORE', message: 'The disk is full.' } as const;
  show({ ...(record.update as NonNullable<typeof record.update>), error }, undefined);
  t.match(last(), /tried again after: The disk is full/);
  line.close();
  t.equal(last(), '\x1b[K', 'nothing is left of it');
  t.end();
});
