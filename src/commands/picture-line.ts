/** One analysed picture as a line of text: JSON for programs, a sentence for people. */
import { printable } from '../base/printable.js';
import type { DetectJob, PictureResult } from '../ipc/detect-protocol.js';

/** Boxes in pixels of the original picture, best first; `frame` only for videos. */
export function jsonLine(job: DetectJob, result: PictureResult): string {
  const { width, height, detections, timings, index, tiles } = result;
  return JSON.stringify({
    image: job.path,
    ...(job.kind === 'video' ? { frame: index } : {}),
    width,
    height,
    ...(tiles === undefined ? {} : { tiles }),
    detections: detections.map(({ label, labelId, score, box }) => ({
      label,
      label_id: labelId,
      score: round(score, 5),
      box: [round(box.x1, 3), round(box.y1, 3), round(box.x2, 3), round(box.y2, 3)],
    })),
    timings_ms: {
      read: round(timings.read, 2),
      infer: round(timings.infer, 2),
      decode: round(timings.decode, 2),
    },
  });
}

/** `dir/a.jpg 640×480: 2 person, 1 dog (12.3 ms)`, the most frequent label first. */
export function textLine(job: DetectJob, result: PictureResult): string {
  const counts = new Map<string, number>();
  for (const { label } of result.detections) counts.set(label, (counts.get(label) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const found = sorted.map(([label, count]) => `${count} ${label}`).join(', ') || 'nothing found';
  const frame = job.kind === 'video' ? ` frame ${result.index}` : '';
  const { width, height, timings } = result;
  return printable(`${job.path}${frame} ${width}×${height}: ${found} (${timings.infer.toFixed(1)} ms)`);
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
