/**
 * Measures the leak detector on drawn traces: how often it cries wolf over healthy ones of each kind, and how
 * long leaks of each rate and kind take to be found. Run alone it prints the tables: node scripts/proof/leaks.mjs
 * [hours per kind] [traces per rate]
 */
import { LeakDetector } from '../../dist/health/leak-detector.js';
import { mixSeeds, Prng } from '../../dist/scene/prng.js';
import { HEALTHY, parts, samplesOf } from './memory-traces.mjs';

const HOUR_MS = 3_600_000;
/** Length of one healthy life; then the process is started anew, with its warm-up. */
const LIFE_HOURS = 72;
/** Of each kind, in the short form: two lives, a minute of CPU for all kinds. */
const SHORT_HOURS = 100;

/**
 * False alarms in about `hours` of each healthy kind. An alarm ends the life, as replacing the worker would.
 * `options` go to the detector.
 */
export function falseAlarms(hours, { kinds = HEALTHY, seed = 1, options = {} } = {}) {
  return Object.entries(kinds).map(([kind, draw], k) => {
    const row = { kind, hours: 0, alarms: 0, words: {}, examples: [] };
    for (let life = 0; row.hours < hours; life += 1) {
      const own = mixSeeds(mixSeeds(seed, k), life);
      const found = firstAlarm({ ...draw(new Prng(own)), seed: own, hours: LIFE_HOURS }, options);
      row.hours += found.hours;
      row.words[found.word] = (row.words[found.word] ?? 0) + 1;
      if (found.verdict === undefined) continue;
      row.alarms += 1;
      row.examples.push(`${found.hours.toFixed(1)} h: ${found.verdict.reason}`);
    }
    return row;
  });
}

/** Runs a trace until the detector says leak; `hours` then, or the whole length. `word`: the last verdict. */
export function firstAlarm(trace, options = {}) {
  const detector = new LeakDetector(options);
  let minute = 0;
  for (const sample of samplesOf(trace)) {
    detector.add(sample);
    if (sample.atMs < minute) continue;
    minute = sample.atMs + 60_000;
    const verdict = detector.verdict();
    if (verdict.verdict === 'leak') return { hours: sample.atMs / HOUR_MS, word: 'leak', verdict };
  }
  return { hours: trace.hours, word: detector.verdict().verdict };
}

/**
 * Hours from the begin of the leak to the alarm, sorted; leaks that were not found within `within` hours count as
 * Infinity, alarms before the leak as `early`.
 */
export function delays(draw, { count, from, within, seed = 7, options = {} }) {
  const found = [];
  const slopes = [];
  let early = 0;
  for (let i = 0; i < count; i += 1) {
    const own = mixSeeds(seed, i);
    const trace = { ...draw(new Prng(own)), seed: own, hours: from + within };
    const { hours, verdict } = firstAlarm(trace, options);
    if (verdict === undefined) found.push(Number.POSITIVE_INFINITY);
    else if (hours < from) early += 1;
    else {
      found.push(hours - from);
      slopes.push(verdict.bytesPerHour / 1e6);
    }
  }
  return { delays: found.sort((a, b) => a - b), slopes: slopes.sort((a, b) => a - b), early };
}

/** On what ground the leaks are laid, by name. `wide` is what the promise names. */
export const GROUNDS = {
  quiet: () => ({ add: [parts.white(1)] }),
  wide: () => ({ add: [parts.white(20)] }),
  wandering: () => ({ add: [parts.wandering(5, 10)] }),
  teeth: () => ({ add: [parts.teeth(30, 1), parts.wandering(1, 3)] }),
  daily: () => ({ add: [parts.daily(40), parts.wandering(2, 10)] }),
};

export const RATES = [1, 2, 5, 10, 20, 60, 100, 400, 1000];

/** Milliseconds of CPU a sample costs, and the longest single call, over seven days of samples every 10 s. */
export function cost() {
  const detector = new LeakDetector();
  const trace = [
    ...samplesOf({ ...HEALTHY['everything at once'](new Prng(5)), seed: 5, hours: 168, gaps: 0 }),
  ];
  const longest = [];
  const before = process.cpuUsage();
  for (const sample of trace) {
    const begin = performance.now();
    detector.add(sample);
    detector.verdict(2e9);
    longest.push(performance.now() - begin);
  }
  const used = process.cpuUsage(before);
  longest.sort((a, b) => a - b);
  return {
    samples: trace.length,
    meanMs: (used.user + used.system) / 1000 / trace.length,
    p99Ms: longest[Math.floor(longest.length * 0.99)],
    longestMs: longest.at(-1),
  };
}

/** What the detector promises, for scripts/proof/main.mjs. */
export function leaks({ long = false } = {}) {
  return [
    {
      what: 'a leak of 1 MB a minute in noise of ±20 MB is found',
      limit: 'within 30 min in 95 of 100 traces, none before it began',
      measure: () => {
        const from = 6;
        const leak = () => ({ add: [parts.white(20), parts.leak(60, from)] });
        const { delays: all, early } = delays(leak, { count: long ? 300 : 60, from, within: 2 });
        const worst = all.at(-1) * 60;
        const inTime = all.filter((hours) => hours <= 0.5).length;
        const middle = all[Math.floor(all.length / 2)] * 60;
        return {
          figure: `${inTime} of ${all.length} in time, median ${middle.toFixed(0)} min, worst ${worst.toFixed(0)} min, ${early} before it began`,
          holds: inTime >= 0.95 * all.length && early === 0,
        };
      },
    },
    {
      what: 'healthy traces cause no alarm',
      limit: '1 in 1,000 h',
      measure: () => {
        const rows = falseAlarms(long ? 5000 : SHORT_HOURS);
        const hours = rows.reduce((sum, row) => sum + row.hours, 0);
        const alarms = rows.reduce((sum, row) => sum + row.alarms, 0);
        return {
          figure: `${alarms} in ${Math.round(hours)} h of ${rows.length} kinds`,
          holds: alarms * 1000 <= hours,
        };
      },
    },
    {
      what: 'a sample costs, verdict included, over seven days at one in 10 s',
      limit: '1 ms',
      measure: () => {
        const { meanMs, p99Ms, longestMs } = cost();
        const figure = `${meanMs.toFixed(3)} ms of CPU in the mean, ${p99Ms.toFixed(2)} ms in 99 of 100, longest ${longestMs.toFixed(1)} ms`;
        return { figure, holds: meanMs <= 1 };
      },
    },
  ];
}

function printTables(hours, count) {
  const print = (text) => process.stdout.write(`${text}\n`);
  print(`healthy traces, about ${hours} h of each kind in lives of ${LIFE_HOURS} h`);
  for (const { kind, hours: seen, alarms, words, examples } of falseAlarms(hours)) {
    print(
      `  ${kind.padEnd(24)}${Math.round(seen).toString().padStart(7)} h ${String(alarms).padStart(4)} alarms  ${JSON.stringify(words)}`,
    );
    for (const example of examples.slice(0, 2)) print(`      ${example}`);
  }
  print(`delay from the begin of a leak, 6 h after the start: median and worst of ${count} (MB/h found)`);
  for (const rate of RATES) {
    const cells = Object.entries(GROUNDS).map(([name, ground]) => {
      const within = Math.max(3, Math.min(240, 400 / rate));
      const leak = (prng) => ({ ...ground(prng), add: [...ground(prng).add, parts.leak(rate, 6)] });
      return `${name} ${summary(delays(leak, { count, from: 6, within }))}`;
    });
    print(`  ${String(rate).padStart(5)} MB/h  ${cells.join(' | ')}`);
  }
  const kinds = {
    'from the first moment, 60 MB/h': {
      from: 0,
      add: [parts.leak(60), parts.warmUp(100, 5), parts.white(3)],
    },
    'stairs of 8 MB every half hour': { from: 6, add: [parts.stairs(8, 0.5, 6), parts.white(3)] },
    'stairs of 20 MB every 2 h': { from: 6, add: [parts.stairs(20, 2, 6), parts.white(3)] },
    'counter of 1 MiB, 60 MB/h': { from: 6, add: [parts.leak(60, 6)], quantum: 2 ** 20 },
    'samples missing, 60 MB/h': { from: 6, add: [parts.leak(60, 6), parts.white(5)], missing: 0.3, gaps: 6 },
    'begins after 3 days, 20 MB/h': { from: 72, add: [parts.leak(20, 72), parts.daily(30), parts.white(3)] },
  };
  for (const [kind, { from, ...trace }] of Object.entries(kinds)) {
    print(`  ${kind.padEnd(34)}${summary(delays(() => trace, { count, from, within: 48 }))}`);
  }
  const { samples, meanMs, p99Ms, longestMs } = cost();
  print(
    `${samples} samples: ${meanMs.toFixed(4)} ms mean CPU, p99 ${p99Ms.toFixed(3)} ms, longest ${longestMs.toFixed(2)} ms`,
  );
}

function summary({ delays: all, slopes, early }) {
  const at = (share) => all[Math.floor(share * (all.length - 1))];
  const hours = (value) =>
    value === undefined || value === Number.POSITIVE_INFINITY
      ? 'not found'
      : value < 1.5
        ? `${(value * 60).toFixed(0)} min`
        : `${value.toFixed(1)} h`;
  const slope = slopes[Math.floor(slopes.length / 2)];
  return `${hours(at(0.5))}, ${hours(at(1))} (${slope?.toFixed(1) ?? '–'})${early > 0 ? ` ${early} early` : ''}`;
}

if (process.argv[1] === import.meta.filename) {
  printTables(Number(process.argv[2] ?? 300), Number(process.argv[3] ?? 10));
}
