/** What a device says, message by message, from a broker where anybody may write. */
import t from 'tap';
import { DeviceBook } from '../../dist/publish/device-book.js';
import { Topics } from '../../dist/publish/topics.js';
import { FakeClock } from '../helpers/fake-clock.js';

const root = 'detectd/dock-3';

function opened() {
  const clock = new FakeClock();
  const book = new DeviceBook({ device: 'dock-3', topics: new Topics('detectd', 'dock-3'), clock });
  const take = (topic: string, value: unknown, retained = false) =>
    book.take(
      `${root}/${topic}`,
      Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
      retained,
    );
  return { book, clock, take };
}

t.test('each message has its place, the newest counts', async (t) => {
  const { book, take } = opened();
  t.ok(take('status', { state: 'starting' }));
  t.ok(take('status', { state: 'ready' }));
  t.ok(take('health', { uptime_s: 1 }));
  t.notOk(book.isComplete);
  t.ok(take('info', { cameras: ['gate'], models: { people: {} } }));
  t.ok(take('cameras/gate/status', { state: 'online' }));
  t.notOk(book.isComplete);
  t.ok(take('models/people/state', { phase: 'serving', steps_down: [] }));
  t.ok(book.isComplete);
  t.match(book.state, { status: { state: 'ready' }, health: { uptime_s: 1 }, models: { people: {} } });
  t.equal(book.filters[0], `${root}/health`);
});

t.test('what was taken away from the broker is gone', async (t) => {
  const { book, take } = opened();
  take('cameras/gate/status', { state: 'online' });
  take('models/people/state', { phase: 'serving', steps_down: [] });
  t.ok(take('cameras/gate/status', ''));
  t.ok(take('models/people/state', ''));
  t.notOk(take('status', ''));
  t.same([book.state.cameras, book.state.models], [{}, {}]);
});

t.test(
  'it is known when something was heard, and of health only when it came, not when it was kept',
  async (t) => {
    const { book, clock, take } = opened();
    t.same([book.heardMsAgo, book.healthMsAgo], [undefined, undefined]);
    take('health', {}, true);
    t.equal(book.healthMsAgo, undefined);
    clock.advance(1000);
    t.equal(book.heardMsAgo, 1000);
    take('health', {});
    clock.advance(500);
    t.same([book.heardMsAgo, book.healthMsAgo], [500, 500]);
    t.notOk(take('health', 'nonsense'));
    t.equal(book.heardMsAgo, 500);
  },
);

t.test('what is huge, endless or no message is passed over', async (t) => {
  const { book, take } = opened();
  for (const text of ['', '7', '[]', 'null', '{', `{"a":"${'x'.repeat(1024 * 1024)}"}`])
    t.notOk(take('health', text));
  t.equal(book.state.health, undefined);
  for (let index = 0; index < 1024; index += 1) take(`cameras/c${index}/status`, { state: 'online' });
  t.notOk(take('cameras/one-more/status', { state: 'online' }));
  t.ok(take('cameras/c7/status', { state: 'offline' }));
  t.equal(Object.keys(book.state.cameras).length, 1024);
});
