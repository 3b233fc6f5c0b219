/** One window: what is a leak, and by which rule everything else is none. */
import t from 'tap';
import { type GrowthWindow, judgeGrowth, neededGrowth } from '../../dist/health/growth-test.js';
import { Prng } from '../../dist/scene/prng.js';

const MB = 1e6;
const limits = { minGrowthBytes: 22 * MB, dailySwingBytes: 64 * MB };

/** Half an hour in 40 bins; `at` gives megabytes over minutes, from -30 on. */
function window(at: (minute: number) => number, more: Partial<GrowthWindow> & { noise?: number } = {}) {
  const prng = new Prng(2);
  const noise = more.noise ?? 0.5;
  const stretch = (from: number) => Array.from({ length: 40 }, (_, i) => from + i * 0.75);
  const bytes = (minutes: number[]) =>
    minutes.map((minute) => (100 + at(minute) + prng.range(-noise, noise)) * MB);
  return {
    hours: stretch(0).map((minute) => minute / 60),
    bytes: bytes(stretch(0)),
    hoursBefore: stretch(-30).map((minute) => minute / 60),
    bytesBefore: bytes(stretch(-30)),
    pastHours: 10,
    past: () => Array.from({ length: 50 }, () => 100 * MB),
    ...more,
  };
}
const refused = (at: (minute: number) => number, more?: Partial<GrowthWindow> & { noise?: number }) =>
  judgeGrowth(window(at, more), limits).refused;

t.test('even growth beyond everything before is a leak, with its slope', (t) => {
  const growth = judgeGrowth(
    window((minute) => Math.max(0, minute)),
    limits,
  );
  t.equal(growth.refused, undefined);
  t.ok(Math.abs(growth.slope / MB - 60) < 2, `${growth.slope}`);
  t.ok(growth.significance < 1e-3);
  t.equal(
    refused((minute) => Math.max(0, minute), { noise: 8 }),
    undefined,
    'in noise too',
  );
  t.equal(
    refused((minute) => 4 * Math.floor(Math.max(0, minute) / 3)),
    undefined,
    'and in many small steps',
  );
  t.end();
});

t.test('each rule refuses what it is for', (t) => {
  t.equal(
    refused(() => 0),
    'flat',
  );
  t.equal(
    refused((minute) => -minute),
    'flat',
  );
  t.equal(
    refused((minute) => 0.5 * minute),
    'small',
  );
  t.equal(
    refused((minute) => (minute > 12 ? 60 : 0)),
    'uncertain',
  );
  t.equal(
    refused((minute) => [2, 12, 26].filter((at) => minute > at).length * 20),
    'jumps',
  );
  t.equal(
    refused((minute) => 4 * Math.max(0, minute - 10), { noise: 3 }),
    'jumps',
  );
  t.equal(
    refused((minute) => 60 * (1 - Math.exp(-(minute + 30) / 20)), { noise: 0.1 }),
    'small',
  );
  t.equal(
    refused((minute) => 200 * (1 - Math.exp(-(minute + 30) / 20))),
    'settling',
  );
  t.equal(
    refused((minute) => 3 * Math.min(20, Math.max(0, minute))),
    'settling',
  );
  t.equal(
    refused((minute) => 2 * minute, { past: () => Array.from({ length: 50 }, () => 180 * MB) }),
    'reached before',
  );
  t.equal(
    refused((minute) => 2 * minute + ((minute * 4) % 9 < 3 ? -2 * minute : 0)),
    'troughs stay',
  );
  t.end();
});

t.test('up to three jumps, wherever they are and whatever the noise, are no leak', (t) => {
  const called: string[] = [];
  for (let first = 2; first < 28; first += 2) {
    for (let second = first; second < 29; second += 2) {
      for (const noise of [0.5, 3, 6]) {
        const jumps = [first, second, 26];
        const at = (minute: number) => jumps.filter((jump) => minute > jump).length * 20;
        if (refused(at, { noise }) === undefined) called.push(`${jumps} ±${noise}`);
      }
    }
  }
  t.strictSame(called, []);
  t.end();
});

t.test('more is asked of what is young, and of what lasts', (t) => {
  t.equal(neededGrowth(0.5, 10, limits), 22 * MB);
  t.equal(neededGrowth(0.5, 1, limits), 96 * MB, 'caches fill for the first time');
  t.equal(neededGrowth(2, 10, limits), 44 * MB);
  t.equal(neededGrowth(12, 10, limits), 64 * MB);
  t.equal(neededGrowth(70, 0, limits), 64 * MB);
  t.end();
});

t.test('a few values say nothing', (t) => {
  t.equal(judgeGrowth({ ...window(() => 0), hours: [], bytes: [] }, limits).refused, 'uncertain');
  t.end();
});
