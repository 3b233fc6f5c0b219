/** The rows of `detectd bench` as a table for people. */
import { printable } from '../base/printable.js';
import { type BenchRow, rowName } from './bench-row.js';
import { textTable } from './text-table.js';

const HEAD = [
  ...['provider', 'precision', 'threads', 'batch', 'limit', 'daemon', 'ratio', 'exported', 'gain'],
  ...['own CPU', 'memory', 'build', 'load', 'prepare'],
];

const LEGEND = `
limit: frames/s of bare inference; daemon: of the whole daemon, video in to MQTT out; ratio: of the two;
exported: bare inference on the graph as exported; gain: of ours over it; own CPU: ms per frame outside inference and
GStreamer; memory: supervising process + worker; build: of the engine; load: from the cache to the first result;
prepare: the same without an engine
`;

/** What could not be measured is a dash, with the reason below. */
export function benchTable(rows: readonly BenchRow[]): string {
  const remarks = rows.flatMap((row) => {
    const all = [...(row.error === null ? [] : [`${row.error.code}: ${row.error.message}`]), ...row.notes];
    return all.map((text) => `${rowName(row)}: ${printable(text)}\n`);
  });
  return [
    textTable([HEAD, ...rows.map(cells)]),
    LEGEND,
    ...(remarks.length > 0 ? ['\n', ...remarks] : []),
  ].join('');
}

function cells(row: BenchRow): unknown[] {
  const { rss_mb: rss, engine } = row;
  return [
    ...[row.provider, row.precision, row.threads === 0 ? 'all' : row.threads, row.batch],
    ...[row.limit_fps, row.daemon_fps, row.ratio_daemon_to_limit, row.exported_fps],
    row.ratio_prepared_to_exported,
    unit(row.overhead_cpu_ms_per_frame, 'ms'),
    rss === null ? null : `${Math.round(rss.supervisor)} + ${Math.round(rss.worker)} MB`,
    seconds(engine?.build_ms),
    seconds(engine?.load_ms),
    seconds(row.prepare_ms),
  ];
}

function seconds(ms: number | null | undefined): string | null {
  return ms == null ? null : `${(ms / 1000).toFixed(2)} s`;
}

function unit(value: number | null, name: string): string | null {
  return value === null ? null : `${value} ${name}`;
}
