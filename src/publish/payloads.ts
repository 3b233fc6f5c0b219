/**
 * What detectd says on MQTT: pure builders. `detectionsPayload` runs once per frame and
 * does nothing there that could be done once.
 */
import type { ErrorData } from '../base/errors.js';
import type { Box, Detection } from '../core/detection.js';
import { DEVICE_FACTS, type DeviceInfo } from '../core/device-info.js';
import type { FrameResult, ModelIdentity } from '../core/frame-result.js';
import type { StepDown } from '../core/provider-verdict.js';
import type { DrawnObject, Truth } from '../core/truth.js';
import type { ModelReport } from '../ipc/protocol.js';
import type { CameraStatus, CameraStatusPayload } from './schemas/camera-status-schema.js';
import type { DetectedObject, DetectionsPayload, TruthObject } from './schemas/detections-schema.js';
import type { InfoPayload, ModelInfo } from './schemas/info-schema.js';
import type { StatusPayload } from './schemas/status-schema.js';

export type { CameraStatusPayload, DetectionsPayload, InfoPayload, StatusPayload, TruthObject };

/**
 * Version of every payload (schemas/): the major number goes up when a reader could break, the minor one with new fields
 * and topics, the patch with help texts. A test compares with what is recorded of the versions before.
 */
export const SCHEMA_VERSION = '1.1.0';

export type DaemonState = StatusPayload['state'];

/** The part of a model's report that is published. */
type ModelFacts = Pick<
  ModelReport,
  'identity' | 'provider' | 'precision' | 'family' | 'labels' | 'networkWidth' | 'networkHeight'
>;

export interface DetectionsContext {
  device: string;
  bootId: string;
  seq: number;
  nowMonotonicUs: number;
  nowWallMs: number;
}

/** The message for one analysed frame. Boxes are clipped to the picture; bad numbers become 0. */
export function detectionsPayload(result: FrameResult, context: DetectionsContext): DetectionsPayload {
  const { imageWidth, imageHeight, model, timings } = result;
  const ageMs = span((context.nowMonotonicUs - result.capturedAtUs) / 1000);
  const inferMs = timings.infer + timings.decode;
  const objects = new Array<DetectedObject>(result.detections.length);
  for (let index = 0; index < objects.length; index += 1) {
    objects[index] = detectedObject(result.detections[index] as Detection, imageWidth, imageHeight);
  }
  return {
    schema: SCHEMA_VERSION,
    device: context.device,
    camera: result.camera,
    boot_id: context.bootId,
    seq: context.seq,
    ts: timestamp(context.nowWallMs - ageMs),
    // The binding hands over no time stamps, so that only what is drawn here has a time of its own.
    ts_source: result.truth === undefined ? 'arrival' : 'capture',
    latency_ms: {
      capture: tenths(span(timings.queue)),
      infer: tenths(span(inferMs)),
      publish: tenths(span(ageMs - timings.queue - inferMs)),
    },
    model: { name: model.name, version: model.version, digest: model.digest },
    image: { w: imageWidth, h: imageHeight },
    objects,
    ...(result.truth === undefined ? {} : truthFields(result.truth, imageWidth, imageHeight)),
  };
}

function truthFields(
  { objects, unsure }: Truth,
  width: number,
  height: number,
): Pick<DetectionsPayload, 'truth' | 'unsure'> {
  const told = (object: DrawnObject): TruthObject => ({
    label: object.label,
    label_id: object.labelId,
    visible: share(object.visible),
    ...boxFields(object.box, width, height),
  });
  return { truth: objects.map(told), unsure: unsure.map(told) };
}

function detectedObject(detection: Detection, width: number, height: number): DetectedObject {
  return {
    ...(detection.trackId === undefined ? {} : { track_id: detection.trackId }),
    label: detection.label,
    label_id: detection.labelId,
    confidence: share(detection.score),
    ...boxFields(detection.box, width, height),
    zones: detection.zones === undefined ? [] : [...detection.zones],
  };
}

/** A box as it is published: clipped to its picture, as fractions of it and in pixels. */
export function boxFields(box: Box, width: number, height: number): Pick<DetectedObject, 'bbox' | 'bbox_px'> {
  const x1 = clip(box.x1, width);
  const y1 = clip(box.y1, height);
  const x2 = clip(box.x2, width);
  const y2 = clip(box.y2, height);
  return {
    bbox: {
      x: fraction(x1, width),
      y: fraction(y1, height),
      w: fraction(x2 - x1, width),
      h: fraction(y2 - y1, height),
    },
    bbox_px: [tenths(x1), tenths(y1), tenths(x2), tenths(y2)],
  };
}

/** A number from 0 to 1 with four digits. */
export function share(value: number): number {
  return Math.round(clip(value, 1) * 1e4) / 1e4;
}

/** Into 0 … limit; the comparison makes NaN 0. */
function clip(value: number, limit: number): number {
  return value > 0 ? Math.min(value, limit) : 0;
}

function fraction(value: number, of: number): number {
  return value > 0 && of > 0 ? Math.round((value / of) * 1e5) / 1e5 : 0;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A time span as it may be published: within 0 and a day, so that no clock fault yields an invalid date. */
function span(ms: number): number {
  return clip(ms, 86_400_000);
}

/** RFC 3339 UTC with milliseconds. */
export function timestamp(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

export function statusPayload(source: {
  device: string;
  bootId: string;
  state: DaemonState;
  reason?: string | undefined;
  nowWallMs: number;
}): StatusPayload {
  return {
    schema: SCHEMA_VERSION,
    device: source.device,
    state: source.state,
    boot_id: source.bootId,
    ...(source.reason ? { reason: source.reason } : {}),
    ts: timestamp(source.nowWallMs),
  };
}

export function cameraStatusPayload(source: {
  device: string;
  bootId: string;
  camera: string;
  state: CameraStatus;
  error?: ErrorData | undefined;
  reconnects: number;
  lastFrameAgeMs?: number | null | undefined;
  fps?: number | undefined;
  capturedFps?: number | undefined;
  size?: { width: number; height: number } | undefined;
  codec?: string | undefined;
  decoder?: string | undefined;
  note?: string | undefined;
  /** When it came into this state, as Clock.monotonicUs(). */
  sinceUs?: number | undefined;
  nowUs?: number;
  nowWallMs: number;
}): CameraStatusPayload {
  const { error, lastFrameAgeMs, fps, capturedFps, size, codec, decoder, note, sinceUs, nowUs } = source;
  return {
    schema: SCHEMA_VERSION,
    device: source.device,
    camera: source.camera,
    boot_id: source.bootId,
    state: source.state,
    ...(sinceUs === undefined || nowUs === undefined
      ? {}
      : { since: started(source.nowWallMs, (nowUs - sinceUs) / 1000) }),
    ...(error ? { reason: error.message, code: error.code } : {}),
    reconnects: source.reconnects,
    ...(typeof lastFrameAgeMs === 'number' ? { last_frame_age_ms: Math.round(span(lastFrameAgeMs)) } : {}),
    ...(fps === undefined ? {} : { fps: tenths(clip(fps, 1e6)) }),
    ...(capturedFps === undefined ? {} : { captured_fps: tenths(clip(capturedFps, 1e6)) }),
    ...(size === undefined ? {} : size),
    ...(codec === undefined ? {} : { codec }),
    ...(decoder === undefined ? {} : { decoder }),
    ...(note === undefined ? {} : { note }),
    ts: timestamp(source.nowWallMs),
  };
}

export function infoPayload(source: {
  device: string;
  bootId: string;
  version: string;
  /** Since the daemon started. */
  uptimeMs?: number;
  fingerprint?: DeviceInfo | undefined;
  models: Iterable<ModelFacts>;
  /** By name of the model. */
  stepsDown?: ReadonlyMap<string, readonly StepDown[]>;
  cameras: Iterable<string>;
  nowWallMs: number;
}): InfoPayload {
  const models = [...source.models].map((model): [string, ModelInfo] => {
    const { name } = model.identity;
    return [name, modelInfo(model, source.stepsDown?.get(name) ?? [])];
  });
  return {
    schema: SCHEMA_VERSION,
    device: source.device,
    boot_id: source.bootId,
    version: source.version,
    ...(source.uptimeMs === undefined ? {} : { started: started(source.nowWallMs, source.uptimeMs) }),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    ...(source.fingerprint === undefined ? {} : { fingerprint: fingerprint(source.fingerprint) }),
    models: Object.fromEntries(models),
    cameras: [...source.cameras],
    ts: timestamp(source.nowWallMs),
  };
}

/** In whole seconds, so that it stays the same. */
function started(nowWallMs: number, uptimeMs: number): string {
  return timestamp(Math.round((nowWallMs - clip(uptimeMs, nowWallMs)) / 1000) * 1000);
}

function fingerprint(info: DeviceInfo): Record<string, string> {
  const known = DEVICE_FACTS.flatMap((name) => {
    const value = info[name];
    return value === undefined ? [] : [[snakeCase(name), value] as const];
  });
  return Object.fromEntries(known);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function modelInfo(report: ModelFacts, stepsDown: readonly StepDown[]): ModelInfo {
  const identity: ModelIdentity = report.identity;
  return {
    version: identity.version,
    digest: identity.digest,
    provider: report.provider,
    precision: report.precision,
    family: report.family,
    labels: report.labels,
    input: { w: report.networkWidth, h: report.networkHeight },
    steps_down: stepsDown.map(({ provider, reason }) => ({ provider, reason })),
  };
}
