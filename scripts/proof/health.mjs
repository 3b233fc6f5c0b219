/** Health: leaks found before they hurt, the leaking part replaced without a gap, nothing else restarted. */
import { readdirSync } from 'node:fs';
import { gpuAccess } from '../../dist/device/gpu-access.js';
import { identifyThisMachine } from '../../dist/device/this-machine.js';
import { healthOverhead } from './health-overhead.mjs';
import { leakHandover } from './leak-handover.mjs';
import { delays, leaks, RATES } from './leaks.mjs';
import { noMemoryGroup } from './memory-group.mjs';
import { parts } from './memory-traces.mjs';
import { cases, run } from './programs.mjs';

const SOAK_MINUTES = { short: 2, long: 60 };

export function health({ long }) {
  const minutes = long ? SOAK_MINUTES.long : SOAK_MINUTES.short;
  let soaked;
  /** One soak serves both promises. */
  const soak = () => {
    soaked ??= soakFor(minutes);
    return soaked;
  };
  return [
    ...leaks({ long }),
    {
      what: 'leaks in noise of ±3 MB, from their begin to the alarm, by rate',
      limit: 'all are found, 60 MB/h and more within 1 h',
      measure: () => delayTable(long ? 20 : 5),
    },
    {
      what: 'a worker that loses host memory, with room for two workers: longest pause of detections over MQTT',
      limit:
        'found, one recycle, by capture and by arrival at most one frame interval longer than undisturbed, seq without a gap',
      measure: () => leak('both'),
    },
    {
      what: 'the same with room for one worker',
      limit: 'the old one ends first, ≤ 2 s, seq without a gap',
      measure: () => (noMemoryGroup() ? { impossible: noMemoryGroup() } : leak('one')),
    },
    {
      what: 'the same with memory of a GPU, through the CUDA provider',
      limit: 'as above',
      measure: gpuLeak,
    },
    {
      what: 'a real systemd: install, READY, reload, kill -9 and SIGSTOP of each process, disk full, storm of restarts, upgrade',
      limit: 'all as promised',
      measure: () => underSystemd(),
    },
    {
      what: `${minutes} min with 4 cameras and a fault every ${minutes < 10 ? 20 : 60} s`,
      limit: 'no unplanned restart, each recovered in time, seq without a gap',
      measure: async () => faults(await soak()),
    },
    {
      what: 'RSS of supervising process and worker meanwhile, after warm-up',
      limit: '≤ 0.1 % per hour, as far as ± 2 % can tell',
      measure: async () => growth(await soak(), minutes),
    },
    {
      what: 'CPU for looks every 10 s and metrics fetched every 15 s, from fifty times as many',
      limit: '≤ 1 % of one core',
      measure: async () => {
        const { share, off, on } = await healthOverhead({ seconds: long ? 180 : 20 });
        const percent = (part) => `${(100 * part).toFixed(2)} %`;
        return {
          figure: `${percent(share)} (${percent(off)} without, ${percent(on)} at fifty times the pace)`,
          holds: share <= 0.01,
        };
      },
    },
  ];
}

function delayTable(count) {
  const rows = RATES.filter((rate) => rate >= 10).map((rate) => {
    const draw = () => ({ add: [parts.white(3), parts.leak(rate, 6)] });
    const { delays: all } = delays(draw, { count, from: 6, within: Math.max(3, 400 / rate) });
    return { rate, middle: all[all.length >> 1], worst: all.at(-1) };
  });
  const told = ({ rate, middle }) =>
    `${rate} MB/h ${middle < 1.5 ? `${Math.round(middle * 60)} min` : `${middle.toFixed(1)} h`}`;
  return {
    figure: rows.map(told).join(', '),
    holds: rows.every(({ rate, worst }) => worst <= (rate >= 60 ? 1 : 400 / rate)),
  };
}

async function leak(room, kind = 'host') {
  const { foundS, intervalMs, undisturbed, changing, moreMs, ...rest } = await leakHandover({
    room,
    kind,
    again: room === 'both' && kind === 'host',
  });
  const { waited, besideTheOld, gapless, recycled, failures, leakedMb, freshMb, load } = rest;
  const inTime = room === 'both' ? besideTheOld && moreMs <= intervalMs : changing.captureMs <= 2000;
  const figure =
    `found after ${foundS.toFixed(0)} s; ${changing.captureMs} ms by capture, ${changing.arrivalMs} by arrival ` +
    `(undisturbed ${undisturbed.captureMs}, ${undisturbed.arrivalMs}; frame interval ${intervalMs}), ${recycled} recycle, ` +
    `${Math.round(leakedMb)} MB became ${Math.round(freshMb)}, seq ${gapless ? 'without' : 'with'} a gap, load ${load.toFixed(1)}`;
  const rightly = waited && gapless && recycled === 1 && failures.length === 0 && freshMb < leakedMb;
  return { figure, holds: inTime && rightly };
}

/** Every test that boots a systemd. */
async function underSystemd() {
  if (process.getuid() !== 0) return { impossible: 'needs root' };
  const files = readdirSync('test/e2e').filter((name) => /^systemd.*\.test\.ts$/.test(name));
  return cases(...files.map((name) => `test/e2e/${name}`));
}

async function soakFor(minutes) {
  const every = minutes < 10 ? ['--every', '20'] : [];
  const { stdout, stderr } = await run('scripts/soak', ['--minutes', String(minutes), ...every, '--json']);
  if (!stdout.startsWith('{')) throw new Error(stderr.trim().split('\n').at(-1));
  return JSON.parse(stdout);
}

function faults({ kinds, workers, messages, shortcomings }) {
  const tried = kinds.filter(({ times }) => times > 0);
  const told = tried.map(
    ({ kind, recovered, times, worstMs }) =>
      `${kind} ${recovered}/${times}, worst ${(worstMs / 1000).toFixed(1)} s`,
  );
  const others = shortcomings.filter((text) => !text.endsWith(': memory grows'));
  const figure = `${told.join('; ')}; ${workers.unplanned.length} unplanned; ${messages.gaps} gaps in ${messages.messages} messages`;
  return { figure: [figure, ...others].join('; '), holds: others.length === 0 };
}

function growth({ memory }, minutes) {
  const told = memory.map(({ name, rss: { last, trend }, verdict }) => {
    const slope =
      trend === undefined ? '' : `${trend.percentPerHour.toFixed(2)} ± ${trend.plusMinus.toFixed(2)} %/h, `;
    const size = last === undefined ? '' : ` ${(last / 1e6).toFixed(0)} MB`;
    return `${name}${size}: ${slope}${verdict}`;
  });
  if (memory.some(({ verdict }) => verdict === 'falls short'))
    return { figure: told.join('; '), holds: false };
  if (memory.every(({ verdict }) => verdict === 'holds' || verdict === 'no growth seen'))
    return { figure: told.join('; '), holds: true };
  return { impossible: `${minutes} min cannot tell; ${told.join('; ')}` };
}

async function gpuLeak() {
  const { node } = await gpuAccess();
  if (node === undefined) return { impossible: 'no GPU' };
  const { info } = await identifyThisMachine(process.env);
  const brought = info.onnxruntimeProviders?.split(', ') ?? [];
  if (!brought.includes('cuda')) return { impossible: 'onnxruntime-node has no cuda provider' };
  return leak('both', 'gpu');
}
