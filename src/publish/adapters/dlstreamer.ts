/**
 * Frames as gvametaconvert of Intel DL Streamer (2025.2) writes them and gvametapublish sends them. config/adapters.md has
 * the fields.
 */
import type { OutputsConfig } from '../../config/schema.js';
import type { Detection } from '../../core/detection.js';
import type { FrameResult } from '../../core/frame-result.js';
import { trackNumbers } from '../../core/track-id.js';
import { boxFields, share, timestamp } from '../payloads.js';
import { type FrameForm, filledTopic, type PassFrame, PerCamera } from './frame-form.js';

export interface DlstreamerRegion {
  x: number;
  y: number;
  w: number;
  h: number;
  region_id: number;
  /** Of a tracker; absent where there is none. */
  id?: number;
  roi_type: string;
  detection: {
    bounding_box: { x_min: number; x_max: number; y_min: number; y_max: number };
    confidence: number;
    label_id: number;
    label: string;
  };
}

export interface DlstreamerFrame {
  resolution: { width: number; height: number };
  source: string;
  /** Nanoseconds since the first picture of the camera. */
  timestamp: number;
  system_timestamp: string;
  tags: { device: string; camera: string };
  /** Absent where there are none. */
  objects?: DlstreamerRegion[];
}

export function dlstreamerFrame(
  result: FrameResult,
  facts: { device: string; firstUs: number; capturedMs: number },
): DlstreamerFrame {
  const { camera, imageWidth: width, imageHeight: height, capturedAtUs, detections } = result;
  const { device, firstUs, capturedMs } = facts;
  return {
    resolution: { width, height },
    source: camera,
    timestamp: Math.max(0, Math.round(capturedAtUs - firstUs)) * 1000,
    system_timestamp: timestamp(capturedMs),
    tags: { device, camera },
    ...(detections.length === 0
      ? {}
      : { objects: detections.map((detection, index) => region(detection, index + 1, width, height)) }),
  };
}

function region(detection: Detection, regionId: number, width: number, height: number): DlstreamerRegion {
  const { label, labelId, score, trackId } = detection;
  const corners = boxFields(detection.box, width, height).bbox_px;
  const [x1, y1, x2, y2] = corners.map(Math.round) as [number, number, number, number];
  const number = trackId === undefined ? undefined : trackNumbers(trackId)?.number;
  return {
    ...{ x: x1, y: y1, w: x2 - x1, h: y2 - y1, region_id: regionId },
    ...(number === undefined ? {} : { id: number }),
    roi_type: label,
    detection: {
      bounding_box: {
        ...{ x_min: part(corners[0], width), x_max: part(corners[2], width) },
        ...{ y_min: part(corners[1], height), y_max: part(corners[3], height) },
      },
      ...{ confidence: share(score), label_id: labelId, label },
    },
  };
}

function part(pixels: number, of: number): number {
  return of > 0 ? Math.round((pixels / of) * 1e5) / 1e5 : 0;
}

export class DlstreamerForm implements FrameForm {
  readonly #empty: boolean;
  readonly #device: string;
  readonly #pass: PassFrame;
  readonly #channels: PerCamera<{ topic: string; firstUs: number | undefined }>;

  constructor(settings: OutputsConfig['dlstreamer'], device: string, pass: PassFrame) {
    this.#empty = settings.empty;
    this.#device = device;
    this.#pass = pass;
    this.#channels = new PerCamera((camera) => ({
      topic: filledTopic(settings.topic, { device, camera }),
      firstUs: undefined,
    }));
  }

  frame(result: FrameResult, capturedMs: number): void {
    const channel = this.#channels.get(result.camera);
    channel.firstUs ??= result.capturedAtUs;
    if (result.detections.length === 0 && !this.#empty) return;
    const facts = { device: this.#device, firstUs: channel.firstUs, capturedMs };
    this.#pass(channel.topic, JSON.stringify(dlstreamerFrame(result, facts)));
  }

  forget(camera: string): void {
    this.#channels.forget(camera);
  }
}
