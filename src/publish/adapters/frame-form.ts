/** What the forms of other systems have in common: each makes messages of frames, in a few topics that are made once. */
import type { FrameResult } from '../../core/frame-result.js';

/** Sends one message of a frame, or drops and counts it. */
export type PassFrame = (topic: string, text: string) => void;

export interface FrameForm {
  /** @param capturedMs when the picture was captured, in milliseconds since 1970 */
  frame(result: FrameResult, capturedMs: number): void;
  /** The camera is no longer configured. */
  forget(camera: string): void;
}

/** Cameras are configured; more than this is a defect of the caller. */
const MAX_CAMERAS = 1024;

/** What is made once for each camera, as long as it is configured. */
export class PerCamera<T> {
  readonly #known = new Map<string, T>();
  readonly #make: (camera: string) => T;

  constructor(make: (camera: string) => T) {
    this.#make = make;
  }

  get(camera: string): T {
    const known = this.#known.get(camera);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_CAMERAS) this.#known.clear();
    const made = this.#make(camera);
    this.#known.set(camera, made);
    return made;
  }

  forget(camera: string): void {
    this.#known.delete(camera);
  }
}

/** The topic with the names in it; those are safe for topics. */
export function filledTopic(topic: string, names: { device: string; camera?: string }): string {
  return topic.replace(/\{(device|camera)\}/g, (_, key: 'device' | 'camera') => names[key] ?? '');
}
