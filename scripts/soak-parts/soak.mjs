/** The soak itself: sets the stage, injects faults by the schedule, looks at memory between them, and adds up. */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { faultKinds } from './faults.mjs';
import { KINDS, schedule } from './schedule.mjs';
import { Stage } from './stage.mjs';

/** Percent per hour: what memory may grow by, and what a run must be able to tell. */
const GROWTH_LIMIT = 0.1;
const RESOLUTION = 1;
const WARM_UP_MS = 600_000;
/** Part of the time between two faults after which workers are compared: each of them lives for at least that. */
const YOUNG = 0.6;
const LOOK_MS = 10_000;

/**
 * Runs until the time is over, the daemon ends or `signal` aborts; resolves to the results, whatever they are.
 * `progress` is told each fault as it has ended.
 */
export async function soak({ minutes, everyS, seed, keep, warmUpMinutes }, { signal, progress, say }) {
  const stage = new Stage();
  let closed;
  try {
    if (stage.noServers) say(`no camera is cut off: ${stage.noServers}`);
    say(`in ${stage.folder}: starting broker, cameras and daemon`);
    await stage.start({ everyS });
    const end = performance.now() + minutes * 60_000;
    const looking = every(Math.min(LOOK_MS, everyS * 200), () => stage.look());
    const faults = await inject(stage, { minutes, everyS, seed, end, signal, progress });
    await rest(stage, end - performance.now(), signal);
    const interrupted = signal.aborted;
    await looking.stop();
    const ended = stage.daemon.ended;
    closed = await stage.close({ keep });
    const warmUpMs = warmUpMinutes === undefined ? usualWarmUpMs(minutes) : warmUpMinutes * 60_000;
    return results({ stage, faults, minutes, everyS, seed, warmUpMs, ended, interrupted, sent: closed });
  } finally {
    await stage.close({ keep });
  }
}

async function inject(stage, { minutes, everyS, seed, end, signal, progress }) {
  const kinds = KINDS.filter((kind) => kind !== 'camera' || !stage.noServers);
  const table = faultKinds(everyS);
  const numbers = Object.fromEntries(kinds.map((kind) => [kind, 0]));
  const start = performance.now();
  const faults = [];
  for (const [index, kind] of schedule(Math.floor((minutes * 60) / everyS), seed, kinds).entries()) {
    await rest(stage, start + (index + 0.5) * everyS * 1000 - performance.now(), signal);
    if (signal.aborted || stage.daemon.ended !== undefined) break;
    const { inject: act, limitMs } = table[kind];
    const outcome = await act(stage, limitMs, numbers[kind]);
    numbers[kind] += 1;
    const fault = { kind, minute: (performance.now() - start) / 60_000, load: loadavg()[0], ...outcome };
    faults.push(fault);
    stage.note(fault);
    progress(fault, stage, end);
  }
  return faults;
}

/** Waits, unless the daemon has ended or the soak is to. */
async function rest(stage, ms, signal) {
  const until = performance.now() + ms;
  while (!signal.aborted && stage.daemon.ended === undefined) {
    const left = until - performance.now();
    if (left <= 0) return;
    await sleep(Math.min(left, 250));
  }
}

/** Runs `act` again and again, one at a time, until stop(). */
function every(ms, act) {
  let running = true;
  const done = (async () => {
    while (running) {
      await act();
      for (let waited = 0; running && waited < ms; waited += 100) await sleep(100);
    }
  })();
  return {
    stop: () => {
      running = false;
      return done;
    },
  };
}

function usualWarmUpMs(minutes) {
  return Math.min(WARM_UP_MS, minutes * 15_000);
}

function results({ stage, faults, minutes, everyS, seed, warmUpMs, ended, interrupted, sent }) {
  const { workers, detections, memory } = stage;
  const table = faultKinds(everyS);
  const kinds = Object.entries(table).map(([kind, { what, limitMs }]) => {
    const all = faults.filter((fault) => fault.kind === kind);
    const times = all.flatMap(({ ms }) => (ms === undefined ? [] : [ms])).sort((a, b) => a - b);
    return {
      kind,
      what,
      times: all.length,
      recovered: all.filter(({ ok }) => ok).length,
      medianMs: times[times.length >> 1],
      worstMs: times.at(-1),
      limitMs,
    };
  });
  const memoryRows = memory.rows({
    warmUpMs,
    ageMs: everyS * 1000 * YOUNG,
    limit: GROWTH_LIMIT,
    resolution: RESOLUTION,
  });
  const { counts } = detections;
  const shortcomings = [
    ...(ended === undefined ? [] : [`the supervising process ended ${ended}`]),
    ...(detections.boots > 1 ? [`${detections.boots} boot_ids were seen`] : []),
    ...workers.unplanned.map((why) => `unplanned restart of the worker: ${why}`),
    ...faults.flatMap(({ kind, what, ok, why, ms, minute }) =>
      ok ? [] : [`minute ${minute.toFixed(1)}, ${what ?? kind}: ${why ?? `recovered after ${ms} ms`}`],
    ),
    ...(counts.gaps > 0 ? [`${counts.missing} numbers are missing in ${counts.gaps} places`] : []),
    ...(counts.outOfOrder > 0 ? [`${counts.outOfOrder} messages out of order`] : []),
    ...memoryRows.flatMap(({ name, verdict }) =>
      verdict === 'falls short' ? [`${name}: memory grows`] : [],
    ),
  ];
  return {
    minutes,
    everyS,
    seed,
    interrupted,
    noCameraFaults: stage.noServers || undefined,
    folder: stage.folder,
    kinds,
    workers: {
      started: workers.starts,
      killed: workers.kills,
      afterKill: workers.afterKill,
      renewed: workers.renewed,
      unplanned: workers.unplanned,
    },
    messages: { ...counts, detections: detections.totals(), daemon: sent },
    warmUpMinutes: warmUpMs / 60_000,
    warmUpFaults: faults.filter(({ minute }) => minute * 60_000 < warmUpMs).length,
    growthLimit: GROWTH_LIMIT,
    resolution: RESOLUTION,
    memory: memoryRows,
    faults,
    shortcomings,
    /** What it was too short or too noisy for: no proof of anything. */
    unresolved: memoryRows.flatMap(({ name, verdict }) =>
      verdict === 'not resolved' ? [`${name}: the slope of memory is not known to ± ${RESOLUTION} %/h`] : [],
    ),
  };
}
