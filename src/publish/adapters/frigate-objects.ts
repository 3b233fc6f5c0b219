/** The objects that Frigate's readers know of: turns events into messages with the state before and after. */
import type { TrackEvent, TrackLife } from '../../core/track-event.js';
import { type FrigateState, frigateState, unbelieved } from './frigate-state.js';

export interface FrigateEvent {
  type: TrackLife;
  before: FrigateState;
  after: FrigateState;
}

interface Known {
  state: FrigateState;
  /** Frames in which it had been seen when it was last told as moving. */
  movingFrames: number;
}

/** Far more than any tracker follows; the oldest goes. */
const MAX_OBJECTS = 4096;

export class FrigateObjects {
  readonly #states = new Map<string, Known>();

  /** @param at seconds since 1970 of a Clock.monotonicUs() */
  take(event: TrackEvent, at: (us: number) => number): FrigateEvent {
    const known = this.#states.get(event.id);
    const movingFrames = event.stationary ? (known?.movingFrames ?? 0) : event.hits;
    const after = frigateState(event, known?.state, event.hits - movingFrames, at);
    if (event.type === 'end') this.#states.delete(event.id);
    else this.#keep({ state: after, movingFrames });
    // Whoever begins to listen late is told of a new object, too; what happens in zones is an update there.
    const life: TrackLife = event.type === 'new' || event.type === 'end' ? event.type : 'update';
    const type = life === 'update' && known === undefined ? 'new' : life;
    return { type, before: known?.state ?? unbelieved(after), after };
  }

  #keep(known: Known): void {
    this.#states.set(known.state.id, known);
    if (this.#states.size <= MAX_OBJECTS) return;
    for (const oldest of this.#states.keys()) {
      this.#states.delete(oldest);
      return;
    }
  }
}
