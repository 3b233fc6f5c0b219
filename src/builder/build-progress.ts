/** Tells what a build is at: at each phase, and every second in between. */
import type { Clock, Timer } from '../base/clock.js';
import type { BuildPhase, BuildProgress } from '../core/engine.js';
import type { Precision, ProviderName } from '../core/worker-plan.js';

const TOLD_MS = 1000;

export class ProgressTeller {
  readonly #clock: Clock;
  readonly #tell: (progress: BuildProgress) => void;
  readonly #startUs: number;
  readonly #timer: Timer;
  #now: Omit<BuildProgress, 'elapsedMs'>;

  constructor(
    clock: Clock,
    provider: ProviderName,
    precision: Precision,
    tell: (progress: BuildProgress) => void,
  ) {
    this.#clock = clock;
    this.#tell = tell;
    this.#startUs = clock.monotonicUs();
    this.#now = { phase: 'preparing', provider, precision, expectedMs: undefined, attempt: 1 };
    this.#timer = clock.every(TOLD_MS, () => this.#say());
  }

  /** Since the build began. */
  get elapsedMs(): number {
    return (this.#clock.monotonicUs() - this.#startUs) / 1000;
  }

  /** Another engine is tried: the first, or one of higher precision. */
  begin(precision: Precision, expectedMs: number | undefined): void {
    this.#now = { ...this.#now, phase: 'preparing', attempt: 1, precision, expectedMs };
    this.#say();
  }

  enter(phase: BuildPhase, attempt = 1): void {
    if (phase === this.#now.phase && attempt === this.#now.attempt) return;
    this.#now = { ...this.#now, phase, attempt };
    this.#say();
  }

  close(): void {
    this.#timer.cancel();
  }

  #say(): void {
    this.#tell({ ...this.#now, elapsedMs: this.elapsedMs });
  }
}
