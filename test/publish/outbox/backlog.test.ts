/** What is left in the store, a page at a time. */
import t from 'tap';
import { Backlog } from '../../../dist/publish/outbox/backlog.js';
import { MemoryStore } from '../../../dist/publish/outbox/memory-store.js';
import type { RowRange } from '../../../dist/publish/outbox/outbox-store.js';
import { type Level, messageKey, messageValue } from '../../../dist/publish/outbox/stored-message.js';
import { storedMessage } from '../../helpers/stored-message.js';

async function storeWith(rows: [Level, number][]): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.write(
    rows.map(([level, order]) => {
      const message = storedMessage({ level, order });
      return { type: 'put', key: message.key, value: messageValue(message) };
    }),
  );
  return store;
}

async function drain(backlog: Backlog): Promise<number[]> {
  const orders: number[] = [];
  for (;;) {
    while (backlog.hungry) await backlog.fill();
    const next = backlog.peek();
    if (next === undefined) return orders;
    orders.push(next.order);
    backlog.shift();
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const endAt = (order: number) => messageKey(0, 1, order).slice(2);

t.test('levels are merged into the order in which messages were added, up to its end', async (t) => {
  const store = await storeWith(
    range(0, 1000).map((order): [Level, number] => [(order % 5) as Level, order]),
  );
  const pages: RowRange[] = [];
  const backlog = new Backlog({
    rows: (page) => {
      pages.push(page);
      return store.rows(page);
    },
    isFree: (key) => key !== messageKey(2, 1, 7),
    onDamaged: () => t.fail('nothing is damaged'),
  });
  backlog.begin(endAt(900));
  t.same(
    await drain(backlog),
    range(0, 900).filter((order) => order !== 7),
  );
  t.ok(pages.every(({ limit }) => limit === 64));
});

t.test('what cannot be read is told, and the rest goes on', async (t) => {
  const store = await storeWith([
    [2, 1],
    [2, 2],
    [2, 3],
  ]);
  await store.write([{ type: 'put', key: messageKey(2, 1, 2), value: 'rubbish' }]);
  const damaged: string[] = [];
  const backlog = new Backlog({
    rows: (page) => store.rows(page),
    isFree: () => true,
    onDamaged: (key) => damaged.push(key),
  });
  backlog.begin(endAt(100));
  t.same(await drain(backlog), [1, 3]);
  t.same(damaged, [messageKey(2, 1, 2)]);
});

t.test('what is given up meanwhile is not sent', async (t) => {
  const store = await storeWith([
    [0, 1],
    [2, 2],
  ]);
  const backlog = new Backlog({ rows: (page) => store.rows(page), isFree: () => true, onDamaged: () => {} });
  t.notOk(backlog.hungry, 'nothing has begun');
  backlog.begin(endAt(100));
  await backlog.fill();
  backlog.forget(new Set([messageKey(0, 1, 1)]));
  t.equal(backlog.peek(), undefined, 'there may be another one');
  t.same(await drain(backlog), [2]);
  backlog.begin(endAt(100));
  const filling = backlog.fill();
  backlog.end();
  await filling;
  t.notOk(backlog.hungry);
  t.equal(backlog.peek(), undefined);
});
