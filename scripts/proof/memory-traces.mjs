/**
 * Draws series of memory samples from seeds: what healthy processes do (warm-ups, arenas, caches, rhythms,
 * loads that change) and what leaking ones do, alone and on top of it. Bytes over hours, in parts that add up.
 */
import { Prng } from '../../dist/scene/prng.js';

const MB = 1e6;
const HOUR_MS = 3_600_000;

/** A normal number, by the sum of twelve. */
function normal(prng) {
  let sum = -6;
  for (let i = 0; i < 12; i += 1) sum += prng.next();
  return sum;
}

/** Parts: each, for a generator of random numbers and the hours between samples, gives bytes at an hour. */
export const parts = {
  /** Each sample off by up to so many MB, independent of the one before. */
  white: (mb) => (prng) => () => prng.range(-mb, mb) * MB,
  /** Noise that follows itself: normal, forgets itself in about so many minutes. */
  wandering: (mb, minutes) => (prng, stepHours) => {
    const keep = Math.exp((-stepHours * 60) / minutes);
    let value = normal(prng);
    return () => {
      value = keep * value + Math.sqrt(1 - keep * keep) * normal(prng);
      return value * mb * MB;
    };
  },
  /** Fills up to so many MB, ever slower. */
  warmUp: (mb, minutes) => () => (hour) => mb * MB * (1 - Math.exp((-hour * 60) / minutes)),
  /** A heap that fragments: so many MB each time the age is multiplied by e. */
  logarithm: (mb) => () => (hour) => mb * MB * Math.log1p(hour / 0.1),
  /** Rises evenly and is flushed, again and again; heights and periods vary by a third. */
  teeth: (mb, hours) => (prng) => {
    let from = -hours * prng.next();
    let until = from + hours;
    let height = mb;
    return (hour) => {
      while (hour >= until) {
        from = until;
        until += hours * prng.range(0.67, 1.33);
        height = mb * prng.range(0.67, 1.33);
      }
      return (height * MB * (hour - from)) / (until - from);
    };
  },
  /** A sine of 24 hours from trough to peak; begins anywhere in it. */
  daily: (mb) => (prng) => {
    const phase = prng.next();
    return (hour) => (mb / 2) * MB * Math.sin(2 * Math.PI * (hour / 24 + phase));
  },
  /** Opening hours: up within an hour in the morning, down at night, not at weekends. */
  opening: (mb) => (prng) => {
    const begin = prng.range(0, 168);
    return (hour) => {
      const of = (begin + hour) % 168;
      if (of >= 120) return 0;
      const clock = of % 24;
      return mb * MB * Math.max(0, Math.min(1, clock - 7, 20 - clock));
    };
  },
  /** At an hour the level changes by so many MB within two minutes, and stays. */
  step: (mb, at) => () => (hour) => mb * MB * Math.max(0, Math.min(1, (hour - at) * 30)),
  /** Arenas that grow: a few jumps of 8 to 64 MB at random hours, rarer and rarer. */
  arenas: (count) => (prng) => {
    const jumps = Array.from({ length: count }, (_, i) => [
      prng.range(0, 3) * 2 ** i,
      2 ** (3 + prng.index(4)) * MB,
    ]);
    return (hour) => jumps.reduce((sum, [at, bytes]) => (hour >= at ? sum + bytes : sum), 0);
  },
  /** Loads: every few hours another level between 0 and so many MB, reached within ten minutes. */
  loads: (mb, hours) => (prng) => {
    let level = mb * prng.next();
    let from = level;
    let changed = 0;
    let next = hours * prng.range(0.3, 1.7);
    return (hour) => {
      if (hour >= next) {
        from = level;
        level = mb * prng.next();
        changed = next;
        next += hours * prng.range(0.3, 1.7);
      }
      return MB * (from + (level - from) * Math.min(1, (hour - changed) * 6));
    };
  },
  /** Bursts of one to five minutes, about so many a day. */
  bursts: (mb, perDay) => (prng, stepHours) => {
    let until = -1;
    return (hour) => {
      if (hour > until && prng.chance((perDay / 24) * stepHours)) until = hour + prng.range(1, 5) / 60;
      return hour <= until ? mb * MB : 0;
    };
  },
  /** Lost for good: so many MB an hour from an hour on. */
  leak:
    (mbPerHour, from = 0) =>
    () =>
    (hour) =>
      mbPerHour * MB * Math.max(0, hour - from),
  /** Lost with each reconnect: so many MB, about every so many hours. */
  stairs:
    (mb, hours, from = 0) =>
    (prng) => {
      let lost = 0;
      let next = from + hours * prng.range(0.3, 1.7);
      return (hour) => {
        while (hour >= next) {
          lost += mb * MB;
          next += hours * prng.range(0.3, 1.7);
        }
        return lost;
      };
    },
};

/**
 * The samples of a trace: `base` MB plus its parts, every `everyMs`, in steps of `quantum` bytes, with a share
 * of the samples missing and now and then a gap of up to an hour (`gaps` a day).
 */
export function* samplesOf({
  seed,
  hours,
  base = 400,
  add,
  everyMs = 10_000,
  quantum = 4096,
  missing = 0,
  gaps = 0,
}) {
  const prng = new Prng(seed);
  const stepHours = everyMs / HOUR_MS;
  const terms = add.map((part) => part(prng, stepHours));
  let silentUntil = -1;
  for (let i = 0; i * stepHours < hours; i += 1) {
    const hour = i * stepHours;
    const exact = terms.reduce((sum, term) => sum + term(hour), base * MB);
    if (gaps > 0 && prng.chance((gaps / 24) * stepHours)) silentUntil = hour + prng.next();
    if (hour < silentUntil || prng.chance(missing)) continue;
    yield { atMs: i * everyMs, bytes: Math.max(0, Math.round(exact / quantum) * quantum) };
  }
}

/** Healthy kinds: from a generator of random numbers to what samplesOf needs. */
export const HEALTHY = {
  'flat, noise ±20 MB': () => ({ add: [parts.white(20)] }),
  'wandering noise': (prng) => ({ add: [parts.wandering(prng.range(1, 6), prng.range(1, 60))] }),
  'arena growth': (prng) => ({
    add: [
      parts.warmUp(prng.range(50, 400), prng.range(1, 20)),
      parts.arenas(2 + prng.index(4)),
      parts.white(2),
    ],
  }),
  'fragmenting heap': (prng) => ({ add: [parts.logarithm(prng.range(2, 10)), parts.wandering(2, 5)] }),
  'saw-teeth': (prng) => ({
    add: [parts.teeth(prng.range(10, 60), prng.range(0.05, 3)), parts.wandering(1, 3)],
  }),
  'slow saw-teeth': (prng) => ({ add: [parts.teeth(prng.range(10, 50), prng.range(3, 30)), parts.white(2)] }),
  'daily cycle': (prng) => ({ add: [parts.daily(prng.range(10, 60)), parts.wandering(3, 10)] }),
  'opening hours': (prng) => ({ add: [parts.opening(prng.range(10, 40)), parts.wandering(2, 10)] }),
  steps: (prng) => ({
    add: [
      ...Array.from({ length: 3 }, () => parts.step(prng.range(-60, 120), prng.range(0, 70))),
      parts.white(4),
    ],
  }),
  'changing loads': (prng) => ({
    add: [parts.loads(prng.range(10, 80), prng.range(1, 8)), parts.wandering(3, 5)],
  }),
  bursts: (prng) => ({ add: [parts.bursts(prng.range(20, 300), prng.range(1, 20)), parts.wandering(2, 10)] }),
  'coarse counter, gaps': (prng) => ({
    add: [parts.warmUp(prng.range(50, 200), 5), parts.wandering(3, 20)],
    quantum: 2 ** 20,
    missing: 0.2,
    gaps: 4,
  }),
  'everything at once': (prng) => ({
    add: [
      parts.warmUp(prng.range(50, 300), prng.range(2, 15)),
      parts.logarithm(prng.range(0, 4)),
      parts.teeth(prng.range(5, 40), prng.range(0.1, 2)),
      parts.daily(prng.range(0, 30)),
      parts.step(prng.range(-40, 80), prng.range(2, 60)),
      parts.wandering(prng.range(1, 4), prng.range(1, 20)),
    ],
    missing: 0.02,
    gaps: 0.5,
  }),
};
