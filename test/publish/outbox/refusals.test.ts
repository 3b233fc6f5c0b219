/** What a refused message and its stream have to expect. */
import t from 'tap';
import { parseBrokerAddress } from '../../../dist/publish/broker-address.js';
import { refusedError } from '../../../dist/publish/broker-errors.js';
import { Refusals } from '../../../dist/publish/outbox/refusals.js';
import { CLOSES } from '../../../dist/publish/suspects.js';
import { FakeClock } from '../../helpers/fake-clock.js';

const error = (code: number) => refusedError(code, parseBrokerAddress('mqtt://broker'));

t.test('what is refused each time is given up', async (t) => {
  const refusals = new Refusals(new FakeClock());
  t.equal(refusals.note('events', error(144)), 'refused');
  t.equal(refusals.note('events', error(153)), 'refused');
  t.equal(refusals.note('events', error(149)), 'too-large');
  t.equal(refusals.note('events', error(CLOSES)), 'refused');
  t.notOk(refusals.blocks('events'));
  t.equal(refusals.reason, undefined);
});

t.test('a quota makes the stream wait, longer each time, until a message is taken', async (t) => {
  const clock = new FakeClock();
  const refusals = new Refusals(clock);
  t.equal(refusals.nextMs, undefined);
  for (const waitMs of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    t.equal(refusals.note('events', error(151)), undefined);
    refusals.note('events', error(151));
    t.equal(refusals.nextMs, waitMs, 'refused together, they wait once');
    t.ok(refusals.blocks('events'));
    t.notOk(refusals.blocks('cameras/a/events'));
    clock.advance(waitMs);
    t.notOk(refusals.blocks('events'));
  }
  t.match(refusals.reason, /quota/);
  refusals.accepted('events');
  t.equal(refusals.reason, undefined);
});

t.test('who is not allowed to asks once a minute', async (t) => {
  const refusals = new Refusals(new FakeClock());
  refusals.note('events', error(135));
  t.equal(refusals.nextMs, 60_000);
  refusals.clear();
  t.equal(refusals.nextMs, undefined);
});
