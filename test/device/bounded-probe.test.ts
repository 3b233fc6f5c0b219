/** Looks that hang, fail or return late. */
import t from 'tap';
import { BoundedProbe } from '../../dist/device/bounded-probe.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';

t.test('a value, or why there is none', async (t) => {
  const clock = new FakeClock();
  t.strictSame(await new BoundedProbe(async () => 5, clock, 1_000).take(), { value: 5 });
  const failing = new BoundedProbe(
    () => Promise.reject(Object.assign(new Error(), { code: 'EIO' })),
    clock,
    9,
  );
  t.strictSame(await failing.take(), { reason: 'EIO' });
  t.equal(failing.isLooking, false);
  t.equal(clock.pending, 0);
});

t.test('one that hangs is not looked at again until it returns', async (t) => {
  const clock = new FakeClock();
  let looks = 0;
  let answer = (_value: number) => {};
  const look = () => {
    looks += 1;
    return new Promise<number>((resolve) => {
      answer = resolve;
    });
  };
  const probe = new BoundedProbe(look, clock, 1_000);
  const first = probe.take();
  clock.advance(1_000);
  t.strictSame(await first, { reason: 'no answer in 1000 ms' });
  t.equal(probe.isLooking, true);
  t.match(await probe.take(), { reason: /still no answer/ });
  t.equal(looks, 1);
  answer(7);
  await settle();
  const third = probe.take();
  answer(8);
  t.strictSame(await third, { value: 8 }, 'and the late answer is forgotten');
});
