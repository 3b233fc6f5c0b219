/**
 * What `detectd engines build` writes: a bar in a terminal, a line per phase elsewhere, both to standard error; what came
 * of each engine to standard output, or one JSON object with all of it.
 */
import type { Clock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import type { ErrorData } from '../base/errors.js';
import { printable } from '../base/printable.js';
import type { BuildProgress } from '../core/engine.js';
import type { StepDown } from '../core/provider-verdict.js';
import { megabytes, shortKey } from './configured-cache.js';
import type { EngineOrder, EngineOutcome } from './engine-builds.js';
import type { PreviewedEngine } from './engines-preview.js';
import { ProgressLine } from './progress-line.js';

export type ModelStepDown = StepDown & { model: string };
type Problem = { model: string; error: ErrorData };

export class BuildReport {
  readonly #io: CommandIo;
  readonly #clock: Clock;
  readonly #json: boolean;
  #progress: ProgressLine | undefined;
  #phase = '';

  constructor({ io, clock, json }: { io: CommandIo; clock: Clock; json: boolean }) {
    this.#io = io;
    this.#clock = clock;
    this.#json = json;
  }

  /** Something that takes a moment begins. */
  note(text: string): void {
    this.#err(`${text} …`);
  }

  stepsDown(steps: readonly ModelStepDown[]): void {
    for (const { model, provider, reason } of steps)
      this.#err(`${model}: ${provider} is not used: ${reason}`);
  }

  begin(total: number): void {
    const options = { io: this.#io, clock: this.#clock, total, noun: 'engines', worthwhile: total > 0 };
    this.#progress = new ProgressLine(options);
    if (total === 0 && !this.#json) this.#io.out('No engine is wanted.\n');
  }

  work(
    { model, wish }: EngineOrder,
    text: string,
    part: number | undefined,
    progress: BuildProgress | undefined,
  ): void {
    this.#progress?.part(part ?? 0, text);
    if (this.#io.errIsTerminal) return;
    const precision = progress?.precision ?? wish.precision;
    const phase = `${model.name} (${wish.mode}), ${wish.provider} ${precision}: ${progress?.phase ?? 'begun'}`;
    if (phase !== this.#phase) this.#err(phase);
    this.#phase = phase;
  }

  outcome(outcome: EngineOutcome): void {
    this.#progress?.advance();
    if (!this.#json) this.#progress?.out(`${outcomeLines(outcome).map(printable).join('\n')}\n`);
  }

  end(
    outcomes: readonly EngineOutcome[],
    steps: readonly ModelStepDown[],
    problems: readonly Problem[],
  ): void {
    this.close();
    if (this.#json)
      this.#io.out(
        `${JSON.stringify({ engines: outcomes.map(outcomeData), steps_down: steps, problems })}\n`,
      );
    else this.#problems(problems);
  }

  preview(
    engines: readonly PreviewedEngine[],
    steps: readonly ModelStepDown[],
    problems: readonly Problem[],
  ): void {
    if (this.#json) {
      const data = engines.map(({ model, wish, state, reason, expectedMs }) => ({
        ...{ model, ...wishData(wish), state },
        reason: reason ?? null,
        expected_ms: expectedMs ?? null,
      }));
      this.#io.out(`${JSON.stringify({ engines: data, steps_down: steps, problems })}\n`);
      return;
    }
    if (engines.length === 0) this.#io.out('No engine is wanted.\n');
    for (const engine of engines) this.#io.out(`${printable(previewLine(engine))}\n`);
    this.#problems(problems);
  }

  close(): void {
    this.#progress?.close();
    this.#progress = undefined;
  }

  #problems(problems: readonly Problem[]): void {
    for (const { model, error } of problems)
      this.#io.out(`${printable(`${model}: ${error.code}: ${error.message}`)}\n`);
  }

  #err(text: string): void {
    const line = `${printable(text)}\n`;
    if (this.#progress === undefined) this.#io.err(line);
    else this.#progress.err(line);
  }
}

function outcomeLines({ model, wish, outcome, engine, error }: EngineOutcome): string[] {
  const head = `${model.name} (${wish.mode})`;
  if (engine === undefined)
    return [`${head}: no ${wish.provider} ${wish.precision} engine: ${error?.code}: ${error?.message}`];
  const what = `${engine.provider} ${engine.precision} engine ${shortKey(engine.key)}`;
  const facts =
    outcome === 'there'
      ? `is there already, ${megabytes(engine.bytes)}`
      : `built in ${seconds(engine.ms)}, ${megabytes(engine.bytes)}`;
  return [`${head}: ${what} ${facts}`, ...engine.notes.map((note) => `  ${note}`)];
}

function previewLine({ model, wish, state, reason, expectedMs }: PreviewedEngine): string {
  const head = `${model} (${wish.mode}): ${wish.provider} ${wish.precision} engine ${shortKey(wish.key)}`;
  if (state === 'there') return `${head} is there`;
  if (state === 'refused') return `${head} was refused, --again tries it once more: ${reason}`;
  const time = expectedMs === undefined ? '' : `, about ${seconds(expectedMs)}`;
  return `${head} would be built${time}${reason === undefined ? '' : `; the one that is there is damaged: ${reason}`}`;
}

function outcomeData({ model, wish, outcome, engine, error }: EngineOutcome): Record<string, unknown> {
  return {
    ...{ model: model.name, ...wishData(wish), outcome },
    // What was built in the end may be of a higher precision.
    ...(engine === undefined ? {} : { key: engine.key, precision: engine.precision }),
    ms: engine?.ms ?? null,
    bytes: engine?.bytes ?? null,
    notes: engine?.notes ?? [],
    error: error ?? null,
  };
}

function wishData({ mode, provider, precision, key }: PreviewedEngine['wish']): Record<string, string> {
  return { mode, provider, precision, key };
}

function seconds(ms: number): string {
  return ms < 90_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}
