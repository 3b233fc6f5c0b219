/**
 * An object as the message converter of DeepStream writes it with the full schema: generate_dsmeta_message() of nvmsgconv,
 * payload type 0 (PAYLOAD_DEEPSTREAM), of DeepStream 6.0 to 9.1. config/adapters.md has the fields.
 */
import { randomUUID } from 'node:crypto';
import type { PlaceFacts, SensorFacts } from '../../config/deepstream-schema.js';
import type { Detection } from '../../core/detection.js';
import type { FrameResult, ModelIdentity } from '../../core/frame-result.js';
import { boxFields, share, timestamp } from '../payloads.js';
import { objectId } from './deepstream-minimal.js';
import { keyLabel } from './safe-label.js';

interface Location {
  lat: number;
  lon: number;
  alt: number;
}

interface Coordinate {
  x: number;
  y: number;
  z: number;
}

export interface DeepstreamPlace {
  id: string;
  name: string;
  type: string;
  location: Location;
  'place-sub-field': { id: string; name: string; level: string; coordinate: Coordinate };
}

export interface DeepstreamSensor {
  id: string;
  type: string;
  description: string;
  location: Location;
  coordinate: Coordinate;
}

export interface DeepstreamObject {
  id: string;
  speed: number;
  direction: number;
  orientation: number;
  bbox: { topleftx: number; toplefty: number; bottomrightx: number; bottomrighty: number };
  location: Record<string, never>;
  coordinate: Record<string, never>;
  /** Under the label: `{ confidence }`. */
  [label: string]: unknown;
}

export interface DeepstreamFull {
  messageid: string;
  mdsversion: '1.0';
  '@timestamp': string;
  place: DeepstreamPlace;
  sensor: DeepstreamSensor;
  analyticsModule: { id: string; description: string; source: string; version: string };
  object: DeepstreamObject;
  event: { id: string; type: string };
  videoPath: string;
}

const FIELDS: ReadonlySet<string> = new Set([
  ...['id', 'speed', 'direction', 'orientation', 'bbox', 'location', 'coordinate'],
]);

/** One message of each object. */
export function deepstreamFull(
  result: FrameResult,
  facts: { place: DeepstreamPlace; sensor: DeepstreamSensor; capturedMs: number },
): DeepstreamFull[] {
  const { place, sensor, capturedMs } = facts;
  const ts = timestamp(capturedMs);
  const analyticsModule = analytics(result.model);
  return result.detections.map((detection) => ({
    messageid: randomUUID(),
    mdsversion: '1.0',
    '@timestamp': ts,
    place,
    sensor,
    analyticsModule,
    object: object(detection, result),
    event: { id: randomUUID(), type: '' },
    videoPath: '',
  }));
}

export function deepstreamPlace(
  { id, name, type, location, coordinate, sub_field: [subId, subName, level] }: PlaceFacts,
  device: string,
): DeepstreamPlace {
  return {
    ...{ id: id ?? device, name: name ?? device, type, location: earth(location) },
    'place-sub-field': { id: subId, name: subName, level, coordinate: plan(coordinate) },
  };
}

export function deepstreamSensor(facts: SensorFacts | undefined, camera: string): DeepstreamSensor {
  const { id, type, description, location, coordinate } = facts ?? UNKNOWN;
  return { id: id ?? camera, type, description, location: earth(location), coordinate: plan(coordinate) };
}

const UNKNOWN: SensorFacts = {
  ...{ type: 'Camera', description: '', location: [0, 0, 0], coordinate: [0, 0, 0] },
};

function earth([lat, lon, alt]: [number, number, number]): Location {
  return { lat, lon, alt };
}

function plan([x, y, z]: [number, number, number]): Coordinate {
  return { x, y, z };
}

function analytics({ name, version, digest }: ModelIdentity): DeepstreamFull['analyticsModule'] {
  return { id: name, description: digest, source: 'detectd', version };
}

function object(detection: Detection, { imageWidth, imageHeight }: FrameResult): DeepstreamObject {
  const [x1, y1, x2, y2] = boxFields(detection.box, imageWidth, imageHeight).bbox_px.map(Math.trunc) as [
    ...[number, number, number, number],
  ];
  return {
    ...{ id: objectId(detection.trackId), speed: 0, direction: 0, orientation: 0 },
    [keyLabel(detection.label, FIELDS)]: { confidence: share(detection.score) },
    bbox: { topleftx: x1, toplefty: y1, bottomrightx: x2, bottomrighty: y2 },
    ...{ location: {}, coordinate: {} },
  };
}
