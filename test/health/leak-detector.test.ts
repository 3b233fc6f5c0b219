/**
 * The detector on drawn and recorded series: leaks of many kinds are found in time, healthy ones are left
 * alone, and nothing that a probe may deliver upsets it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { LeakDetector, type LeakDetectorOptions } from '../../dist/health/leak-detector.js';
import type { MemorySample } from '../../dist/health/memory-series.js';
import { Prng } from '../../dist/scene/prng.js';
import { HEALTHY, parts, samplesOf, type Trace } from '../../scripts/proof/memory-traces.mjs';

const HOUR_MS = 3_600_000;

/** Feeds samples until the detector says leak; the hour of it, or undefined. */
function alarm(samples: Iterable<MemorySample>, detector = new LeakDetector()): number | undefined {
  for (const sample of samples) {
    detector.add(sample);
    if (detector.verdict().verdict === 'leak') return sample.atMs / HOUR_MS;
  }
  return undefined;
}

function after(trace: Omit<Trace, 'seed'>, options?: LeakDetectorOptions): LeakDetector {
  const detector = new LeakDetector(options);
  for (const sample of samplesOf({ seed: 9, ...trace })) detector.add(sample);
  return detector;
}

t.test('leaks are found: how soon, by rate and kind', (t) => {
  const cases: [string, number, number, Omit<Trace, 'seed' | 'hours'>][] = [
    ['a megabyte a minute in ±20 MB', 6, 0.5, { add: [parts.white(20), parts.leak(60, 6)] }],
    ['400 MB an hour', 6, 0.35, { add: [parts.white(3), parts.leak(400, 6)] }],
    ['20 MB an hour', 6, 3, { add: [parts.white(3), parts.leak(20, 6)] }],
    ['5 MB an hour', 6, 20, { add: [parts.white(3), parts.leak(5, 6)] }],
    ['from the first moment', 0, 3.5, { add: [parts.warmUp(100, 5), parts.leak(60)] }],
    ['8 MB with every reconnect', 6, 8, { add: [parts.white(2), parts.stairs(8, 0.5, 6)] }],
    ['a counter in steps of 1 MiB', 6, 0.6, { add: [parts.leak(60, 6)], quantum: 2 ** 20 }],
    ['a third of the samples missing', 6, 1, { add: [parts.white(5), parts.leak(60, 6)], missing: 0.3 }],
    ['late, under a daily swing', 48, 5, { add: [parts.daily(30), parts.leak(30, 48)] }],
  ];
  for (const [name, from, within, trace] of cases) {
    const at = alarm(samplesOf({ seed: 1, hours: from + within, ...trace }));
    t.ok(at !== undefined && at > from && at <= from + within, `${name}: at ${at?.toFixed(2)} h`);
  }
  t.end();
});

// Half a day of each; scripts/prove health draws thousands of hours.
t.test('healthy series of every kind are left alone', (t) => {
  for (const [kind, draw] of Object.entries(HEALTHY)) {
    t.equal(alarm(samplesOf({ ...draw(new Prng(21)), seed: 21, hours: 12 })), undefined, kind);
  }
  t.end();
});

t.test('each state has its word', (t) => {
  t.equal(new LeakDetector().verdict().verdict, 'warming up');
  t.match(after({ hours: 0.4, add: [] }).verdict(), { verdict: 'warming up', reason: /34 min are needed/ });
  const settling = after({ hours: 0.8, add: [parts.warmUp(900, 20)] }).verdict();
  t.match(settling, { verdict: 'warming up', reason: /still settling/ });
  t.equal(after({ hours: 5, add: [parts.white(3)] }).verdict().verdict, 'steady');
  t.match(after({ hours: 5, add: [parts.white(1), parts.step(80, 4)] }).verdict(), {
    verdict: 'step',
    reason: /went up once by (79|80) MB/,
  });
  t.equal(after({ hours: 10, add: [parts.teeth(40, 1)] }).verdict().verdict, 'saw-tooth');
  t.equal(after({ hours: 20, add: [parts.leak(3)] }).verdict().verdict, 'rising');
  t.equal(after({ hours: 20, add: [parts.leak(-3)] }).verdict().verdict, 'shrinking');
  t.end();
});

t.test('a leak says since when, how fast, and when the limit is reached', (t) => {
  const detector = after({ hours: 9, add: [parts.white(2), parts.leak(60, 6)] });
  const { bytes, bytesPerHour, significance, since, limitReachedInMs, reason } = detector.verdict(1000e6);
  t.ok(Math.abs(bytesPerHour / 60e6 - 1) < 0.1, `${bytesPerHour}`);
  t.ok(significance < 1e-3);
  t.ok(Math.abs(since / HOUR_MS - 6) < 0.5, `${since / HOUR_MS}`);
  t.ok(Math.abs(bytes / 580e6 - 1) < 0.02, `${bytes}`);
  t.ok(Math.abs((limitReachedInMs ?? 0) / HOUR_MS - 7) < 1);
  t.match(reason, /^grows by \d\d MB an hour: .*the limit of 1000 MB will be reached in 7\.\d h$/);
  t.match(detector.verdict(500e6), { limitReachedInMs: 0, reason: /is reached$/ });
  t.equal(detector.verdict().limitReachedInMs, undefined);
  t.end();
});

t.test('of memory that is left, falling is the leak', (t) => {
  const detector = after(
    { hours: 9, base: 4000, add: [parts.white(2), parts.leak(-60, 6)] },
    { falling: true },
  );
  const verdict = detector.verdict(3000e6);
  t.match(verdict, { verdict: 'leak', reason: /^falls by/ });
  t.ok(verdict.bytesPerHour > 50e6);
  t.ok(Math.abs(verdict.bytes / 3820e6 - 1) < 0.01);
  t.ok(Math.abs((verdict.limitReachedInMs ?? 0) / HOUR_MS - 13.7) < 1.5);
  t.equal(
    after({ hours: 9, base: 4000, add: [parts.white(2), parts.leak(-60, 6)] }).verdict().verdict,
    'shrinking',
    'of memory that is used it is none',
  );
  t.end();
});

t.test('a leak ends when the memory comes back, or stops growing for long enough', (t) => {
  const back = after({ hours: 9, add: [parts.leak(60, 6), parts.step(-160, 8.7)] });
  t.not(back.verdict().verdict, 'leak');
  const detector = new LeakDetector();
  const seen = new Set<string>();
  for (const { atMs } of samplesOf({ seed: 1, hours: 30, add: [] })) {
    detector.add({ atMs, bytes: 4e8 + 6e7 * Math.min(1.5, Math.max(0, atMs / HOUR_MS - 6)) });
    seen.add(detector.verdict().verdict);
  }
  t.ok(seen.has('leak'));
  t.not(detector.verdict().verdict, 'leak');
  t.end();
});

t.test('after reset() everything begins anew', (t) => {
  const detector = after({ hours: 9, add: [parts.leak(60, 6)] });
  t.equal(detector.verdict().verdict, 'leak');
  detector.reset();
  t.match(detector.verdict(), { verdict: 'warming up', bytesPerHour: 0, significance: 1 });
  detector.add({ atMs: 5, bytes: 7 });
  t.match(detector.verdict(), { verdict: 'warming up', bytes: 7, since: 5 });
  t.end();
});

t.test('gaps, clocks that step and values that are none neither hide a leak nor make one', (t) => {
  const upset = (samples: Iterable<MemorySample>) => {
    const upsetting: MemorySample[] = [];
    for (const { atMs, bytes } of samples) {
      const hour = atMs / HOUR_MS;
      if (hour > 2 && hour < 3.5) continue;
      upsetting.push({ atMs: hour > 5 ? atMs - 4 * HOUR_MS : atMs, bytes });
      if (Math.floor(atMs / 10_000) % 7 === 0) upsetting.push({ atMs, bytes: Number.NaN });
    }
    return upsetting;
  };
  t.equal(alarm(upset(samplesOf({ seed: 1, hours: 30, add: [parts.white(5)] }))), undefined);
  t.ok(alarm(upset(samplesOf({ seed: 1, hours: 30, add: [parts.white(5), parts.leak(60, 9)] }))));
  t.end();
});

t.test('a recorded worker, supervisor and machine: no leak as recorded, found when one is laid on', (t) => {
  const rows = readFileSync(join(import.meta.dirname, '../fixtures/memory/worker-25-min.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number));
  // Recorded every 2 s for 25 min; played at one sample in 10 s, over and over for ten hours.
  const played = (column: number, lost: (hour: number) => number) =>
    Array.from({ length: 3600 }, (_, i) => ({
      atMs: i * 10_000,
      bytes: 1024 * (rows[i % rows.length]?.[column] as number) + lost(i / 360),
    }));
  for (const [column, falling] of [
    [1, false],
    [2, false],
    [3, true],
  ] as const) {
    const sign = falling ? -1 : 1;
    const detector = () =>
      new LeakDetector({ falling, ...(falling ? { minGrowthBytes: 256e6, dailySwingBytes: 512e6 } : {}) });
    t.equal(
      alarm(
        played(column, () => 0),
        detector(),
      ),
      undefined,
      `column ${column}`,
    );
    const rate = falling ? 1000e6 : 60e6;
    const at = alarm(
      played(column, (hour) => sign * rate * Math.max(0, hour - 6)),
      detector(),
    );
    t.ok(at !== undefined && at > 6 && at < 8, `column ${column} with a leak: at ${at} h`);
  }
  t.end();
});
