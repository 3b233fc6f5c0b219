/**
 * How many objects of each label a camera sees now, as Frigate counts them: those that were told and have not ended. Yields
 * only what has changed.
 */
import type { TrackEvent } from '../../core/track-event.js';
import { topicLabel } from './safe-label.js';

export interface FrigateCount {
  camera: string;
  /** Safe for topics; `all` for all together. */
  label: string;
  /** All of them, and those that are not stationary. */
  all: number;
  active: number;
}

interface CameraCounts {
  objects: Map<string, { label: string; active: boolean }>;
  told: Map<string, FrigateCount>;
}

const ALL = 'all';
/** Labels of a camera that have counts of their own; the others count with all. */
const MAX_LABELS = 128;
const MAX_OBJECTS = 4096;
const MAX_CAMERAS = 1024;

export class FrigateCounts {
  readonly #cameras = new Map<string, CameraCounts>();

  /** A camera is there: counts of these labels, which are 0. Nothing for one that is known. */
  begin(camera: string, labels: readonly string[]): FrigateCount[] {
    if (this.#cameras.has(camera) || this.#cameras.size >= MAX_CAMERAS) return [];
    const counts: CameraCounts = { objects: new Map(), told: new Map() };
    this.#cameras.set(camera, counts);
    return [...labels.map(topicLabel), ALL].flatMap((label) => this.#changed(camera, counts, label));
  }

  take({ type, id, camera, label: name, stationary }: TrackEvent): FrigateCount[] {
    const counts = this.#cameras.get(camera);
    if (counts === undefined) return [];
    const label = topicLabel(name);
    const { objects } = counts;
    if (type === 'end') objects.delete(id);
    else if (objects.has(id) || objects.size < MAX_OBJECTS) objects.set(id, { label, active: !stationary });
    return [label, ALL].flatMap((each) => this.#changed(camera, counts, each));
  }

  forget(camera: string): void {
    this.#cameras.delete(camera);
  }

  #changed(camera: string, { objects, told }: CameraCounts, label: string): FrigateCount[] {
    const before = told.get(label);
    if (before === undefined && told.size >= MAX_LABELS && label !== ALL) return [];
    let all = 0;
    let active = 0;
    for (const object of objects.values()) {
      if (label !== ALL && object.label !== label) continue;
      all += 1;
      if (object.active) active += 1;
    }
    if (before?.all === all && before.active === active) return [];
    const count = { camera, label, all, active };
    told.set(label, count);
    return [count];
  }
}
