/** Whether the number of objects in one zone is as it should be; a change counts once it has lasted. Pure. */
import type { OccupancyState, ZonePlan } from '../core/zone.js';

/** Nobody wants to hear of one who passes at the edge. */
const LASTS_US = 1e6;

export class ZoneOccupancy {
  readonly #limits: ZonePlan['occupancy'];
  /** As it was told; nothing is told of a zone that is as it should be from the begin. */
  #state: OccupancyState = 'normal';
  #next: { state: OccupancyState; sinceUs: number } | undefined;

  constructor({ occupancy }: Pick<ZonePlan, 'occupancy'>) {
    this.#limits = occupancy;
  }

  /** The state that there is now, when it is another one. `count`: undefined while the zone is not watched, which is well. */
  look(count: number | undefined, nowUs: number): OccupancyState | undefined {
    const state = this.#stateOf(count);
    if (state === this.#state) {
      this.#next = undefined;
      return undefined;
    }
    if (this.#next?.state !== state) this.#next = { state, sinceUs: nowUs };
    if (nowUs - this.#next.sinceUs < LASTS_US) return undefined;
    this.#state = state;
    this.#next = undefined;
    return state;
  }

  #stateOf(count: number | undefined): OccupancyState {
    if (this.#limits === undefined || count === undefined) return 'normal';
    if (count < this.#limits.min) return 'low';
    return count > this.#limits.max ? 'high' : 'normal';
  }
}
