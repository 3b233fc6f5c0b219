/**
 * The state of an object as Frigate (0.18) writes it in the messages on `frigate/events`: TrackedObject.to_dict(). What is
 * not known here has the value that Frigate gives it before it knows. config/adapters.md has the fields.
 */
import type { TrackEvent } from '../../core/track-event.js';
import { boxFields, share } from '../payloads.js';

type Corners = [x1: number, y1: number, x2: number, y2: number];
type PathPoint = [point: [x: number, y: number], time: number];

export interface FrigateSnapshot {
  frame_time: number;
  box: Corners;
  area: number;
  region: Corners;
  score: number;
  attributes: never[];
  current_estimated_speed: number;
  velocity_angle: number;
  path_data: PathPoint[];
  recognized_license_plate: null;
  recognized_license_plate_score: null;
}

export interface FrigateState {
  id: string;
  camera: string;
  frame_time: number;
  snapshot: FrigateSnapshot | null;
  snapshot_clean: boolean;
  label: string;
  sub_label: null;
  top_score: number;
  false_positive: boolean;
  start_time: number;
  end_time: number | null;
  score: number;
  computed_score: number;
  box: Corners;
  area: number;
  ratio: number;
  region: Corners;
  active: boolean;
  stationary: boolean;
  motionless_count: number;
  position_changes: number;
  current_zones: string[];
  entered_zones: string[];
  thumbnail: null;
  has_clip: boolean;
  has_snapshot: boolean;
  attributes: Record<string, number>;
  current_attributes: never[];
  pending_loitering: boolean;
  max_severity: 'alert' | 'detection';
  current_estimated_speed: number;
  average_estimated_speed: number;
  velocity_angle: number;
  path_data: PathPoint[];
  recognized_license_plate: null;
  recognized_license_plate_score: null;
}

/** Of what Frigate alerts unless it is configured otherwise. */
const ALERTS = ['person', 'car'];
const MAX_POINTS = 32;

/**
 * The state after an event.
 * @param before the state after the event before it; undefined for the first
 * @param restingFrames frames in which it was seen since it was last told as moving
 * @param at seconds since 1970 of a Clock.monotonicUs()
 */
export function frigateState(
  event: TrackEvent,
  before: FrigateState | undefined,
  restingFrames: number,
  at: (us: number) => number,
): FrigateState {
  const { imageWidth, imageHeight, label, stationary } = event;
  const frameTime = at(event.seenUs);
  const { bbox, bbox_px: pixels } = boxFields(event.box, imageWidth, imageHeight);
  const box = pixels.map(Math.trunc) as Corners;
  const [width, height] = [box[2] - box[0], box[3] - box[1]];
  const region: Corners = [0, 0, imageWidth, imageHeight];
  const foot: [number, number] = [digits(bbox.x + bbox.w / 2), digits(bbox.y + bbox.h)];
  const path = longer(before?.path_data ?? [], foot, frameTime);
  const score = share(event.score);
  const sight = { frame_time: frameTime, box, area: width * height, region, score };
  const best = before?.snapshot ?? undefined;
  return {
    ...{ id: event.id, camera: event.camera, frame_time: frameTime },
    snapshot: best !== undefined && best.score >= score ? best : { ...UNSEEN, ...sight, path_data: path },
    snapshot_clean: false,
    ...{ label, sub_label: null, top_score: share(event.topScore), false_positive: false },
    start_time: before?.start_time ?? at(event.startUs),
    end_time: event.type === 'end' ? frameTime : null,
    ...{ score, computed_score: score, box, area: width * height },
    ...{ ratio: Math.round((width / Math.max(1, height)) * 1e4) / 1e4, region },
    ...{ active: !stationary, stationary, motionless_count: stationary ? restingFrames : 0 },
    position_changes: changes(event, before),
    ...{ current_zones: [...event.zones], entered_zones: [...event.enteredZones] },
    ...{ thumbnail: null, has_clip: false, has_snapshot: false },
    ...{ attributes: {}, current_attributes: [], pending_loitering: false },
    max_severity: ALERTS.includes(label) ? 'alert' : 'detection',
    ...{ current_estimated_speed: 0, average_estimated_speed: 0, velocity_angle: 0, path_data: path },
    ...{ recognized_license_plate: null, recognized_license_plate_score: null },
  };
}

/** What Frigate calls the state before the first message: seen, but not believed yet. */
export function unbelieved(state: FrigateState): FrigateState {
  return { ...state, false_positive: true, top_score: 0, computed_score: 0, end_time: null };
}

const UNSEEN = {
  ...{ attributes: [], current_estimated_speed: 0, velocity_angle: 0 },
  ...{ recognized_license_plate: null, recognized_license_plate_score: null },
};

/** How often it has begun to move, as far as events tell. */
function changes(event: TrackEvent, before: FrigateState | undefined): number {
  const known = before?.position_changes ?? 0;
  if (event.stationary) return known;
  if (before?.stationary === true) return known + 1;
  return known === 0 && event.path.length > 1 ? 1 : known;
}

function longer(path: PathPoint[], point: [number, number], time: number): PathPoint[] {
  const last = path.at(-1)?.[0];
  if (last !== undefined && last[0] === point[0] && last[1] === point[1]) return path;
  return [...path.slice(1 - MAX_POINTS), [point, time]];
}

function digits(value: number): number {
  return Math.round(Math.min(value, 1) * 1e4) / 1e4;
}
