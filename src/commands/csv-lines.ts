/** Detections as comma-separated values by RFC 4180, one line each, for spreadsheets and statistics. */
import type { DetectJob, PictureResult } from '../ipc/detect-protocol.js';

const COLUMNS = [
  ...['image', 'frame', 'width', 'height'],
  ...['label', 'label_id', 'score', 'x1', 'y1', 'x2', 'y2'],
];
const END = '\r\n';

export function csvHeader(): string {
  return COLUMNS.join(',') + END;
}

/** Boxes in pixels of the original picture, best first; `frame` is empty for what is no video. */
export function csvLines(job: DetectJob, result: PictureResult): string {
  const frame = job.kind === 'video' ? result.index : '';
  return result.detections
    .map(({ label, labelId, score, box }) => {
      const corners = [box.x1, box.y1, box.x2, box.y2].map((value) => rounded(value, 3));
      const { width, height } = result;
      return [field(job.path), frame, width, height, field(label), labelId, rounded(score, 6), ...corners];
    })
    .map((values) => values.join(',') + END)
    .join('');
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
