/** The result of reconcile for people. */
import { printable } from '../../dist/base/printable.js';

/** With more lines than this only those with a finding are shown. */
const MOST_LINES = 40;
const COLUMNS = ['sent', 'received', 'duplicated', 'late', 'lost', 'excused', 'missing', 'unaccounted'];

export function reportText(report, { all = false } = {}) {
  const { streams, totals, counts } = report;
  const wrong = (row) => row.unaccounted + row.conflicts + row.excused > 0 || row.too_scattered;
  const shown = all || streams.length <= MOST_LINES ? streams : streams.filter(wrong);
  const head = ['device', 'start', 'stream', ...COLUMNS];
  const rows = shown.map((row) => [
    printable(row.device).slice(0, 30),
    printable(row.boot_id).slice(0, 8),
    printable(row.stream).slice(0, 60),
    ...COLUMNS.map((key) => String(row[key])),
  ]);
  const table = rows.length === 0 ? '' : `${aligned([head, ...rows])}\n\n`;
  const hidden = streams.length - shown.length;
  const causes = {};
  for (const { lost_by_cause: lost } of streams)
    for (const [cause, count] of Object.entries(lost)) causes[cause] = (causes[cause] ?? 0) + count;
  const told = Object.entries(causes).map(([cause, count]) => `${number(count)} ${printable(cause)}`);
  const lines = [
    `${number(report.devices)} devices, ${number(streams.length)} streams${hidden > 0 ? ` (${number(hidden)} without a finding are not shown)` : ''}`,
    `${number(totals.sent)} sent, ${number(totals.received)} received; ${number(totals.duplicated)} came twice, ` +
      `${number(totals.late)} late; ${number(totals.lost)} announced as lost${told.length > 0 ? ` (${told.join(', ')})` : ''}`,
  ];
  if (totals.excused > 0)
    lines.push(`${number(totals.excused)} of a damaged store, of which the device knows that it lost some`);
  if (totals.missing > 0)
    lines.push(`${number(totals.missing)} of QoS 0 did not come, which nobody promised`);
  const open = streams.filter((row) => row.stored && !row.end_proven).length;
  if (open > 0)
    lines.push(`${number(open)} streams go on: what comes after the last number heard is not known yet`);
  if (counts.invalid > 0)
    lines.push(
      `${number(counts.invalid)} messages are none, such as: ${report.invalid.map(printable).join('; ')}`,
    );
  return `${table}${lines.join('\n')}\n${verdict(report)}\n`;
}

function verdict({ proven, totals, streams, counts }) {
  if (proven) return 'every stored message is there or announced as lost';
  if (streams.length === 0)
    return 'RECONCILE_FOUND: nothing with a number was heard, which proves nothing; look at --base, --device and at what the broker lets you hear.';
  const parts = [];
  if (totals.unaccounted > 0) {
    const { device, boot_id: boot, stream, ranges } = streams.find((row) => row.unaccounted > 0);
    const told = ranges
      .slice(0, 3)
      .map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
    parts.push(
      `${number(totals.unaccounted)} messages are unaccounted for, as ${told.join(', ')} of ${printable(`${device} ${boot} ${stream}`)}`,
    );
  }
  if (totals.conflicts > 0) parts.push(`${number(totals.conflicts)} numbers came with two contents`);
  const scattered = streams.filter((row) => row.too_scattered).length;
  if (scattered > 0) parts.push(`${number(scattered)} streams have too many gaps to keep count of`);
  if (counts.beyond_bounds > 0) parts.push(`${number(counts.beyond_bounds)} messages of too many streams`);
  return `RECONCILE_FOUND: ${parts.join('; ')}.`;
}

function number(value) {
  return value.toLocaleString('en-US');
}

/** Names to the left, numbers to the right. */
function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const cell = (text, column) => (column < 3 ? text.padEnd(widths[column]) : text.padStart(widths[column]));
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}
