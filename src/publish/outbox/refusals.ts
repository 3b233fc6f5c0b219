/**
 * What a broker's refusal of a message means for it and for its topic: some are given up, all others wait, and with them
 * their topic, so that its order is kept and other topics are not held up. A stream has another topic when the device has
 * another name, which what is left of the name before must not silence.
 */
import type { Clock } from '../../base/clock.js';
import type { DetectdError } from '../../base/errors.js';
import type { LossCause } from '../../core/device-event.js';
import { reasonCode } from '../broker-connection.js';
import { CLOSES } from '../suspects.js';

/** These a broker refuses each time, as MQTT 5 has it. */
const FINAL: Record<number, LossCause> = {
  144: 'refused',
  149: 'too-large',
  153: 'refused',
  [CLOSES]: 'refused',
};
/** Not authorised: somebody has to do something first. */
const FORBIDDEN = 135;
const FORBIDDEN_MS = 60_000;
const FIRST_MS = 1000;
const MOST_MS = 60_000;

interface Block {
  untilUs: number;
  waitMs: number;
  reason: string;
}

export class Refusals {
  readonly #clock: Pick<Clock, 'monotonicUs'>;
  readonly #blocks = new Map<string, Block>();

  constructor(clock: Pick<Clock, 'monotonicUs'>) {
    this.#clock = clock;
  }

  /** Why the message is given up; undefined: it waits, and its topic is blocked for a while. */
  note(topic: string, error: DetectdError): LossCause | undefined {
    const code = reasonCode(error.cause);
    const final = code === undefined ? undefined : FINAL[code];
    if (final !== undefined) return final;
    const before = this.#blocks.get(topic);
    const nowUs = this.#clock.monotonicUs();
    // What was under way together is refused together.
    if (before !== undefined && before.untilUs > nowUs) return undefined;
    const waitMs =
      code === FORBIDDEN
        ? FORBIDDEN_MS
        : Math.min(MOST_MS, before === undefined ? FIRST_MS : before.waitMs * 2);
    this.#blocks.set(topic, { untilUs: nowUs + waitMs * 1000, waitMs, reason: error.message });
    return undefined;
  }

  accepted(topic: string): void {
    this.#blocks.delete(topic);
  }

  blocks(topic: string): boolean {
    const block = this.#blocks.get(topic);
    return block !== undefined && block.untilUs > this.#clock.monotonicUs();
  }

  /** Until the first block ends, in ms; undefined when there is none. */
  get nextMs(): number | undefined {
    const nowUs = this.#clock.monotonicUs();
    const waits = [...this.#blocks.values()].map(({ untilUs }) => (untilUs - nowUs) / 1000);
    const left = waits.filter((ms) => ms > 0);
    return left.length === 0 ? undefined : Math.min(...left);
  }

  /** Of one of the topics that are refused. */
  get reason(): string | undefined {
    return this.#blocks.values().next().value?.reason;
  }

  clear(): void {
    this.#blocks.clear();
  }
}
