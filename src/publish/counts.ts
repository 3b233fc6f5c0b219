/**
 * How many of each label a camera sees: the most in one frame of the last second, so that one frame without does not make
 * them go. Told when they change, once a second at most. `countsPayload` makes the message of `cameras/<camera>/counts`.
 */
import type { FrameResult } from '../core/frame-result.js';
import { SCHEMA_VERSION, timestamp } from './payloads.js';
import type { CountsPayload } from './schemas/counts-schema.js';

/** Labels with at least one. */
export type LabelCounts = Record<string, number>;

interface Watched {
  frames: number;
  /** Most in one frame since the last look. */
  most: Map<string, number>;
  told: LabelCounts | undefined;
}

/** Counts are looked at this often. */
export const COUNTS_MS = 1000;
/** Cameras are configured; more than this is a defect of the caller. */
const MAX_CAMERAS = 1024;
/** A model has at most a few thousand; a message with more would be of no use. */
const MAX_LABELS = 256;

export class Counts {
  readonly #cameras = new Map<string, Watched>();
  /** Of one frame; kept, so that a frame makes none. */
  readonly #frame = new Map<string, number>();

  frame({ camera, detections }: Pick<FrameResult, 'camera' | 'detections'>): void {
    const watched = this.#cameras.get(camera) ?? this.#watch(camera);
    if (watched === undefined) return;
    watched.frames += 1;
    if (detections.length === 0) return;
    const seen = this.#frame;
    for (const { label } of detections) seen.set(label, (seen.get(label) ?? 0) + 1);
    const { most } = watched;
    for (const [label, count] of seen)
      if (count > (most.get(label) ?? 0) && (most.size < MAX_LABELS || most.has(label)))
        most.set(label, count);
    seen.clear();
  }

  /** What changed since the last look, to be called every COUNTS_MS. Without a frame nothing is known anew. */
  changed(): [camera: string, labels: LabelCounts][] {
    const changes: [string, LabelCounts][] = [];
    for (const [camera, watched] of this.#cameras) {
      if (watched.frames === 0) continue;
      const labels = Object.fromEntries([...watched.most].sort(([a], [b]) => (a < b ? -1 : 1)));
      watched.frames = 0;
      watched.most.clear();
      if (watched.told !== undefined && isSame(watched.told, labels)) continue;
      watched.told = labels;
      changes.push([camera, labels]);
    }
    return changes;
  }

  /**
   * Nobody watches through that camera: whether something is to be told, which is that nothing is there. So it is the first
   * time, since a broker may have kept what was there before this start.
   */
  blind(camera: string): boolean {
    const watched = this.#cameras.get(camera) ?? this.#watch(camera);
    if (watched === undefined) return false;
    watched.frames = 0;
    watched.most.clear();
    if (watched.told !== undefined && Object.keys(watched.told).length === 0) return false;
    watched.told = {};
    return true;
  }

  forget(camera: string): void {
    this.#cameras.delete(camera);
  }

  /** What was told last, by camera. */
  told(): [camera: string, labels: LabelCounts][] {
    return [...this.#cameras].flatMap(([camera, { told }]) => (told === undefined ? [] : [[camera, told]]));
  }

  #watch(camera: string): Watched | undefined {
    if (this.#cameras.size >= MAX_CAMERAS) return undefined;
    const watched = { frames: 0, most: new Map(), told: undefined };
    this.#cameras.set(camera, watched);
    return watched;
  }
}

function isSame(a: LabelCounts, b: LabelCounts): boolean {
  const labels = Object.keys(a);
  return labels.length === Object.keys(b).length && labels.every((label) => a[label] === b[label]);
}

export function countsPayload(source: {
  device: string;
  bootId: string;
  camera: string;
  labels: LabelCounts;
  nowWallMs: number;
}): CountsPayload {
  return {
    schema: SCHEMA_VERSION,
    device: source.device,
    boot_id: source.bootId,
    camera: source.camera,
    labels: source.labels,
    zones: {},
    ts: timestamp(source.nowWallMs),
  };
}
