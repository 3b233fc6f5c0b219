/** Which frame is analysed next. */
import t from 'tap';
import type { Frame } from '../../dist/core/frame.js';
import { Scheduler } from '../../dist/inference/scheduler.js';

function frame(camera: string, sequence: number): Frame {
  return {
    camera,
    sequence,
    capturedAtUs: sequence,
    width: 1,
    height: 1,
    sourceWidth: 1,
    sourceHeight: 1,
    format: 'RGB',
    data: new Uint8Array(3),
  };
}

function scheduler(...cameras: string[]): Scheduler {
  const made = new Scheduler();
  for (const camera of cameras) made.add(camera);
  return made;
}

t.test('the newest frame wins and the older one is counted as dropped', async (t) => {
  const turns = scheduler('a');
  for (const sequence of [0, 1, 2]) turns.offer(frame('a', sequence));
  t.equal(turns.take()?.sequence, 2);
  t.equal(turns.take(), undefined);
  t.strictSame(turns.counters(), [{ camera: 'a', captured: 3, dropped: 2 }]);
});

t.test('the memory of a frame that was replaced is given back at once', async (t) => {
  const turns = scheduler('a');
  const [older, newer] = [frame('a', 0), frame('a', 1)];
  turns.offer(older);
  turns.offer(newer);
  t.equal(older.data.length, 0);
  t.equal(turns.take()?.data.length, 3);
});

t.test('cameras take turns however fast one of them is', async (t) => {
  const turns = scheduler('fast', 'slow');
  const order: string[] = [];
  turns.offer(frame('slow', 0));
  for (let sequence = 0; sequence < 6; sequence += 1) {
    turns.offer(frame('fast', sequence));
    if (sequence === 3) turns.offer(frame('slow', 1));
    const taken = turns.take();
    if (taken !== undefined) order.push(taken.camera);
  }
  t.strictSame(order, ['fast', 'slow', 'fast', 'slow', 'fast', 'fast']);
});

t.test('frames of a camera that is not there are ignored', async (t) => {
  const turns = scheduler('a');
  turns.offer(frame('b', 0));
  t.equal(turns.take(), undefined);
  t.equal(turns.waiting, 0);
});

t.test('a source that must lose nothing waits until its slot is free', async (t) => {
  const turns = scheduler('a');
  await turns.whenFree('a');
  turns.offer(frame('a', 0));
  let free = 0;
  const waits = [turns.whenFree('a'), turns.whenFree('a')].map((wait) => wait.then(() => (free += 1)));
  await Promise.resolve();
  t.equal(free, 0);
  turns.take();
  await Promise.all(waits);
  t.equal(free, 2);
});

t.test('removing a camera releases who waits for it', async (t) => {
  const turns = scheduler('a');
  turns.offer(frame('a', 0));
  const wait = turns.whenFree('a');
  turns.remove('a');
  await wait;
  t.equal(turns.waiting, 0);
});
