/**
 * The objects of one camera: which detection is which, and what is worth telling of each. It outlives workers and gaps of
 * the camera; time comes with the frames, and with `idle` where there are none.
 */
import type { Box, Detection } from '../core/detection.js';
import type { FrameResult } from '../core/frame-result.js';
import type { OccupancyEvent, PlaceMoment, TrackEvent, TrackEventType } from '../core/track-event.js';
import type { CameraPlaces as Places } from '../core/zone.js';
import { ByteTracker, type Track, type TrackerSettings } from './byte-tracker.js';
import { CameraPlaces } from './camera-places.js';
import { TrackPath } from './track-path.js';

export interface CameraTracksOptions {
  camera: string;
  tracker: TrackerSettings;
  /** Times that an object must have been seen before it is told. */
  minHits: number;
  /** Seconds between two updates of one object. */
  updateS: number;
  /** Zones and lines. */
  places: Places;
  /** An id that was never given before. */
  nextId: () => string;
}

/** What is kept for a track beside its own. */
interface Story {
  path: TrackPath;
  /** Given when it is told for the first time. */
  id: string | undefined;
  /** What happened before that, in order. */
  untold: PlaceMoment[];
  toldUs: number;
  told: { topScore: number; stationary: boolean; points: number };
}

/** Detections with `trackId` and `zones` where they belong to a track that was told. */
export interface TrackedDetections {
  detections: Detection[];
  events: TrackEvent[];
  /** After them. */
  occupancy: OccupancyEvent[];
}

/** What only a frame can tell. */
type Picture = Pick<FrameResult, 'imageWidth' | 'imageHeight' | 'model'>;

const BETTER_SCORE = 0.05;
/** Before an object is told it has been seen a few times only. */
const MAX_UNTOLD = 64;

export class CameraTracks {
  readonly #options: CameraTracksOptions;
  readonly #tracker: ByteTracker;
  readonly #stories = new Map<Track, Story>();
  readonly #places: CameraPlaces<Track>;
  #number = 0;
  #picture: Picture | undefined;

  constructor(options: CameraTracksOptions) {
    this.#options = options;
    this.#places = new CameraPlaces(options.camera, options.places);
    this.#tracker = new ByteTracker(options.tracker, () => {
      this.#number += 1;
      return this.#number;
    });
  }

  /**
   * @param wallMs for places that are watched at certain times
   * @param faint detections below the threshold, which may go on with an object and are not told
   */
  frame(result: FrameResult, wallMs: number, faint: readonly Detection[] = []): TrackedDetections {
    const { imageWidth, imageHeight, model, capturedAtUs } = result;
    const picture = { imageWidth, imageHeight, model };
    // Boxes of another picture size mean other places.
    const before = this.#picture;
    const events =
      before !== undefined && (before.imageWidth !== imageWidth || before.imageHeight !== imageHeight)
        ? this.end()
        : [];
    this.#picture = picture;
    const all = faint.length === 0 ? result.detections : [...result.detections, ...faint];
    const { tracks, ended } = this.#tracker.update(all, capturedAtUs);
    for (const track of ended) events.push(...this.#ended(track));
    for (const track of tracks) if (track !== undefined) events.push(...this.#seen(track, picture, wallMs));
    const detections = result.detections.map((detection, index) => {
      const track = tracks[index];
      if (track === undefined) return detection;
      const trackId = this.#stories.get(track)?.id;
      return trackId === undefined
        ? detection
        : { ...detection, trackId, zones: this.#places.zonesOf(track) };
    });
    return { detections, events, occupancy: this.#places.occupancy(capturedAtUs, wallMs) };
  }

  /** No frame has come for a while: what has not been seen for too long is gone. */
  idle(nowUs: number): TrackEvent[] {
    if (this.#tracker.tracks.length === 0) return [];
    return this.#tracker.expire(nowUs).flatMap((track) => this.#ended(track));
  }

  /** Nothing is followed any more. */
  end(): TrackEvent[] {
    return this.#tracker.expire(Number.POSITIVE_INFINITY).flatMap((track) => this.#ended(track));
  }

  #seen(track: Track, picture: Picture, wallMs: number): TrackEvent[] {
    const { minHits, updateS, nextId } = this.#options;
    let story = this.#stories.get(track);
    const { label } = track;
    const { imageWidth, imageHeight } = picture;
    const seen = (box: Box, atUs: number) =>
      this.#places.seen(track, { label, box, imageWidth, imageHeight, atUs }, wallMs);
    if (story === undefined) {
      const told = { topScore: 0, stationary: false, points: 0 };
      story = { path: new TrackPath(), id: undefined, untold: [], toldUs: 0, told };
      this.#stories.set(track, story);
      // At its first sight it may have been nothing; now that it is something it was there.
      if (track.startUs < track.seenUs) story.untold.push(...seen(track.begin, track.startUs));
    }
    const { path } = story;
    path.add(track.box, imageWidth, imageHeight, track.seenUs);
    const moments = seen(track.box, track.seenUs);
    if (story.id === undefined) {
      story.untold.push(...moments.slice(0, MAX_UNTOLD - story.untold.length));
      if (track.hits < minHits) return [];
      story.id = nextId();
      const begin = this.#event('new', track, story, picture);
      return [begin, ...this.#moments(story.untold.splice(0), track, story, picture)];
    }
    if (moments.length > 0) return this.#moments(moments, track, story, picture);
    if (track.seenUs - story.toldUs < updateS * 1e6) return [];
    const { told } = story;
    const news =
      track.topScore >= told.topScore + BETTER_SCORE ||
      path.stationary(track.seenUs) !== told.stationary ||
      path.points.length !== told.points;
    return news ? [this.#event('update', track, story, picture)] : [];
  }

  #ended(track: Track): TrackEvent[] {
    const story = this.#stories.get(track);
    this.#stories.delete(track);
    // What it had entered is told; it is in none of them any more.
    const entered = [...this.#places.enteredBy(track)];
    const moments = this.#places.end(track, track.seenUs);
    if (story?.id === undefined || this.#picture === undefined) return [];
    const picture = this.#picture;
    const left = moments.map((moment) => this.#event(moment.type, track, story, picture, moment));
    const events = [...left, this.#event('end', track, story, picture)];
    return events.map((event) => ({ ...event, enteredZones: entered }));
  }

  #moments(moments: PlaceMoment[], track: Track, story: Story, picture: Picture): TrackEvent[] {
    this.#places.tell(track);
    return moments.map((moment) => this.#event(moment.type, track, story, picture, moment));
  }

  #event(
    type: TrackEventType,
    track: Track,
    story: Story,
    picture: Picture,
    moment?: PlaceMoment,
  ): TrackEvent {
    const { path } = story;
    const { label, labelId, startUs, seenUs, score, topScore, box, hits } = track;
    const stationary = path.stationary(seenUs);
    story.toldUs = seenUs;
    story.told = { topScore, stationary, points: path.points.length };
    return {
      ...{ type, id: story.id as string, camera: this.#options.camera, label, labelId, startUs, seenUs },
      ...{ score, topScore, box, hits, stationary, path: [...path.points], ...picture },
      ...{ zones: this.#places.zonesOf(track), enteredZones: [...this.#places.enteredBy(track)] },
      ...(moment === undefined ? {} : { moment }),
    };
  }
}
