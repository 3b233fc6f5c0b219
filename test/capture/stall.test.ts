/** When a camera has stalled, and where. */
import t from 'tap';
import { Stall } from '../../dist/capture/stall.js';

const S = 1_000_000;
const LIMITS = { limitMs: 10_000, patienceMs: 10_000 };

/** Asked every quarter of a second for `seconds`, while `rate` bytes a second arrive. */
function wait(stall: Stall, seconds: number, rate: number | undefined): string | undefined {
  let said: string | undefined;
  for (let us = 0; us <= seconds * S && said === undefined; us += S / 4)
    said = stall.verdict(us, LIMITS, () => (rate === undefined ? undefined : (us / S) * rate));
  return said;
}

t.test('a picture may take as long as the limit', async (t) => {
  const stall = new Stall();
  t.equal(wait(stall, 60, 0), undefined, 'none is awaited');
  stall.await(0);
  t.equal(wait(stall, 9.75, 0), undefined);
  t.equal(wait(stall, 10, 0), 'somewhere');
  stall.rest();
  t.equal(wait(stall, 60, 0), undefined);
});

t.test('data without pictures is a decoder that hangs, where data is counted', async (t) => {
  for (const [rate, place] of [
    [1000, 'decoder'],
    [0, 'somewhere'],
    [undefined, 'somewhere'],
  ] as const) {
    const stall = new Stall();
    stall.await(0);
    t.equal(wait(stall, 10, rate), place);
  }
});

t.test(
  'what arrived in the first half does not count: a source may fall silent with its last picture',
  async (t) => {
    const stall = new Stall();
    stall.await(0);
    let said: string | undefined;
    for (let us = 0; us <= 10 * S; us += S / 4) said = stall.verdict(us, LIMITS, () => Math.min(us, 4 * S));
    t.equal(said, 'somewhere');
  },
);

t.test('while data arrives, or nobody counts it, there is patience', async (t) => {
  const patient = { limitMs: 4000, patienceMs: 12_000 };
  for (const [rate, at, place] of [
    [1000, 12, 'decoder'],
    [0, 4, 'somewhere'],
    [undefined, 12, 'somewhere'],
  ] as const) {
    const stall = new Stall();
    stall.await(0);
    const arrived = (us: number) => () => (rate === undefined ? undefined : (us / S) * rate);
    for (let us = 0; us < at * S; us += S / 4) t.equal(stall.verdict(us, patient, arrived(us)), undefined);
    t.equal(stall.verdict(at * S, patient, arrived(at * S)), place);
  }
});

t.test('nothing is asked of GStreamer while pictures come', async (t) => {
  const stall = new Stall();
  for (let us = 0; us < 60 * S; us += S / 4) {
    stall.await(us);
    stall.verdict(us + S / 4, LIMITS, () => t.fail('asked') as never);
  }
  t.pass();
});
