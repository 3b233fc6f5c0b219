/** One thing that `detectd doctor` looked at: how it is, and what to do about it when it is not well. */
import { DetectdError } from '../base/errors.js';
import { printable } from '../base/printable.js';

/** The form in which `doctor --json` gives each finding. */
export interface Finding {
  check: string;
  /** A `warning` costs something but stops nothing. */
  state: 'ok' | 'warning' | 'failed';
  detail: string;
  /** What to do about it. */
  cure?: string;
  code?: string;
  /** Of a camera: what it plays, as a command to try by hand. Secrets are replaced by ***. */
  launch?: string;
}

export function passed(check: string, detail: string): Finding {
  return { check, state: 'ok', detail };
}

/** A finding that has no code of its own. */
export function fault(check: string, state: 'warning' | 'failed', detail: string, cure: string): Finding {
  return { check, state, detail, cure };
}

/** An error as a finding. */
export function failure(check: string, thrown: unknown): Finding {
  const { code, message, hint } = DetectdError.from(thrown);
  return { check, state: 'failed', detail: message, ...(hint === undefined ? {} : { cure: hint }), code };
}

const MARKS = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' } as const;
/** Green, yellow, red. */
const COLOURS = { ok: 32, warning: 33, failed: 31 } as const;

/** For people: the finding, and below it its cure. Messages of several lines are indented. */
export function findingText(
  { check, state, detail, cure, code, launch }: Finding,
  coloured: boolean,
): string {
  const mark = coloured ? `\x1b[${COLOURS[state]}m${MARKS[state]}\x1b[0m` : MARKS[state];
  const shownCode = code === undefined ? '' : ` [${code}]`;
  const lines = detail.trimEnd().split('\n').map(printable);
  const text = `${mark}  ${printable(check)}: ${lines.join('\n           ')}${shownCode}\n`;
  const played = launch === undefined ? '' : `           ${printable(launch)}\n`;
  return cure === undefined ? `${text}${played}` : `${text}         → ${printable(cure)}\n${played}`;
}
