/**
 * Commands of the last minute by who asked: MQTT delivers a message of QoS 1 twice when its acknowledgement is lost, and
 * a worker must not be replaced twice for that. A bounded number of answers is kept.
 */
import type { Clock } from '../../base/clock.js';
import type { CommandAnswer } from '../../core/command.js';

const KEEP_US = 60_000_000;
const MOST = 64;

interface Entry {
  sinceUs: number;
  /** Undefined while it is being carried out. */
  answer: CommandAnswer | undefined;
}

export class RecentCommands {
  readonly #clock: Pick<Clock, 'monotonicUs'>;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Pick<Clock, 'monotonicUs'>) {
    this.#clock = clock;
  }

  /** 'new', and it is noted; 'running', or the answer that was given. */
  note(key: string): 'new' | 'running' | CommandAnswer {
    const now = this.#clock.monotonicUs();
    for (const [old, { sinceUs, answer }] of this.#entries) {
      if (answer !== undefined && now - sinceUs >= KEEP_US) this.#entries.delete(old);
    }
    const known = this.#entries.get(key);
    if (known !== undefined) return known.answer ?? 'running';
    if (this.#entries.size >= MOST) this.#forgetOldest();
    this.#entries.set(key, { sinceUs: now, answer: undefined });
    return 'new';
  }

  answered(key: string, answer: CommandAnswer): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.answer = answer;
  }

  #forgetOldest(): void {
    for (const [key, { answer }] of this.#entries) {
      if (answer === undefined) continue;
      this.#entries.delete(key);
      return;
    }
  }
}
