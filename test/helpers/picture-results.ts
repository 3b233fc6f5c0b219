/** Results of pictures that nobody analysed. */
import type { Detection } from '../../dist/core/detection.js';
import type { DetectJob, PictureResult } from '../../dist/ipc/detect-protocol.js';

export function image(path: string): DetectJob {
  return { path, kind: 'image' };
}

export function video(path: string): DetectJob {
  return { path, kind: 'video' };
}

export function found(label: string, labelId = 0, change: Partial<Detection> = {}): Detection {
  return {
    label,
    labelId,
    score: 0.12345678,
    box: { x1: 1.23456, y1: 2, x2: 4.23456, y2: 10.5 },
    ...change,
  };
}

export function picture(detections: Detection[], index = 0): PictureResult {
  return { index, width: 640, height: 480, detections, timings: { read: 1, infer: 2, decode: 3 } };
}
