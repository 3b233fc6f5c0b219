/** Dear questions: how often they are put, what is said meanwhile, and who waits how long. */
import t from 'tap';
import { RareProbe } from '../../dist/device/rare-probe.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';

function setting() {
  const clock = new FakeClock({ monotonicUs: 0 });
  const state = { asked: 0, answer: (_value: string) => {} };
  const probe = new RareProbe<string>({
    look: () => {
      state.asked += 1;
      return new Promise((resolve) => {
        state.answer = resolve;
      });
    },
    clock,
    restRatio: 100,
    mostGapMs: 20_000,
    patienceMs: 500,
    mostAgeMs: 60_000,
  });
  /** One take() during which the answer comes after `ms`. */
  const answered = async (ms: number, value: string) => {
    const taken = probe.take();
    clock.advance(ms);
    state.answer(value);
    return taken;
  };
  return { clock, state, probe, answered };
}

t.test('the rest after an answer is a multiple of what it took', async (t) => {
  const { clock, state, probe, answered } = setting();
  t.strictSame(await answered(100, 'a'), { value: 'a', atMs: 100 });
  clock.advance(9_999);
  t.strictSame(await probe.take(), { value: 'a', atMs: 100 });
  t.equal(state.asked, 1);
  clock.advance(1);
  t.strictSame(await answered(100, 'b'), { value: 'b', atMs: 10_200 });
});

t.test('nobody waits longer than a moment, and the late answer serves later', async (t) => {
  const { clock, state, probe } = setting();
  const first = probe.take();
  clock.advance(500);
  t.equal(await first, undefined);
  const second = probe.take();
  clock.advance(500);
  t.equal(await second, undefined);
  t.equal(state.asked, 1, 'the question is not put twice');
  clock.advance(5_000);
  state.answer('late');
  await settle();
  t.strictSame(await probe.take(), { value: 'late', atMs: 6_000 });
  clock.advance(19_999);
  await probe.take();
  t.equal(state.asked, 1);
  clock.advance(1);
  void probe.take();
  t.equal(state.asked, 2, 'however long it took, it is asked again in the end');
});

t.test('an old answer is forgotten while a new one does not come', async (t) => {
  const { clock, probe, answered } = setting();
  await answered(200, 'a');
  clock.advance(59_500);
  const waiting = probe.take();
  clock.advance(500);
  t.strictSame(await waiting, { value: 'a', atMs: 200 });
  clock.advance(1);
  const again = probe.take();
  clock.advance(500);
  t.equal(await again, undefined);
  t.equal(clock.pending, 0);
});
