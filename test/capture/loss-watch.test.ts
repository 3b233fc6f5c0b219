import t from 'tap';
import { LossWatch } from '../../dist/capture/loss-watch.js';
import { FakeClock } from '../helpers/fake-clock.js';

const whole = Array.from({ length: 24 }, (_, index) => index);
const torn = whole.filter((number) => number % 3 !== 1);

function watching(packetNumbers: () => Promise<number[]>) {
  const clock = new FakeClock();
  const told: (number | undefined)[] = [];
  const watch = new LossWatch({ clock, pipeline: { packetNumbers }, onLoss: (share) => told.push(share) });
  watch.start();
  /** Lets the answers of this long come in. */
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      clock.advance(1000);
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    }
  };
  return { watch, told, pass };
}

t.test('loss is told within three seconds, once, and its end', async (t) => {
  let numbers = whole;
  const { told, pass } = watching(async () => numbers);
  await pass(5);
  t.strictSame(told, []);
  numbers = torn;
  await pass(3);
  t.equal(told.length, 1);
  t.ok((told[0] ?? 0) > 0.25);
  await pass(5);
  numbers = whole;
  await pass(10);
  t.strictSame(told.slice(1), [undefined]);
});

t.test(
  'one look at a time; one that fails is a look at nothing; nothing is told after the end',
  async (t) => {
    let asked = 0;
    let answer: (numbers: number[]) => void = () => {};
    const slow = watching(() => {
      asked += 1;
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    await slow.pass(5);
    t.equal(asked, 1);
    slow.watch.close();
    answer(torn);
    await slow.pass(3);
    t.strictSame(slow.told, []);

    let broken = true;
    const failing = watching(async () => {
      if (broken) throw new Error('gone');
      return torn;
    });
    await failing.pass(3);
    broken = false;
    await failing.pass(3);
    t.equal(failing.told.length, 1);
  },
);
