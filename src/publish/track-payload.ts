/** What is told on `cameras/<camera>/events` of objects that are followed, and of the zones that they are in: pure builders. */
import type { OccupancyEvent, PlaceMoment, TrackEvent } from '../core/track-event.js';
import { boxFields, SCHEMA_VERSION, share, timestamp } from './payloads.js';
import type { ObjectPayload, OccupancyPayload } from './schemas/track-schema.js';

export interface TrackContext {
  device: string;
  bootId: string;
  seq: number;
  nowMonotonicUs: number;
  nowWallMs: number;
}

export function trackPayload(event: TrackEvent, context: TrackContext): ObjectPayload {
  const { imageWidth, imageHeight, model, moment } = event;
  const at = (us: number): string => wallTime(us, context);
  return {
    schema: SCHEMA_VERSION,
    device: context.device,
    camera: event.camera,
    boot_id: context.bootId,
    seq: context.seq,
    type: event.type,
    id: event.id,
    ts: at(event.seenUs),
    start_ts: at(event.startUs),
    ...(event.type === 'end' ? { end_ts: at(event.seenUs) } : {}),
    label: event.label,
    label_id: event.labelId,
    confidence: share(event.score),
    top_confidence: share(event.topScore),
    ...boxFields(event.box, imageWidth, imageHeight),
    image: { w: imageWidth, h: imageHeight },
    zones: [...event.zones],
    entered_zones: [...event.enteredZones],
    ...(moment === undefined ? {} : momentFields(moment)),
    hits: event.hits,
    stationary: event.stationary,
    path: event.path.map(([x, y]) => [x, y]),
    model: { name: model.name, version: model.version, digest: model.digest },
  };
}

export function occupancyPayload(event: OccupancyEvent, context: TrackContext): OccupancyPayload {
  const { camera, zone, state, count, labels, min, max } = event;
  return {
    ...{ schema: SCHEMA_VERSION, device: context.device, camera, boot_id: context.bootId, seq: context.seq },
    ...{
      type: 'occupancy',
      ts: wallTime(event.atUs, context),
      zone,
      state,
      count,
      labels: { ...labels },
      min,
    },
    ...(Number.isFinite(max) ? { max } : {}),
  };
}

function momentFields(moment: PlaceMoment): Partial<ObjectPayload> {
  if (moment.type === 'line_cross') return { line: moment.line, direction: moment.direction };
  const { zone } = moment;
  return moment.type === 'zone_enter' ? { zone } : { zone, dwell_s: Math.round(moment.seconds * 10) / 10 };
}

function wallTime(us: number, { nowWallMs, nowMonotonicUs }: TrackContext): string {
  return timestamp(nowWallMs - Math.max(0, nowMonotonicUs - us) / 1000);
}
