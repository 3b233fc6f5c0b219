/** What a self test found: the form that `--json` prints, and the text for people. */
import { printable } from '../base/printable.js';
import { type Finding, findingText } from './finding.js';
import type { SelftestFigures } from './selftest-tally.js';
import type { SelftestLimits } from './selftest-verdict.js';

/** Keys as `selftest --json` prints them; figures are null where nothing was measured. */
export interface SelftestReport extends SelftestFigures {
  /** Everything within its limits. */
  ok: boolean;
  /** To measure, from the first message on. */
  seconds: number;
  seed: number;
  /** What the model ran on; null when it never ran. */
  provider: string | null;
  /** fp32, fp16 or int8, as it really computed. */
  arithmetic: string | null;
  model: { bundle: string; version: string; digest: string } | null;
  /** Address of the broker, or `embedded`. */
  broker: string;
  limits: SelftestLimits;
  problems: Finding[];
}

/** Figures beside their limits, then every problem with its cure. */
export function selftestText(report: SelftestReport, coloured: boolean): string {
  const { limits, objects, latency_ms: latency } = report;
  const rows: [string, string, string][] = [
    ['precision', figure(report.precision), `at least ${limits.precision} (${objects.wrong} wrong)`],
    ['recall', figure(report.recall), `at least ${limits.recall} (${objects.missed} missed)`],
    ['pictures', `${report.frames}`, `at least ${limits.frames}`],
    ['rate', `${figure(report.fps)} /s`, ''],
    ['latency, median', `${figure(latency.p50)} ms`, ''],
    ['latency, 99 of 100', `${figure(latency.p99)} ms`, `at most ${limits.latency_ms} ms`],
    ['provider', printable(report.provider ?? '-'), ''],
    ['arithmetic', printable(report.arithmetic ?? '-'), ''],
    ['model', printable(report.model?.version ?? '-'), ''],
    ['broker', printable(report.broker), ''],
  ];
  const table = rows.map(([name, value, limit]) => `${name.padEnd(20)}${value.padEnd(12)}${limit}`.trimEnd());
  const problems = report.problems.map((problem) => findingText(problem, coloured));
  const end = report.ok ? 'The self test is passed.\n' : '';
  return `${table.join('\n')}\n${problems.join('')}${end}`;
}

function figure(value: number | null): string {
  return value === null ? '-' : `${value}`;
}
