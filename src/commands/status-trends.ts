/** The part of `status` about how figures move: each with a graph of the last hour, its slope, and what that means. */
import { change, megabytes, roughly, tenths, UNKNOWN } from './figures-text.js';
import { type Cell, fittedTable } from './fitted-table.js';
import { sparkline } from './sparkline.js';
import type { HealthFacts, SeriesFacts, StatusFacts } from './status-facts.js';
import { type Line, span, type Tone } from './styled-text.js';

interface Trend {
  name: string;
  now: string;
  history: readonly (number | null)[] | undefined;
  /** A smaller change than this is drawn as none. */
  least: number;
  perHour: string;
  words: string;
  tone: Tone | undefined;
}

const WORDS: Record<string, string> = { 'saw-tooth': 'up and down', step: 'one step' };
/** Its series is of what is lost, the words are of what is left. */
const AVAILABLE_WORDS: Record<string, string> = { rising: 'falling', shrinking: 'growing' };

export function trendLines({ health, cameras }: StatusFacts, width: number): Line[] {
  if (health === undefined) return [];
  const rates = cameras.flatMap(({ fps }) => fps ?? []);
  const rate = rates.length === 0 ? undefined : rates.reduce((sum, fps) => sum + fps, 0);
  const [hottest] = health.machine.temperatures;
  const trends: Trend[] = [
    ...memoryTrends(health),
    plain('frame rate', tenths(rate, '/s'), health.history.fps, Math.max(2, (rate ?? 0) / 10)),
    plain('hottest', tenths(hottest?.[1], ' °C'), health.history.hottest, 4),
  ];
  const rows = trends.map((trend): Cell[] => [
    span(trend.name),
    span(trend.now),
    (room) => span(sparkline(trend.history ?? [], room, { least: trend.least })),
    span(trend.perHour),
    span(trend.words, trend.tone),
  ]);
  const columns = [
    { title: '', spare: 0, least: 10 },
    { title: 'NOW', spare: 0, right: true },
    { title: historyTitle(health), spare: 0 },
    { title: 'PER HOUR', spare: 1, right: true },
    { title: 'TREND', spare: 0 },
  ];
  return fittedTable({ columns, rows, width, stretch: { column: 2, least: 6, most: 60 } });
}

/** Each series of memory, in this order, then what else there may be. */
function memoryTrends(health: HealthFacts): Trend[] {
  const { machine, history, processes } = health;
  const resident = (name: string) => processes.find((process) => process.name === name)?.rssMb;
  const known: [name: string, now: number | undefined, trace: (number | null)[] | undefined][] = [
    ['worker', resident('worker'), history.worker],
    ['worker gpu', undefined, undefined],
    ['gpu', machine.gpuUsedMb, history.gpu],
    ['daemon', resident('daemon'), undefined],
    ['available', machine.availableMb, history.available],
  ];
  const found = new Map(health.memory.map((series) => [series.name, series]));
  const rows = known.flatMap(([name, now, trace]) => {
    const series = found.get(name);
    found.delete(name);
    if (series === undefined && now === undefined && trace === undefined) return [];
    return memoryTrend(name, series, now, trace);
  });
  return [...rows, ...[...found].map(([name, series]) => memoryTrend(name, series, undefined, undefined))];
}

function memoryTrend(
  name: string,
  series: SeriesFacts | undefined,
  now: number | undefined,
  history: (number | null)[] | undefined,
): Trend {
  const mb = series?.mb ?? now;
  const lost = series?.mbPerHour;
  // A series is of what is lost; the figure beside it is of what is there.
  const slope = name === 'available' && lost !== undefined ? -lost : lost;
  return {
    name,
    now: megabytes(mb),
    history,
    least: Math.max(5, (mb ?? 0) * 0.01),
    perHour: change(slope),
    ...verdict(name, series),
  };
}

function verdict(name: string, series: SeriesFacts | undefined): Pick<Trend, 'words' | 'tone'> {
  const word = series?.verdict;
  if (word === undefined) return { words: UNKNOWN, tone: undefined };
  if (word !== 'leak') {
    const words = (name === 'available' ? AVAILABLE_WORDS[word] : undefined) ?? WORDS[word] ?? word;
    return { words, tone: undefined };
  }
  const limit = series?.limitInS;
  return {
    words: limit === undefined ? 'leak' : `leak, limit in ${roughly(limit)}`,
    tone: 'bad',
  };
}

function plain(name: string, now: string, history: Trend['history'], least: number): Trend {
  return { name, now, history, least, perHour: '', words: '', tone: undefined };
}

function historyTitle({ history }: HealthFacts): string {
  const length = Math.max(
    0,
    ...[history.worker, history.gpu, history.available, history.fps, history.hottest].map(
      (trace) => trace?.length ?? 0,
    ),
  );
  const minutes = Math.round((length * (history.intervalS ?? 60)) / 60);
  // No wider than the narrowest graph.
  return minutes === 60 ? '1 HOUR' : minutes === 0 ? '' : `${minutes} MIN`;
}
