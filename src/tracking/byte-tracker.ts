/**
 * Follows the objects of one camera from frame to frame: ByteTrack (Zhang et al., 2022), which matches confident
 * detections first and takes the doubtful ones only to go on with what is already known. As PaddleDetection's JDETracker
 * with use_byte, but by real time: frames may come at any rate, and go missing. Classes are followed apart.
 */
import type { Box, Detection } from '../core/detection.js';
import { assign } from './assignment.js';
import { BoxFilter } from './box-filter.js';
import { grownOverlap, overlap } from './overlap.js';

/** Names and defaults are those of PaddleDetection's tracker_config.yml where it has them. */
export interface TrackerSettings {
  /** Detections above it are matched first. */
  confThres: number;
  /** Below it they are noise. */
  lowConfThres: number;
  /** From which on a detection may begin a track. */
  detThres: number;
  /** 1 minus the least overlap at which a confident detection goes on with a track. */
  matchThres: number;
  /** Seconds after which an object that is not seen is gone. */
  lostS: number;
  /** Pixels; smaller boxes are not followed. 0: all are. */
  minBoxArea: number;
  /** Width over height above which a box is not followed; 0: all are. */
  verticalRatio: number;
}

export type TrackState = 'new' | 'tracked' | 'lost';

/** One object. Its fields are read by others and written here alone. */
export class Track {
  readonly number: number;
  readonly labelId: number;
  readonly label: string;
  readonly startUs: number;
  /** Where it was seen first. */
  readonly begin: Box;
  readonly filter: BoxFilter;
  state: TrackState = 'new';
  /** Detections that it was matched with. */
  hits = 1;
  seenUs: number;
  score: number;
  topScore: number;
  /** Where it was detected last. */
  box: Box;
  /** Where it should be now. */
  expected: Box;

  constructor(number: number, { label, labelId, score, box }: Detection, atUs: number) {
    this.number = number;
    this.label = label;
    this.labelId = labelId;
    this.startUs = atUs;
    this.seenUs = atUs;
    this.score = score;
    this.topScore = score;
    this.begin = box;
    this.box = box;
    this.expected = box;
    this.filter = new BoxFilter(box);
  }

  seen({ score, box }: Detection, atUs: number): void {
    this.filter.update(box);
    this.state = 'tracked';
    this.hits += 1;
    this.seenUs = atUs;
    this.score = score;
    this.topScore = Math.max(this.topScore, score);
    this.box = box;
    this.expected = this.filter.box;
  }
}

export interface TrackedFrame {
  /** For each detection the track that it belongs to, once that is more than a first sight. */
  tracks: (Track | undefined)[];
  /** Gone for good. */
  ended: Track[];
}

/** Best ones first; beyond these nobody can follow. */
const MAX_DETECTIONS = 300;
const MAX_TRACKS = 600;
/** 1 minus the least overlap of a doubtful detection, and of a second sight, with what they go on with; as published. */
const SECOND_LIMIT = 0.4;
const NEW_LIMIT = 0.7;
/** A seen and a lost track that overlap so much are one object. */
const SAME = 0.85;
/** Boxes grow by this much of their sides for each thirtieth of a second beyond the first, up to … */
const GROWTH = 0.05;
const MAX_GROWTH = 0.5;
const STEPS_PER_S = 30;
/** Who is looked for less often than that is gone meanwhile; else an object has this many frames in which to be seen again. */
const MAX_INTERVAL_US = 60e6;
const FRAMES_TO_WAIT = 2.5;

export class ByteTracker {
  readonly #settings: TrackerSettings;
  readonly #next: () => number;
  #tracks: Track[] = [];
  #lastUs: number | undefined;
  /** Between the last two frames. */
  #intervalUs = 0;

  /** @param next the number of a new track, never one that was given before */
  constructor(settings: TrackerSettings, next: () => number) {
    this.#settings = settings;
    this.#next = next;
  }

  /** All that are followed, lost ones included. */
  get tracks(): readonly Track[] {
    return this.#tracks;
  }

  /**
   * One frame.
   * @param detections in pixels, in any order
   * @param atUs monotonic time of capture; one before the last frame's counts as the same time
   */
  update(detections: readonly Detection[], atUs: number): TrackedFrame {
    const first = this.#lastUs === undefined;
    const nowUs = Math.max(atUs, this.#lastUs ?? atUs);
    const seconds = (nowUs - (this.#lastUs ?? nowUs)) / 1e6;
    this.#lastUs = nowUs;
    this.#intervalUs = Math.min(seconds * 1e6, MAX_INTERVAL_US);
    for (const track of this.#tracks) {
      track.filter.predict(seconds, track.state === 'lost');
      track.expected = track.filter.box;
    }
    const found = new Map<Detection, Track>();
    const usable = this.#usable(detections);
    const labels = new Set([...usable, ...this.#tracks].map(({ labelId }) => labelId));
    for (const labelId of labels) this.#followClass(labelId, usable, nowUs, first, found);
    const ended = this.#forget(nowUs, this.#settings.lostS * 1e6);
    const tracks = detections.map((detection) => {
      const track = found.get(detection);
      return track?.state === 'tracked' && !ended.has(track) ? track : undefined;
    });
    return { tracks, ended: [...ended] };
  }

  /** Without a frame: ends what has not been seen for too long, unless frames come that seldom. */
  expire(nowUs: number): Track[] {
    const lostUs = Math.max(this.#settings.lostS * 1e6, FRAMES_TO_WAIT * this.#intervalUs);
    return [...this.#forget(nowUs, lostUs)];
  }

  #followClass(
    labelId: number,
    usable: readonly Detection[],
    nowUs: number,
    first: boolean,
    found: Map<Detection, Track>,
  ): void {
    const { confThres, detThres, matchThres } = this.#settings;
    const ofClass = usable.filter((detection) => detection.labelId === labelId);
    const tracks = this.#tracks.filter((track) => track.labelId === labelId);
    const seen = new Set<Track>();
    const match = (candidates: Track[], from: Detection[], limit: number): void => {
      const growth = candidates.map((track) => growthAfter(nowUs - track.seenUs));
      const cost = (row: number, column: number): number =>
        1 -
        grownOverlap(
          (candidates[row] as Track).expected,
          (from[column] as Detection).box,
          growth[row] as number,
        );
      assign(candidates.length, from.length, cost, limit).forEach((column, row) => {
        if (column === -1) return;
        const [track, detection] = [candidates[row] as Track, from[column] as Detection];
        track.seen(detection, nowUs);
        found.set(detection, track);
        seen.add(track);
      });
    };

    const sure = ofClass.filter(({ score }) => score > confThres);
    const doubtful = ofClass.filter(({ score }) => score <= confThres);
    const known = tracks.filter(({ state }) => state !== 'new');
    const unconfirmed = tracks.filter(({ state }) => state === 'new');
    match(known, sure, matchThres);
    const unseen = known.filter((track) => track.state === 'tracked' && !seen.has(track));
    match(unseen, doubtful, SECOND_LIMIT);
    for (const track of unseen) if (!seen.has(track)) track.state = 'lost';
    const left = sure.filter((detection) => !found.has(detection));
    match(unconfirmed, left, NEW_LIMIT);
    const gone = new Set(unconfirmed.filter((track) => !seen.has(track)));
    if (gone.size > 0) this.#tracks = this.#tracks.filter((track) => !gone.has(track));
    for (const detection of left) {
      if (found.has(detection) || detection.score < detThres || this.#tracks.length >= MAX_TRACKS) continue;
      const track = new Track(this.#next(), detection, nowUs);
      if (first) track.state = 'tracked';
      this.#tracks.push(track);
      found.set(detection, track);
    }
  }

  /** Bad numbers, noise and what should not be followed are left out; the best come first. */
  #usable(detections: readonly Detection[]): Detection[] {
    const { lowConfThres, minBoxArea, verticalRatio } = this.#settings;
    const usable = detections.filter(({ score, box }) => {
      const width = box.x2 - box.x1;
      const height = box.y2 - box.y1;
      if (!(score > lowConfThres && width > 0 && height > 0 && Number.isFinite(width * height))) return false;
      return width * height > minBoxArea && (verticalRatio <= 0 || width / height <= verticalRatio);
    });
    if (usable.length <= MAX_DETECTIONS) return usable;
    return usable.sort((a, b) => b.score - a.score).slice(0, MAX_DETECTIONS);
  }

  /** Takes away what was not seen for too long, and the younger of two tracks of one object. Returns what had been followed. */
  #forget(nowUs: number, lostUs: number): Set<Track> {
    const lost = this.#tracks.filter(({ state }) => state === 'lost');
    const gone = new Set(this.#tracks.filter((track) => nowUs - track.seenUs > lostUs));
    const tracked = this.#tracks.filter(({ state }) => state === 'tracked');
    for (const old of lost) {
      if (gone.has(old)) continue;
      for (const track of tracked) {
        if (track.labelId !== old.labelId || overlap(track.expected, old.expected) <= SAME) continue;
        gone.add(track.seenUs - track.startUs > old.seenUs - old.startUs ? old : track);
      }
    }
    if (gone.size > 0) this.#tracks = this.#tracks.filter((track) => !gone.has(track));
    return gone;
  }
}

/** How much boxes grow when an object was not looked at for so long. */
function growthAfter(us: number): number {
  return Math.min(MAX_GROWTH, Math.max(0, GROWTH * ((us / 1e6) * STEPS_PER_S - 1)));
}
