/** A FrameResult with any number of detections, for tests of what comes after a worker. */
import type { FrameResult } from '../../dist/core/frame-result.js';

export function frameResult(changes: Partial<FrameResult> = {}, detections = 1): FrameResult {
  return {
    camera: 'gate',
    sequence: 0,
    capturedAtUs: 1_000_000,
    imageWidth: 640,
    imageHeight: 480,
    model: { name: 'people', version: '1.2', digest: `sha256:${'ab'.repeat(32)}` },
    detections: Array.from({ length: detections }, (_, index) => ({
      label: 'person',
      labelId: 0,
      score: 0.912345,
      box: { x1: 64 + index, y1: 48, x2: 320 + index, y2: 240 },
    })),
    timings: { queue: 38, infer: 10, decode: 1 },
    ...changes,
  };
}
