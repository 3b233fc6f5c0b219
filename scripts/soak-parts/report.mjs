/** The results of a soak for people: a line per fault while it runs, tables at the end. */
import { textTable } from '../../dist/commands/text-table.js';

export function faultLine({ kind, what, ms, ok, why, othersMs, load, minute }, stage, leftMinutes) {
  const name = what === undefined ? kind : `${kind} (${what})`;
  const after = ok ? `all cameras after ${seconds(ms)}` : `FALLS SHORT: ${why ?? `after ${seconds(ms)}`}`;
  const others = othersMs === undefined ? '' : `, others quiet for ${seconds(othersMs)} at most`;
  const { messages, gaps, missingAway } = stage.detections.counts;
  const memory = `RSS ${megabytes(stage.memory.rss('daemon'))} + ${megabytes(stage.memory.rss('worker'))}`;
  return (
    `${minute.toFixed(1).padStart(6)} min  ${name.padEnd(24)} ${after}${others}; ${memory}; ${messages} messages, ` +
    `${gaps} gaps, ${missingAway} lost with the broker; load ${load.toFixed(1)}; ${leftMinutes.toFixed(0)} min left\n`
  );
}

export function reportText(results) {
  const { kinds, workers, messages, memory, shortcomings, interrupted, minutes, warmUpMinutes } = results;
  const faults = kinds.map(({ what, times, recovered, medianMs, worstMs, limitMs }) => [
    ...[what, times, recovered],
    ...[medianMs, worstMs, limitMs].map((ms) => (ms === undefined ? '–' : seconds(ms))),
  ]);
  const growth = memory.map(({ name, minutes: lived, measuredMinutes, rss, pss, files, verdict }) => [
    ...[name, `${lived.toFixed(0)} min`, megabytes(rss.settled), megabytes(rss.last), megabytes(rss.peak)],
    ...[percent(rss.trend), `${measuredMinutes.toFixed(0)} min`, verdict, percent(pss.trend)],
    ...[`${files.settled ?? '–'} → ${files.last ?? '–'}`],
  ]);
  const perCamera = Object.entries(messages.detections).map(([camera, count]) => `${camera} ${count}`);
  const heads = ['settled', 'end', 'peak', 'slope of RSS', 'measured', '≤ 0.1 %/h', 'slope of Pss', 'files'];
  return [
    `\n${interrupted ? 'interrupted; ' : ''}${minutes} min, seed ${results.seed}, a fault every ${results.everyS} s\n\n`,
    textTable([['FAULT', 'TIMES', 'RECOVERED', 'MEDIAN', 'WORST', 'LIMIT'], ...faults]),
    `\n${textTable([['PROCESS', 'lived', ...heads].map((head) => head.toUpperCase()), ...growth])}`,
    `  (slope: Theil–Sen after ${+warmUpMinutes.toFixed(1)} min, ± two standard errors that allow for autocorrelation;\n`,
    '  "undecided" when the limit lies inside them)\n\n',
    `workers: ${workers.started} started, ${workers.killed} killed by the soak, ${workers.renewed} renewed for engines, `,
    `${workers.unplanned.length} unplanned\n`,
    `messages: ${messages.messages} (detections: ${perCamera.join(', ')}), ${messages.gaps} gaps, `,
    `${messages.outOfOrder} out of order, ${messages.missingAway} lost while the broker was away`,
    messages.daemon === undefined
      ? '\n'
      : `;\n  the daemon sent ${messages.daemon.published}, dropped ${messages.daemon.dropped} for want of a broker, reconnected ${messages.daemon.reconnects} times\n`,
    shortcomings.length === 0
      ? '\nholds\n'
      : `\nFALLS SHORT\n${shortcomings.map((each) => `  ${each}\n`).join('')}`,
  ].join('');
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

function megabytes(bytes) {
  return bytes === undefined ? '–' : `${(bytes / 1e6).toFixed(1)} MB`;
}

function percent(trend) {
  if (trend === undefined) return '–';
  return `${trend.percentPerHour.toFixed(2)} ± ${trend.plusMinus.toFixed(2)} %/h`;
}
