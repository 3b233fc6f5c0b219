/** How far a change of model is, as the last line of a terminal: bytes while it is fetched, then its phases. */
import type { Clock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import type { ModelUpdate, UpdatePhase, UpdateProgress } from '../core/model-update.js';
import { ProgressLine } from './progress-line.js';

const WAY: readonly UpdatePhase[] = ['downloading', 'verified', 'staged', 'building', 'trial', 'active'];

export class ChangeLine {
  readonly #io: CommandIo;
  readonly #clock: Clock;
  #line: ProgressLine | undefined;
  /** Bytes are counted apart from phases. */
  #counts: 'bytes' | 'phases' | undefined;

  constructor(io: CommandIo, clock: Clock) {
    this.#io = io;
    this.#clock = clock;
  }

  /** `update` is undefined before there is one. */
  show(update: ModelUpdate | undefined, progress: UpdateProgress | undefined): void {
    const phase = update?.phase ?? 'downloading';
    const bytes = phase === 'downloading' && progress !== undefined && progress.done > 0;
    const line = this.#lineOf(bytes ? 'bytes' : 'phases');
    if (bytes) {
      const { done, total } = progress;
      line.within({ done: kilo(done), total: total === undefined ? undefined : kilo(total), noun: 'kB' });
    }
    const waits = progress?.waiting ?? againAfter(update);
    const text = `${phase}${waits === undefined ? '' : `, ${waits}`}`;
    if (bytes) line.detail(text);
    else line.part(Math.max(0, WAY.indexOf(phase)) / WAY.length, text);
  }

  close(): void {
    this.#line?.close();
  }

  #lineOf(counts: 'bytes' | 'phases'): ProgressLine {
    if (this.#line !== undefined && this.#counts === counts) return this.#line;
    this.#line?.close();
    this.#counts = counts;
    this.#line = new ProgressLine({
      ...{ io: this.#io, clock: this.#clock, total: 1, noun: 'models', worthwhile: true },
    });
    return this.#line;
  }
}

function againAfter(update: ModelUpdate | undefined): string | undefined {
  return update?.error === undefined ? undefined : `tried again after: ${update.error.message}`;
}

function kilo(bytes: number): number {
  return Math.round(bytes / 1000);
}
