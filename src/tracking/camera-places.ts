/**
 * The zones and lines of one camera: which object is in which, what happened there, and how many there are. Objects are
 * counted from their first sight on, though nothing is told of one before it is told itself.
 */
import type { Box } from '../core/detection.js';
import type { Point } from '../core/polygon.js';
import { contains } from '../core/polygon.js';
import type { OccupancyEvent, PlaceMoment } from '../core/track-event.js';
import type { Direction, LinePlan, CameraPlaces as Plan, ZonePlan } from '../core/zone.js';
import { LineSide } from './line-side.js';
import { anchorOf, counts, isWatched, placeOf } from './place-watch.js';
import { ZoneOccupancy } from './zone-occupancy.js';
import { type StayChange, ZoneStay } from './zone-stay.js';

/** An object at its latest sight. */
export interface Sight {
  label: string;
  /** In pixels of a picture of this size. */
  box: Box;
  imageWidth: number;
  imageHeight: number;
  atUs: number;
}

/** Of one object. */
interface Whereabouts {
  label: string;
  stays: ZoneStay[];
  sides: LineSide[];
  entered: string[];
  /** It was told, so it is counted. */
  told: boolean;
}

/** Part of a box's height, and least pixels, beyond a line from which on it is on the other side. */
const CLEAR = 0.05;
const LEAST_CLEAR = 1;
/** An object that goes to and fro. */
const MAX_ENTERED = 64;

export class CameraPlaces<T> {
  readonly #plan: Plan;
  readonly #camera: string;
  readonly #objects = new Map<T, Whereabouts>();
  readonly #occupancy: ZoneOccupancy[];

  constructor(camera: string, plan: Plan) {
    this.#camera = camera;
    this.#plan = plan;
    this.#occupancy = plan.zones.map((zone) => new ZoneOccupancy(zone));
  }

  /** It was seen. `wallMs`: for what is watched at certain times only. */
  seen(object: T, sight: Sight, wallMs: number): PlaceMoment[] {
    const { zones, lines } = this.#plan;
    if (zones.length === 0 && lines.length === 0) return [];
    const known = this.#objects.get(object) ?? this.#begin(object, sight.label);
    const moments: PlaceMoment[] = [];
    zones.forEach((zone, index) => {
      const stay = known.stays[index] as ZoneStay;
      const change = isWatched(zone, wallMs) ? stay.seen(isInside(zone, sight), sight.atUs) : stay.end();
      const moment = momentOf(change, zone, stay, sight.atUs);
      if (change === 'enter' && known.entered.length < MAX_ENTERED && !known.entered.includes(zone.name))
        known.entered.push(zone.name);
      if (moment !== undefined) moments.push(moment);
    });
    lines.forEach((line, index) => {
      const direction = cross(line, known.sides[index] as LineSide, sight);
      if (direction === undefined || !isWatched(line, wallMs)) return;
      moments.push({ type: 'line_cross', line: line.name, direction });
    });
    return moments;
  }

  /** It is told from now on: it counts for how many there are in a zone. */
  tell(object: T): void {
    const known = this.#objects.get(object);
    if (known !== undefined) known.told = true;
  }

  /** It is gone: it leaves what it was in. */
  end(object: T, atUs: number): PlaceMoment[] {
    const known = this.#objects.get(object);
    if (known === undefined) return [];
    this.#objects.delete(object);
    return this.#plan.zones.flatMap((zone, index) => {
      const stay = known.stays[index] as ZoneStay;
      return momentOf(stay.end(), zone, stay, atUs) ?? [];
    });
  }

  zonesOf(object: T): string[] {
    const stays = this.#objects.get(object)?.stays ?? [];
    return stays.flatMap(({ inside }, index) => (inside ? [(this.#plan.zones[index] as ZonePlan).name] : []));
  }

  enteredBy(object: T): readonly string[] {
    return this.#objects.get(object)?.entered ?? [];
  }

  /** What has become of the numbers in the zones; to be asked after each frame, and while the camera is looked at. */
  occupancy(nowUs: number, wallMs: number): OccupancyEvent[] {
    return this.#plan.zones.flatMap((zone, index) => {
      if (zone.occupancy === undefined) return [];
      const labels = this.#inside(index);
      const count = Object.values(labels).reduce((sum, each) => sum + each, 0);
      const counter = this.#occupancy[index] as ZoneOccupancy;
      const state = counter.look(isWatched(zone, wallMs) ? count : undefined, nowUs);
      if (state === undefined) return [];
      const place = { camera: this.#camera, zone: zone.name, ...zone.occupancy };
      return [{ type: 'occupancy', ...place, state, count, labels, atUs: nowUs }];
    });
  }

  /** How many of each label are in a zone. */
  #inside(zone: number): Record<string, number> {
    const labels: Record<string, number> = {};
    for (const { label, stays, told } of this.#objects.values())
      if (told && (stays[zone] as ZoneStay).inside) labels[label] = (labels[label] ?? 0) + 1;
    return labels;
  }

  #begin(object: T, label: string): Whereabouts {
    const { zones, lines } = this.#plan;
    const known: Whereabouts = {
      label,
      stays: zones.map((zone) => new ZoneStay(zone)),
      sides: lines.map(() => new LineSide()),
      ...{ entered: [], told: false },
    };
    this.#objects.set(object, known);
    return known;
  }
}

function isInside(zone: ZonePlan, sight: Sight): boolean {
  const { box, imageWidth, imageHeight } = sight;
  if (!counts(zone, sight, imageWidth * imageHeight)) return false;
  return contains(zone.points, placeOf(box, zone.anchor, imageWidth, imageHeight));
}

function cross(line: LinePlan, side: LineSide, sight: Sight): Direction | undefined {
  const { box, imageWidth, imageHeight } = sight;
  if (!counts(line, sight, imageWidth * imageHeight)) return undefined;
  const pixels = ([x, y]: Point): Point => [x * imageWidth, y * imageHeight];
  const [from, to] = line.points;
  const clear = Math.max(LEAST_CLEAR, CLEAR * (box.y2 - box.y1));
  return side.seen(anchorOf(box, line.anchor), [pixels(from), pixels(to)], clear);
}

function momentOf(
  change: StayChange | undefined,
  { name }: ZonePlan,
  stay: ZoneStay,
  atUs: number,
): PlaceMoment | undefined {
  if (change === undefined) return undefined;
  if (change === 'enter') return { type: 'zone_enter', zone: name };
  return { type: change === 'dwell' ? 'dwell' : 'zone_exit', zone: name, seconds: stay.seconds(atUs) };
}
