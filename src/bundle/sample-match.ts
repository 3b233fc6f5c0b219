/** Holds detections against the expected ones of a sample. Pure. */
import type { Box, Detection } from '../core/detection.js';
import type { SampleDetection } from './samples.js';

export interface MatchTolerance {
  /** Farthest that a corner may be off: pixels, or this part of the box's longer side where that is more. */
  pixels: number;
  part: number;
  /** How much a score may differ; so near to the threshold a detection may be on either side of it. */
  score: number;
}

/** Between one runtime and another on the same numbers. Reduced precision differs by more. */
export const SAMPLE_TOLERANCE: MatchTolerance = { pixels: 1, part: 0.02, score: 0.02 };

export interface SampleMatch {
  matched: number;
  /** Expected and not found, found and not expected; neither includes what lies at the threshold. */
  missing: SampleDetection[];
  extra: Detection[];
  /** Of those that matched; 0 when none did. */
  worstPixels: number;
  worstScore: number;
}

/** Each expected detection takes the nearest found one of its class that is within the tolerance. */
export function matchSample(
  expected: readonly SampleDetection[],
  found: readonly Detection[],
  threshold: number,
  tolerance: MatchTolerance = SAMPLE_TOLERANCE,
): SampleMatch {
  const left = new Set(found);
  const match: SampleMatch = { matched: 0, missing: [], extra: [], worstPixels: 0, worstScore: 0 };
  for (const wanted of expected) {
    let best: Detection | undefined;
    let bestPixels = Number.POSITIVE_INFINITY;
    for (const candidate of left) {
      if (candidate.labelId !== wanted.label_id || candidate.label !== wanted.label) continue;
      if (Math.abs(candidate.score - wanted.score) > tolerance.score) continue;
      const pixels = farthest(candidate.box, wanted.box);
      if (pixels > allowed(wanted.box, tolerance) || pixels >= bestPixels) continue;
      best = candidate;
      bestPixels = pixels;
    }
    if (best === undefined) {
      if (wanted.score > threshold + tolerance.score) match.missing.push(wanted);
      continue;
    }
    left.delete(best);
    match.matched += 1;
    match.worstPixels = Math.max(match.worstPixels, bestPixels);
    match.worstScore = Math.max(match.worstScore, Math.abs(best.score - wanted.score));
  }
  match.extra = [...left].filter(({ score }) => score > threshold + tolerance.score);
  return match;
}

function farthest(box: Box, [x1, y1, x2, y2]: SampleDetection['box']): number {
  const off = [box.x1 - x1, box.y1 - y1, box.x2 - x2, box.y2 - y2];
  return Math.max(...off.map(Math.abs));
}

function allowed([x1, y1, x2, y2]: SampleDetection['box'], { pixels, part }: MatchTolerance): number {
  return Math.max(pixels, part * Math.max(x2 - x1, y2 - y1));
}
