/**
 * How many of each label a camera sees, and how many have crossed its lines. Told when they change, once a second at most.
 * `countsPayload` makes the message of `cameras/<camera>/counts`.
 */
import { isDeepStrictEqual } from 'node:util';
import type { FrameResult } from '../core/frame-result.js';
import type { TrackEvent } from '../core/track-event.js';
import type { Direction } from '../core/zone.js';
import { type LabelCounts, LabelPeaks } from './label-peaks.js';
import { SCHEMA_VERSION, timestamp } from './payloads.js';
import type { CountsPayload } from './schemas/counts-schema.js';

/** What is told of a camera. */
export interface CameraCounts {
  labels: LabelCounts;
  /** By zone; those in which nothing was seen since the start are missing. */
  zones: Record<string, LabelCounts>;
  /** By line, since the start; those that nobody has crossed are missing. */
  lines: Record<string, Record<Direction, number>>;
}

interface Watched {
  frames: number;
  all: LabelPeaks;
  zones: Map<string, LabelPeaks>;
  lines: Map<string, Record<Direction, number>>;
  told: CameraCounts | undefined;
}

/** Counts are looked at this often. */
export const COUNTS_MS = 1000;
/** Cameras and places are configured; more than this is a defect of the caller. */
const MAX_CAMERAS = 1024;
const MAX_PLACES = 256;

export class Counts {
  readonly #cameras = new Map<string, Watched>();

  frame({ camera, detections }: Pick<FrameResult, 'camera' | 'detections'>): void {
    const watched = this.#cameras.get(camera) ?? this.#watch(camera);
    if (watched === undefined) return;
    watched.frames += 1;
    if (detections.length === 0) return;
    for (const { label, zones = [] } of detections) {
      watched.all.add(label);
      for (const zone of zones) zonePeaks(watched, zone)?.add(label);
    }
    watched.all.endFrame();
    for (const zone of watched.zones.values()) zone.endFrame();
  }

  /** Crossings of lines count. */
  track({ camera, moment }: Pick<TrackEvent, 'camera' | 'moment'>): void {
    if (moment?.type !== 'line_cross') return;
    const lines = (this.#cameras.get(camera) ?? this.#watch(camera))?.lines;
    if (lines === undefined || (lines.size >= MAX_PLACES && !lines.has(moment.line))) return;
    const crossed = lines.get(moment.line) ?? { in: 0, out: 0 };
    lines.set(moment.line, crossed);
    crossed[moment.direction] += 1;
  }

  /** What changed since the last look, to be called every COUNTS_MS. Without a frame nothing is known anew. */
  changed(): [camera: string, counts: CameraCounts][] {
    const changes: [string, CameraCounts][] = [];
    for (const [camera, watched] of this.#cameras) {
      if (watched.frames === 0) continue;
      const counts = take(watched);
      if (isDeepStrictEqual(watched.told, counts)) continue;
      watched.told = counts;
      changes.push([camera, counts]);
    }
    return changes;
  }

  /**
   * Nobody watches through that camera: what is to be told, if anything, which is that nothing is there. So it is the first
   * time, since a broker may have kept what was there before this start.
   */
  blind(camera: string): CameraCounts | undefined {
    const watched = this.#cameras.get(camera) ?? this.#watch(camera);
    if (watched === undefined) return undefined;
    take(watched);
    const counts = take(watched);
    if (isDeepStrictEqual(watched.told, counts)) return undefined;
    watched.told = counts;
    return counts;
  }

  forget(camera: string): void {
    this.#cameras.delete(camera);
  }

  /** What was told last, by camera. */
  told(): [camera: string, counts: CameraCounts][] {
    return [...this.#cameras].flatMap(([camera, { told }]) => (told === undefined ? [] : [[camera, told]]));
  }

  #watch(camera: string): Watched | undefined {
    if (this.#cameras.size >= MAX_CAMERAS) return undefined;
    const watched = { frames: 0, all: new LabelPeaks(), zones: new Map(), lines: new Map(), told: undefined };
    this.#cameras.set(camera, watched);
    return watched;
  }
}

function zonePeaks({ zones }: Watched, zone: string): LabelPeaks | undefined {
  const known = zones.get(zone);
  if (known !== undefined || zones.size >= MAX_PLACES) return known;
  const peaks = new LabelPeaks();
  zones.set(zone, peaks);
  return peaks;
}

function take(watched: Watched): CameraCounts {
  watched.frames = 0;
  return {
    labels: watched.all.take(),
    zones: Object.fromEntries([...watched.zones].map(([zone, peaks]) => [zone, peaks.take()])),
    lines: Object.fromEntries([...watched.lines].map(([line, crossed]) => [line, { ...crossed }])),
  };
}

export function countsPayload(source: {
  device: string;
  bootId: string;
  camera: string;
  counts: CameraCounts;
  nowWallMs: number;
}): CountsPayload {
  return {
    schema: SCHEMA_VERSION,
    device: source.device,
    boot_id: source.bootId,
    camera: source.camera,
    ...source.counts,
    ts: timestamp(source.nowWallMs),
  };
}
