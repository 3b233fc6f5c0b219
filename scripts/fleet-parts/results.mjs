/** Results as a worker gives them, from what was recorded of drawn scenes (see record.mjs). */
import { readFileSync } from 'node:fs';

const RECORDED = new URL('./recorded-results.json', import.meta.url);

/** Functions that give the next result of a camera, captured now. */
export function recordedResults() {
  const { labels, model, frames } = JSON.parse(readFileSync(RECORDED, 'utf8'));
  const results = frames.map(({ w, h, timings, objects }) => ({
    imageWidth: w,
    imageHeight: h,
    model,
    timings,
    detections: objects.map(([labelId, score, x1, y1, x2, y2]) => ({
      label: labels[labelId],
      labelId,
      score,
      box: { x1, y1, x2, y2 },
    })),
  }));
  /** `from` begins somewhere else for each camera. */
  return (camera, from, clock) => {
    let at = from % results.length;
    let sequence = 0;
    return () => {
      at = (at + 1) % results.length;
      sequence += 1;
      return { ...results[at], camera, sequence, capturedAtUs: clock.monotonicUs() };
    };
  };
}
