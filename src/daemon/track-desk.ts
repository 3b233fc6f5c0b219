/**
 * Follows the objects of every camera, in this process, so that ids outlive workers. Frames pass through it on their way to
 * those who tell of them.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Timer } from '../base/clock.js';
import { cameraPlaces } from '../config/places.js';
import type { CameraConfig, Config } from '../config/schema.js';
import type { FrameResult } from '../core/frame-result.js';
import type { OccupancyEvent, TrackEvent } from '../core/track-event.js';
import { trackId } from '../core/track-id.js';
import type { CameraPlaces } from '../core/zone.js';
import { CameraTracks } from '../tracking/camera-tracks.js';

export interface TrackDeskOptions {
  clock: Clock;
  bootId: string;
  tell: (event: TrackEvent | OccupancyEvent) => void;
}

type Settings = Pick<Config, 'tracking' | 'models' | 'cameras'>;

/** All that the following of a camera's objects depends on. */
interface Wish {
  tracking: Config['tracking'];
  threshold: number;
  model: string;
  source: string;
  places: CameraPlaces;
}

interface Followed {
  tracks: CameraTracks;
  settings: Wish;
}

/** Objects end without frames, too. */
const IDLE_MS = 1000;
/** What ByteTrack counts as frames are thirtieths of a second here. */
const FRAMES_PER_S = 30;

export class TrackDesk {
  readonly #options: TrackDeskOptions;
  readonly #cameras = new Map<string, Followed>();
  #number = 0;
  #timer: Timer | undefined;

  constructor(options: TrackDeskOptions) {
    this.#options = options;
  }

  start(settings: Settings): void {
    this.configure(settings);
    this.#timer = this.#options.clock.every(IDLE_MS, () => this.#idle());
  }

  /** Objects of a camera that goes, or of which another model or other settings judge, end. */
  configure({ tracking, models, cameras }: Settings): void {
    const wanted = new Map<string, Wish>();
    for (const [name, camera] of Object.entries(cameras)) {
      const threshold = models[camera.model]?.threshold;
      if (tracking.enabled && camera.enabled && threshold !== undefined)
        wanted.set(name, wish(tracking, threshold, camera));
    }
    for (const [name, { tracks, settings }] of this.#cameras) {
      if (isDeepStrictEqual(wanted.get(name), settings)) continue;
      this.#tell(tracks.end());
      this.#cameras.delete(name);
    }
    for (const [name, settings] of wanted) {
      if (this.#cameras.has(name)) continue;
      this.#cameras.set(name, { tracks: this.#follow(name, settings), settings });
    }
  }

  /** The same, its detections with the ids of the objects that they are, and nothing faint any more. */
  frame(result: FrameResult): FrameResult {
    const { faint, ...rest } = result;
    const tracks = this.#cameras.get(result.camera)?.tracks;
    if (tracks === undefined) return rest;
    const { detections, events, occupancy } = tracks.frame(rest, this.#options.clock.wallMs(), faint);
    this.#tell(events);
    this.#tell(occupancy);
    return { ...rest, detections };
  }

  /** Every object ends. */
  close(): void {
    this.#timer?.cancel();
    for (const { tracks } of this.#cameras.values()) this.#tell(tracks.end());
    this.#cameras.clear();
  }

  #follow(camera: string, { tracking, threshold, places }: Wish): CameraTracks {
    const { bootId } = this.#options;
    const confThres = tracking.conf_thres ?? threshold;
    return new CameraTracks({
      camera,
      tracker: {
        confThres,
        lowConfThres: tracking.low_conf_thres,
        detThres: tracking.det_thresh ?? confThres,
        matchThres: tracking.match_thres,
        lostS: tracking.track_buffer / FRAMES_PER_S,
        minBoxArea: tracking.min_box_area,
        verticalRatio: tracking.vertical_ratio,
      },
      minHits: tracking.min_hits,
      updateS: tracking.update_s,
      places,
      nextId: () => {
        this.#number += 1;
        return trackId(camera, bootId, this.#number);
      },
    });
  }

  #idle(): void {
    const nowUs = this.#options.clock.monotonicUs();
    for (const { tracks } of this.#cameras.values()) this.#tell(tracks.idle(nowUs));
  }

  #tell(events: readonly (TrackEvent | OccupancyEvent)[]): void {
    for (const event of events) this.#options.tell(event);
  }
}

function wish(tracking: Config['tracking'], threshold: number, camera: CameraConfig): Wish {
  const { model, source } = camera;
  return { tracking, threshold, model, source, places: cameraPlaces(camera) };
}
