/**
 * What is wrong with a configuration file, problem by problem, and the error that carries them all:
 * someone who repairs a file wants the whole list, not the first line of it.
 */
import type { ErrorCode } from '../base/error-codes.js';
import { DetectdError } from '../base/errors.js';

/** Keys from the root of the file to a value. */
export type ConfigPath = readonly (string | number)[];

export interface ConfigProblem {
  /** From 1; 0 where it does not come from the file. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
  /** Where it comes from instead, as in `the document fleet version 12`. */
  origin?: string;
  /** Dotted keys, empty for the file as a whole. */
  path: string;
  /** Holds no secret. */
  message: string;
  /** What was probably meant. */
  suggestion?: string;
}

/** A problem that is not yet placed in the file. */
export interface Finding {
  path: ConfigPath;
  /** Whether the key itself or its value is at fault. */
  at: 'key' | 'value';
  message: string;
  suggestion?: string | undefined;
  /** The fault is with a secret that the file refers to, not with the file. */
  secret?: boolean;
}

/** More problems than this are counted, not printed: a wrong file may have thousands. */
const MOST_SHOWN = 100;

/** `file:line:column: message; did you mean "x"?`, or `in the document …: message`. */
export function formatProblem(file: string, problem: ConfigProblem): string {
  const suggestion = problem.suggestion === undefined ? '' : `; did you mean "${problem.suggestion}"?`;
  const { origin, line, column } = problem;
  const place = origin === undefined ? `${file}:${line}:${column}` : `in ${origin}`;
  return `${place}: ${problem.message}${suggestion}`;
}

/** Every problem on its own line. */
export function formatProblems(file: string, problems: readonly ConfigProblem[]): string {
  const lines = problems.slice(0, MOST_SHOWN).map((problem) => formatProblem(file, problem));
  if (problems.length > MOST_SHOWN) lines.push(`${file}: and ${problems.length - MOST_SHOWN} more`);
  return lines.join('\n');
}

export class ConfigError extends DetectdError {
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[], code: ErrorCode = 'CONFIG_INVALID') {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(
      code,
      `The configuration ${file} has ${count}:\n${formatProblems(file, problems)}`,
      'Repair the lines above; config/example.yaml explains every key.',
    );
    this.name = 'ConfigError';
    this.file = file;
    this.problems = problems;
  }
}

/** `cameras.gate.source`, `list[2]`. */
export function dotted(path: ConfigPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}
