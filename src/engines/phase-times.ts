/** How long each phase of a build takes, told on as it begins and for as long as it lasts. */
import type { Clock } from '../base/clock.js';
import type { TrtexecPhase } from './trtexec-output.js';

export class PhaseTimes {
  readonly #clock: Clock;
  readonly #tell: (phase: TrtexecPhase) => void;
  readonly #starts = new Map<TrtexecPhase, number>();
  #phase: TrtexecPhase = 'starting';

  constructor(clock: Clock, tell: (phase: TrtexecPhase) => void) {
    this.#clock = clock;
    this.#tell = tell;
    this.enter('starting');
  }

  enter(phase: TrtexecPhase): void {
    if (this.#starts.has(phase)) return;
    this.#phase = phase;
    this.#starts.set(phase, this.#clock.monotonicUs());
    this.#tell(phase);
  }

  repeat(): void {
    this.#tell(this.#phase);
  }

  durations(): Partial<Record<TrtexecPhase, number>> {
    const starts = [...this.#starts];
    const ends = [...starts.slice(1).map(([, us]) => us), this.#clock.monotonicUs()];
    return Object.fromEntries(
      starts.flatMap(([phase, us], index) =>
        phase === 'done' ? [] : [[phase, ((ends[index] ?? us) - us) / 1000]],
      ),
    );
  }
}
