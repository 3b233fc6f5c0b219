/** Which frames are analysed next. */
import t from 'tap';
import { noDrops } from '../../dist/core/drops.js';
import type { Frame } from '../../dist/core/frame.js';
import { Scheduler, type SlotCounters, type SlotOptions } from '../../dist/inference/scheduler.js';

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

function counters(): SlotCounters {
  return { captured: 0, drops: noDrops() };
}

function scheduler(...cameras: string[]): Scheduler {
  const made = new Scheduler();
  for (const camera of cameras) made.add(camera, counters());
  return made;
}

function names(frames: Frame[]): string[] {
  return frames.map(({ camera }) => camera);
}

t.test('the newest frame wins and the older one is counted by what it was lost to', async (t) => {
  const turns = new Scheduler();
  const counted = counters();
  turns.add('a', counted);
  turns.offer(frame('a', 0), 0);
  turns.offer(frame('a', 1), 1, 'paced');
  turns.offer(frame('a', 2), 2, 'backlog');
  turns.offer(frame('a', 3), 3);
  t.match(turns.take(4), [{ sequence: 3 }]);
  t.strictSame(turns.take(4), []);
  t.strictSame(counted, { captured: 4, drops: { replaced: 1, paced: 1, backlog: 1, closed: 0 } });
});

t.test('the memory of a frame that was dropped is given back at once', async (t) => {
  const turns = scheduler('a', 'b', 'c');
  const frames = ['a', 'a', 'b', 'c'].map((camera, index) => frame(camera, index));
  for (const each of frames) turns.offer(each, 0);
  t.strictSame(
    frames.map(({ data }) => data.length),
    [0, 3, 3, 3],
    'it was replaced',
  );
  turns.remove('b');
  t.equal(frames[2]?.data.length, 0, 'its camera is gone');
  turns.clear();
  t.equal(frames[3]?.data.length, 0, 'all are');
  t.equal(turns.waiting, 0);
});

t.test('what waits when its camera is closed is counted', async (t) => {
  const turns = new Scheduler();
  const [a, b] = [counters(), counters()];
  turns.add('a', a);
  turns.add('b', b);
  for (const camera of ['a', 'b']) turns.offer(frame(camera, 0), 0);
  turns.remove('a');
  turns.clear();
  t.equal(a.drops.closed, 1);
  t.equal(b.drops.closed, 1);
  turns.add('a', a);
  turns.offer(frame('a', 1), 1);
  t.equal(a.captured, 2, 'a camera that comes back is counted on');
});

t.test('cameras take turns however fast one of them is', async (t) => {
  const turns = scheduler('fast', 'slow');
  const order: string[] = [];
  turns.offer(frame('slow', 0), 0);
  for (let sequence = 0; sequence < 6; sequence += 1) {
    turns.offer(frame('fast', sequence), sequence);
    if (sequence === 3) turns.offer(frame('slow', 1), sequence);
    order.push(...names(turns.take(sequence)));
  }
  t.strictSame(order, ['fast', 'slow', 'fast', 'slow', 'fast', 'fast']);
});

/** Each camera has a frame every `intervalUs`; one is taken every `turnUs`. Returns frames per camera and the largest age. */
function played(
  weights: number[],
  { intervalUs, turnUs, turns: count }: { intervalUs: number; turnUs: number; turns: number },
): { taken: number[]; oldestUs: number } {
  const turns = new Scheduler();
  for (const [index, weight] of weights.entries()) turns.add(`${index}`, counters(), { weight });
  const taken = weights.map(() => 0);
  // Spread over the interval, and never quite in step with the turns.
  const next = weights.map((_, index) => (index * intervalUs) / weights.length);
  let oldestUs = 0;
  for (let turn = 0; turn < count; turn += 1) {
    const nowUs = turn * turnUs;
    for (const index of next.keys())
      for (; (next[index] as number) <= nowUs; next[index] = (next[index] as number) + intervalUs * 1.001)
        turns.offer({ ...frame(`${index}`, 0), capturedAtUs: next[index] as number }, next[index] as number);
    for (const { camera, capturedAtUs } of turns.take(nowUs)) {
      taken[Number(camera)] = (taken[Number(camera)] as number) + 1;
      if (turn > count / 10) oldestUs = Math.max(oldestUs, nowUs - capturedAtUs);
    }
  }
  return { taken, oldestUs };
}

function jain(shares: number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0);
  return sum ** 2 / (shares.length * shares.reduce((a, b) => a + b * b, 0));
}

t.test('three times too many frames: equal shares, and results stay young', async (t) => {
  const { taken, oldestUs } = played(Array(16).fill(1), { intervalUs: 66_000, turnUs: 12_500, turns: 5000 });
  t.ok(jain(taken) > 0.999, taken.join());
  t.ok(oldestUs < 3 * 12_500, `${oldestUs}: three turns, far less than from one frame to the next`);
});

t.test('three times too many frames: shares go by weight', async (t) => {
  const weights = Array.from({ length: 16 }, (_, index) => [1, 2, 4][index % 3] as number);
  const { taken } = played(weights, { intervalUs: 66_000, turnUs: 12_500, turns: 5000 });
  const shares = taken.map((count, index) => count / (weights[index] as number));
  t.ok(jain(shares) > 0.999, taken.join());
});

t.test('what one camera does not take goes to the others', async (t) => {
  const { taken } = played([100, 1, 1], { intervalUs: 50_000, turnUs: 25_000, turns: 4000 });
  t.ok((taken[0] as number) > 1900, 'all that it delivers');
  t.ok(Math.abs((taken[1] as number) - (taken[2] as number)) < 20, 'the rest is shared');
});

t.test('weights change while cameras are open', async (t) => {
  const turns = scheduler('a', 'b');
  turns.setWeight('a', 3);
  turns.setWeight('nobody', 3);
  const order: string[] = [];
  for (let turn = 0; turn < 8; turn += 1) {
    for (const camera of ['a', 'b']) turns.offer(frame(camera, turn), 0);
    order.push(...names(turns.take(0)));
  }
  t.equal(order.filter((camera) => camera === 'a').length, 6);
});

t.test('a camera that was silent is given one turn for it, not all that it missed', async (t) => {
  const turns = scheduler('busy', 'silent');
  for (let turn = 0; turn < 50; turn += 1) {
    turns.offer(frame('busy', turn), turn);
    turns.take(turn);
  }
  const order: string[] = [];
  for (let turn = 50; turn < 58; turn += 1) {
    for (const camera of ['busy', 'silent']) turns.offer(frame(camera, turn), turn);
    order.push(...names(turns.take(turn)));
  }
  t.strictSame(order.slice(0, 6), ['silent', 'silent', 'busy', 'silent', 'busy', 'silent']);
});

t.test('a camera whose frames are never young has its turn in the end', async (t) => {
  const turns = scheduler('a', 'b', 'rare');
  turns.offer(frame('rare', 0), 0);
  const order: string[] = [];
  for (let turn = 1; turn < 40; turn += 1) {
    const nowUs = 1000 * turn;
    for (const camera of ['a', 'b']) turns.offer(frame(camera, turn), nowUs);
    order.push(...names(turns.take(nowUs)));
  }
  t.equal(order.filter((camera) => camera === 'rare').length, 1);
  t.ok(order.indexOf('rare') > 5, 'those just captured went before it');
});

t.test('a source that loses nothing is never passed over for younger frames', async (t) => {
  const turns = scheduler('a', 'b');
  turns.add('file', counters(), { lossless: true });
  let files = 0;
  for (let turn = 0; turn < 300; turn += 1) {
    const nowUs = 1000 * turn;
    if (turn % 3 === 0)
      await turns.whenFree('file').then(() => turns.offer(frame('file', turn), nowUs - 9000));
    for (const camera of ['a', 'b']) turns.offer(frame(camera, turn), nowUs);
    files += names(turns.take(nowUs)).filter((camera) => camera === 'file').length;
  }
  t.equal(files, 100);
});

t.test('frames of a camera that is not there are ignored', async (t) => {
  const turns = scheduler('a');
  turns.offer(frame('b', 0), 0);
  t.strictSame(turns.take(0), []);
  t.equal(turns.waiting, 0);
});

t.test('a source that must lose nothing waits until its slot is free', async (t) => {
  const turns = scheduler('a');
  await turns.whenFree('a');
  turns.offer(frame('a', 0), 0);
  let free = 0;
  const waits = [turns.whenFree('a'), turns.whenFree('a')].map((wait) => wait.then(() => (free += 1)));
  await Promise.resolve();
  t.equal(free, 0);
  turns.take(0);
  await Promise.all(waits);
  t.equal(free, 2);
});

t.test('removing a camera releases who waits for it', async (t) => {
  const turns = scheduler('a');
  turns.offer(frame('a', 0), 0);
  const wait = turns.whenFree('a');
  turns.remove('a');
  await wait;
  t.equal(turns.waiting, 0);
});

t.test('frames that are analysed at once', async (t) => {
  const batched = (waitUs: number, ...cameras: string[]): Scheduler => {
    const turns = scheduler('alone');
    const options: SlotOptions = { batch: { key: 'people', most: 3, waitUs } };
    for (const camera of cameras) turns.add(camera, counters(), options);
    return turns;
  };

  t.test('what is there goes together, of one model, up to the most', async (t) => {
    const turns = batched(0, 'a', 'b', 'c', 'd');
    for (const camera of ['a', 'alone', 'b', 'c', 'd']) turns.offer(frame(camera, 0), 0);
    t.strictSame(names(turns.take(0)), ['alone']);
    t.strictSame(names(turns.take(0)), ['a', 'b', 'c']);
    t.strictSame(names(turns.take(0)), ['d']);
    t.strictSame(turns.take(0), []);
  });

  t.test('while something is analysed, only a full batch is taken', async (t) => {
    const turns = batched(0, 'a', 'b', 'c', 'd');
    turns.offer(frame('a', 0), 0);
    turns.offer(frame('b', 0), 0);
    t.strictSame(turns.take(0, true), []);
    turns.offer(frame('alone', 0), 0);
    t.strictSame(names(turns.take(0, true)), ['alone'], 'others do not wait with them');
    turns.offer(frame('d', 0), 0);
    t.strictSame(names(turns.take(0, true)), ['a', 'b', 'd']);
  });

  t.test('frames wait for others as long as they may', async (t) => {
    const turns = batched(5000, 'a', 'b', 'c');
    t.equal(turns.ripeInUs(0), undefined, 'nobody waits');
    turns.offer(frame('a', 0), 1000);
    turns.offer(frame('b', 0), 4000);
    t.strictSame(turns.take(4000), []);
    t.equal(turns.ripeInUs(4000), 2000, 'by the oldest');
    t.strictSame(names(turns.take(6000)), ['a', 'b']);
  });

  t.test('no more are waited for than there are cameras', async (t) => {
    const turns = batched(5000, 'a', 'b');
    turns.offer(frame('a', 0), 0);
    t.strictSame(turns.take(0), []);
    turns.offer(frame('b', 0), 0);
    t.strictSame(names(turns.take(0)), ['a', 'b']);
  });
  t.end();
});
