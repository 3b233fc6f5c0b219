/** Turns: one at a time, in order, and nobody who left is given one. */
import t from 'tap';
import { Turn } from '../../dist/models/turn.js';

t.test('who asks waits until the one before is done; who leaves is not called', async (t) => {
  const turn = new Turn();
  const never = new AbortController().signal;
  const leaving = new AbortController();
  const order: string[] = [];
  const first = await turn.take(never);
  const left = t.rejects(turn.take(leaving.signal), { message: 'gone' });
  const second = turn.take(never).then((giveBack) => {
    order.push('second');
    return giveBack;
  });
  const third = turn.take(never).then(() => order.push('third'));
  leaving.abort(new Error('gone'));
  await left;
  order.push('first done');
  first();
  first();
  (await second)();
  await third;
  t.strictSame(order, ['first done', 'second', 'third']);
  await t.rejects(turn.take(leaving.signal), { message: 'gone' });
});
