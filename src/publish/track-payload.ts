/** What is told of an object that was followed, on `cameras/<camera>/events`, as a pure builder. */
import type { TrackEvent } from '../core/track-event.js';
import { boxFields, SCHEMA_VERSION, share, timestamp } from './payloads.js';
import type { TrackPayload } from './schemas/track-schema.js';

export interface TrackContext {
  device: string;
  bootId: string;
  seq: number;
  nowMonotonicUs: number;
  nowWallMs: number;
}

export function trackPayload(event: TrackEvent, context: TrackContext): TrackPayload {
  const { imageWidth, imageHeight, model } = event;
  const at = (us: number): string =>
    timestamp(context.nowWallMs - Math.max(0, context.nowMonotonicUs - us) / 1000);
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
    zones: [],
    hits: event.hits,
    stationary: event.stationary,
    path: event.path.map(([x, y]) => [x, y]),
    model: { name: model.name, version: model.version, digest: model.digest },
  };
}
