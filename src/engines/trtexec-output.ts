/**
 * Reads what trtexec says. Information comes on standard output, warnings and errors on standard error, each line
 * as `[06/01/2026-12:00:00] [I] [TRT] text`; the verdict is a line of its own. Everything kept is bounded.
 */
import { printable } from '../base/printable.js';
import { bannerVersion, type TensorrtVersion } from './tensorrt-version.js';

/** In this order. Saving and testing are short; TensorRT gives no percentage of building, which is not. */
export const TRTEXEC_PHASES = ['starting', 'parsing', 'building', 'saving', 'testing', 'done'] as const;
export type TrtexecPhase = (typeof TRTEXEC_PHASES)[number];

const LINE = /^\[\d\d\/\d\d\/\d{4}-\d\d:\d\d:\d\d\] \[([VIWEF])\] (?:\[TRT\] )?(.*)$/;
const VERDICT = /^&&&& (RUNNING|PASSED|FAILED) TensorRT\.trtexec \[TensorRT v(\d{4,6})\]/;

/** A line on standard output begins a phase; a later one never leads back. */
const PHASE_STARTS: readonly (readonly [RegExp, TrtexecPhase])[] = [
  [/^Start parsing network model/, 'parsing'],
  [/^Finish(ed)? parsing network model/, 'building'],
  [/^(Local|Global) timing cache in use/, 'building'],
  [/^Created engine with size: /, 'saving'],
  [/^Engine built in /, 'testing'],
];

const MOST_ERRORS = 40;
const MOST_LOG_LINES = 200;

export class TrtexecOutput {
  phase: TrtexecPhase = 'starting';
  /** From the first line; undefined until it came. */
  version: TensorrtVersion | undefined;
  verdict: 'passed' | 'failed' | undefined;
  /** The engine was loaded once by the program that built it. */
  loadedOnce = false;
  /** Size of the engine in MiB, as built; undefined where this version does not say. */
  engineMiB: number | undefined;
  /** How often a kernel was left out for want of memory. */
  skippedTactics = 0;
  /** The first errors, and what else came on standard error without a mark. */
  readonly errors: string[] = [];
  #log: string[] = [];

  /** The last lines of both streams, fit for a terminal. */
  get log(): string[] {
    return this.#log.slice(-MOST_LOG_LINES);
  }

  stdout(line: string): void {
    this.#keep(line);
    const verdict = VERDICT.exec(line);
    if (verdict !== null) this.#judge(verdict[1] ?? '', Number(verdict[2]));
    const text = LINE.exec(line)?.[2];
    if (text === undefined) return;
    const begun = PHASE_STARTS.find(([pattern]) => pattern.test(text))?.[1];
    if (begun !== undefined) this.#enter(begun);
    if (/^Engine deserialized in /.test(text)) this.loadedOnce = true;
    const size = /^Created engine with size: ([\d.e+]+) MiB/.exec(text)?.[1];
    if (size !== undefined) this.engineMiB = Number(size);
  }

  stderr(line: string): void {
    this.#keep(line);
    const [, severity = '', text = line.trim()] = LINE.exec(line) ?? [];
    if (/^Skipping tactic .*insufficient memory/.test(text)) this.skippedTactics += 1;
    if (severity === 'W' || text === '' || this.errors.length >= MOST_ERRORS) return;
    this.errors.push(printable(text));
  }

  #judge(word: string, number: number): void {
    this.version ??= bannerVersion(number);
    if (word === 'RUNNING') return;
    this.verdict = word === 'PASSED' ? 'passed' : 'failed';
    if (word === 'PASSED') this.#enter('done');
  }

  #enter(phase: TrtexecPhase): void {
    if (TRTEXEC_PHASES.indexOf(phase) > TRTEXEC_PHASES.indexOf(this.phase)) this.phase = phase;
  }

  #keep(line: string): void {
    this.#log.push(printable(line));
    if (this.#log.length > 2 * MOST_LOG_LINES) this.#log = this.log;
  }
}
