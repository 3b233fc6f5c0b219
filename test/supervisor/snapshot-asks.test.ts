/** Pictures asked of a worker: each wish has one end. */
import t from 'tap';
import type { HostMessage } from '../../dist/ipc/protocol.js';
import { SnapshotAsks } from '../../dist/supervisor/snapshot-asks.js';
import { FakeClock } from '../helpers/fake-clock.js';

const picture = { jpeg: 'AQEB', width: 64, height: 48, capturedAtUs: 1 };

function rig() {
  const clock = new FakeClock();
  const sent: HostMessage[] = [];
  const asks = new SnapshotAsks(clock);
  const ask = (camera = 'gate') => asks.ask(camera, 80, 5000, (message) => sent.push(message));
  return { clock, asks, sent, ask };
}

t.test('each gets the answer to its own wish, in whatever order they come', async (t) => {
  const { clock, asks, sent, ask } = rig();
  const [one, other] = [ask('gate'), ask('yard')];
  t.match(sent, [
    { type: 'snapshot', id: 1, camera: 'gate', quality: 80 },
    { type: 'snapshot', id: 2, camera: 'yard' },
  ]);
  const error = { code: 'SNAPSHOT_UNAVAILABLE' as const, message: 'It is offline.' };
  t.ok(asks.takes({ type: 'snapshot-failed', id: 2, error }));
  t.ok(asks.takes({ type: 'snapshot', id: 1, picture }));
  t.equal(await one, picture);
  await t.rejects(other, error);
  t.equal(clock.pending, 0);
});

t.test('at the deadline, and with the worker, all is over; what comes later is nobody’s', async (t) => {
  const { clock, asks, ask } = rig();
  const late = ask();
  clock.advance(5000);
  await t.rejects(late, { code: 'SNAPSHOT_UNAVAILABLE', message: /within 5 s/ });
  t.ok(asks.takes({ type: 'snapshot', id: 1, picture }), 'nobody else is told of it');
  const cut = ask();
  asks.end();
  await t.rejects(cut, { code: 'SNAPSHOT_UNAVAILABLE', message: /worker ended/ });
  t.equal(clock.pending, 0);
});

t.test('other messages are left to others, and wishes are bounded', async (t) => {
  const { asks, ask } = rig();
  t.notOk(asks.takes({ type: 'idle' }));
  const many = Array.from({ length: 65 }, () => ask().catch((error: Error) => error.message));
  t.match(await many[64], /Too many/);
  asks.end();
  await Promise.all(many);
});
