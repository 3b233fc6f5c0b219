/** Writes in groups, one after the other, on a disk under the test's control. */
import t from 'tap';
import { MessageKeeper } from '../../../dist/publish/outbox/message-keeper.js';
import type { Operation, OutboxStore } from '../../../dist/publish/outbox/outbox-store.js';
import { FakeClock, settle } from '../../helpers/fake-clock.js';
import { storedMessage } from '../../helpers/stored-message.js';

interface Write {
  operations: Operation[];
  sync: boolean;
  done: () => void;
  fail: (error: Error) => void;
}

function rig(syncMs = 5000) {
  const writes: Write[] = [];
  const written: number[] = [];
  const faults: unknown[] = [];
  const clock = new FakeClock();
  const store: OutboxStore = {
    kind: 'disk',
    write: (operations, sync) =>
      new Promise((done, fail) => void writes.push({ operations, sync, done: () => done(), fail })),
    rows: async () => [['m2x', 'row']],
    close: async () => {},
  };
  const keeper = new MessageKeeper({
    ...{ clock, syncMs: () => syncMs, keyOf: ({ key }) => key, records: () => [] },
    written: ({ order }) => void written.push(order),
    failed: (fault) => void faults.push(fault),
  });
  keeper.use(store, []);
  return { keeper, writes, written, faults, clock, store };
}

const puts = (write: Write | undefined) => write?.operations.filter(({ type }) => type === 'put').length;

t.test('what comes while a write is under way goes into the next one', async (t) => {
  const { keeper, writes, written } = rig();
  await settle();
  writes[0]?.done();
  await settle();
  keeper.put(storedMessage({ order: 0 }));
  await settle();
  for (let order = 1; order < 600; order += 1) keeper.put(storedMessage({ order }));
  await settle();
  t.same(writes.slice(1).map(puts), [1]);
  t.equal(keeper.count, 600);
  writes[1]?.done();
  await settle();
  t.same(written, [0], 'only what is in the store is told');
  t.same(writes.slice(1).map(puts), [1, 512], 'a group is bounded');
});

t.test('a write that fails keeps all of it, for the next store', async (t) => {
  const { keeper, writes, written, faults, store } = rig();
  await settle();
  writes[0]?.done();
  await settle();
  keeper.put(storedMessage({ order: 0 }));
  await settle();
  keeper.put(storedMessage({ order: 1 }));
  writes[1]?.fail(new Error('EIO'));
  await settle();
  t.match(faults, [{ message: 'EIO' }]);
  t.same([keeper.queued, keeper.count, keeper.store], [2, 2, undefined]);
  keeper.use(store, []);
  await settle();
  writes[2]?.done();
  await settle();
  t.same(written, [0, 1]);
});

t.test('what is removed waits for company, is counted no more and not read any more', async (t) => {
  const { keeper, writes, clock } = rig();
  await settle();
  writes[0]?.done();
  await settle();
  const message = storedMessage({ key: 'm2x' });
  keeper.put(message);
  await settle();
  writes[1]?.done();
  await settle();
  keeper.remove(message);
  keeper.remove(message);
  t.same([keeper.count, keeper.bytes], [0, 0]);
  t.equal(writes.length, 2);
  clock.advance(1000);
  await settle();
  t.same(writes[2]?.operations, [{ type: 'del', key: 'm2x' }]);
  t.ok(keeper.isRemoved('m2x'), 'until it is');
  writes[2]?.done();
  await settle();
  t.notOk(keeper.isRemoved('m2x'));
});

t.test('writes are forced to the disk once in the interval, also the last one', async (t) => {
  const { keeper, writes, clock } = rig();
  const next = async () => {
    await settle();
    writes.at(-1)?.done();
    await settle();
  };
  await next();
  keeper.put(storedMessage({ order: 0 }));
  await next();
  clock.advance(5000);
  await next();
  t.same(
    writes.map(({ sync }) => sync),
    [false, false, true],
  );
  clock.advance(60_000);
  await settle();
  t.equal(writes.length, 3, 'nothing is left to force');
});
