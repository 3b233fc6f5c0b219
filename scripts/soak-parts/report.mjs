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
  const { kinds, workers, messages, memory, shortcomings, unresolved, interrupted, minutes } = results;
  const { warmUpMinutes, warmUpFaults, growthLimit, resolution } = results;
  const faults = kinds.map(({ what, times, recovered, medianMs, worstMs, limitMs }) => [
    ...[what, times, recovered],
    ...[medianMs, worstMs, limitMs].map((ms) => (ms === undefined ? '–' : seconds(ms))),
  ]);
  const growth = memory.map(({ name, minutes: lived, measuredMinutes, rss, own, files, verdict }) => [
    ...[name, `${lived.toFixed(0)} min`, megabytes(rss.settled), megabytes(rss.last), megabytes(rss.peak)],
    ...[percent(rss.trend), atMost(rss.trend), `${measuredMinutes.toFixed(0)} min`, verdict],
    ...[`${megabytes(own.settled)} → ${megabytes(own.last)}`, percent(own.trend)],
    ...[`${files.settled ?? '–'} → ${files.last ?? '–'}`],
  ]);
  const perCamera = Object.entries(messages.detections).map(([camera, count]) => `${camera} ${count}`);
  const heads = ['settled', 'end', 'peak', 'slope of RSS', 'at most', 'measured', `≤ ${growthLimit} %/h`];
  const more = ['own memory', 'its slope', 'files'];
  return [
    `\n${interrupted ? 'interrupted; ' : ''}${minutes} min, seed ${results.seed}, a fault every ${results.everyS} s\n\n`,
    textTable([['FAULT', 'TIMES', 'RECOVERED', 'MEDIAN', 'WORST', 'LIMIT'], ...faults]),
    `\n${textTable([['PROCESS', 'lived', ...heads, ...more].map((head) => head.toUpperCase()), ...growth])}`,
    `  (RSS in MB of 10⁶ bytes, settled: after a warm-up of ${+warmUpMinutes.toFixed(1)} min and ${warmUpFaults} faults; slope: Theil–Sen from there on, ± two standard\n`,
    '  errors that allow for autocorrelation; own: without pages of files. "no growth seen": the limit lies inside these\n',
    `  errors, which are ± ${resolution} %/h at most, and only what is above "at most" is excluded; "not resolved": they are wider)\n\n`,
    `workers: ${workers.started} started, ${workers.killed} killed by the soak, ${workers.renewed} renewed for engines, `,
    `${workers.unplanned.length} unplanned\n`,
    `messages: ${messages.messages} (detections: ${perCamera.join(', ')}), ${messages.gaps} gaps, `,
    `${messages.outOfOrder} out of order, ${messages.missingAway} lost while the broker was away`,
    messages.daemon === undefined
      ? '\n'
      : `;\n  the daemon sent ${messages.daemon.published}, dropped ${messages.daemon.dropped} for want of a broker, reconnected ${messages.daemon.reconnects} times\n`,
    listed('FALLS SHORT', shortcomings),
    listed('NOT RESOLVED', unresolved),
    shortcomings.length + unresolved.length === 0 ? '\nnothing falls short\n' : '',
  ].join('');
}

function listed(head, lines) {
  return lines.length === 0 ? '' : `\n${head}\n${lines.map((line) => `  ${line}\n`).join('')}`;
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

function atMost(trend) {
  return trend === undefined ? '–' : `${(trend.percentPerHour + trend.plusMinus).toFixed(2)} %/h`;
}
