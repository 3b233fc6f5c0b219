/**
 * Which frame is analysed next: one slot per camera, newest frame wins, cameras take fair turns.
 * Nothing queues up: a frame that is not taken in time is replaced and counted.
 */
import { returnMemory } from '../base/memory-return.js';
import type { Frame } from '../core/frame.js';

interface Slot {
  frame: Frame | undefined;
  captured: number;
  dropped: number;
  /** Waiters of an every-frame camera, told when the slot is free. */
  free: (() => void) | undefined;
}

export interface SlotCounters {
  camera: string;
  captured: number;
  dropped: number;
}

export class Scheduler {
  /** Map order is turn order: a camera whose frame was taken moves to the end. */
  readonly #slots = new Map<string, Slot>();

  add(camera: string): void {
    if (!this.#slots.has(camera))
      this.#slots.set(camera, { frame: undefined, captured: 0, dropped: 0, free: undefined });
  }

  remove(camera: string): void {
    const slot = this.#slots.get(camera);
    this.#slots.delete(camera);
    slot?.free?.();
  }

  /** Puts a frame into its camera's slot; an older one that still waits there is dropped. */
  offer(frame: Frame): void {
    const slot = this.#slots.get(frame.camera);
    if (slot === undefined) return;
    slot.captured += 1;
    if (slot.frame !== undefined) {
      slot.dropped += 1;
      returnMemory([slot.frame.data.buffer]);
    }
    slot.frame = frame;
  }

  /** Takes the frame whose camera has waited longest for a turn, or nothing. */
  take(): Frame | undefined {
    for (const [camera, slot] of this.#slots) {
      const frame = slot.frame;
      if (frame === undefined) continue;
      slot.frame = undefined;
      this.#slots.delete(camera);
      this.#slots.set(camera, slot);
      const free = slot.free;
      slot.free = undefined;
      free?.();
      return frame;
    }
    return undefined;
  }

  /** Resolves when the camera's slot is free: how a source that must lose nothing waits for its turn. */
  whenFree(camera: string): Promise<void> {
    const slot = this.#slots.get(camera);
    if (slot?.frame === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const earlier = slot.free;
      slot.free = () => {
        earlier?.();
        resolve();
      };
    });
  }

  get waiting(): number {
    let count = 0;
    for (const slot of this.#slots.values()) if (slot.frame !== undefined) count += 1;
    return count;
  }

  counters(): SlotCounters[] {
    return [...this.#slots].map(([camera, { captured, dropped }]) => ({ camera, captured, dropped }));
  }
}
