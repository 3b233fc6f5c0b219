/**
 * The stay of one object in one zone: it has entered when it was seen inside for long enough, and left when it was seen
 * outside for long enough, so that a box that trembles on the edge tells nothing. Pure; time comes with the sights.
 */
import type { ZonePlan } from '../core/zone.js';

export type StayChange = 'enter' | 'dwell' | 'exit';

export class ZoneStay {
  readonly #plan: Pick<ZonePlan, 'enterS' | 'leaveS' | 'dwellS'>;
  #inside = false;
  /** First of the sights in a row that say otherwise. */
  #otherwiseUs: number | undefined;
  #enteredUs = 0;
  #dwellTold = false;

  constructor(plan: Pick<ZonePlan, 'enterS' | 'leaveS' | 'dwellS'>) {
    this.#plan = plan;
  }

  get inside(): boolean {
    return this.#inside;
  }

  /** Of the stay at hand, or the one that ended last; counted from the first sight inside. */
  seconds(nowUs: number): number {
    return Math.max(0, nowUs - this.#enteredUs) / 1e6;
  }

  /** It was seen, in the zone or not. */
  seen(inside: boolean, atUs: number): StayChange | undefined {
    if (inside === this.#inside) {
      this.#otherwiseUs = undefined;
      return this.#stays(atUs);
    }
    this.#otherwiseUs ??= atUs;
    const neededS = inside ? this.#plan.enterS : this.#plan.leaveS;
    if (atUs - this.#otherwiseUs < neededS * 1e6) return this.#stays(atUs);
    this.#inside = inside;
    if (inside) {
      this.#enteredUs = this.#otherwiseUs;
      this.#dwellTold = false;
    }
    this.#otherwiseUs = undefined;
    return inside ? 'enter' : 'exit';
  }

  /** It is gone, or the zone does not count any more. */
  end(): StayChange | undefined {
    const was = this.#inside;
    this.#inside = false;
    this.#otherwiseUs = undefined;
    return was ? 'exit' : undefined;
  }

  #stays(atUs: number): StayChange | undefined {
    const { dwellS } = this.#plan;
    if (!this.#inside || this.#dwellTold || dwellS === undefined || this.seconds(atUs) < dwellS)
      return undefined;
    this.#dwellTold = true;
    return 'dwell';
  }
}
