/**
 * Whether a fresh engine computes what the model means: its raw outputs and final detections on pictures against those
 * of the CPU. Engines of less precision that find nothing are a common failure in the field, and nobody notices. Pure.
 */
import type { MatchTolerance } from '../bundle/sample-match.js';
import { matchSample } from '../bundle/sample-match.js';
import type { SampleDetection } from '../bundle/samples.js';
import type { Detection } from '../core/detection.js';
import type { TensorSpec, TensorValue } from '../core/prepared-graph.js';
import type { Precision } from '../core/worker-plan.js';

/**
 * Root mean square below which an output counts as empty: scores of a level on which nothing is found are 1e-4 and less,
 * and what rounding makes of those is no difference.
 */
const EMPTY = 0.01;

export interface AcceptanceLimits {
  /** Largest error of an output over all pictures, as a part of its size, both as root mean squares. */
  output: number;
  match: MatchTolerance;
  /** Which part of the CPU's detections may be missing, and how many may be too many. */
  astray: number;
}

/**
 * FP32 may differ by the order of sums alone. FP16 has 11 bits, which a network of a hundred layers spreads to a few
 * percent of a raw output; boxes and scores move far less. INT8 is what its calibration is.
 */
export const ACCEPTANCE_LIMITS: Readonly<Record<Precision, AcceptanceLimits>> = {
  fp32: { output: 0.005, match: { pixels: 1, part: 0.02, score: 0.02 }, astray: 0 },
  fp16: { output: 0.08, match: { pixels: 2, part: 0.05, score: 0.05 }, astray: 0.02 },
  int8: { output: 0.35, match: { pixels: 4, part: 0.12, score: 0.15 }, astray: 0.1 },
};

/** What one of the two computed on one picture; tensors are read at once, so they may be overwritten later. */
export interface Computed {
  outputs: readonly TensorValue[];
  detections: readonly Detection[];
}

export interface AcceptanceFigures {
  pictures: number;
  /** Found by the CPU, by the engine, and by both. */
  expected: number;
  found: number;
  matched: number;
  missing: number;
  extra: number;
  worst_px: number;
  worst_score: number;
  /** By name; null where it could not be compared, since its size depends on what is found. */
  output_errors: Record<string, number | null>;
}

interface OutputSum {
  comparable: boolean;
  numbers: number;
  /** Sums of squares. */
  difference: number;
  size: number;
}

export class Acceptance {
  readonly #specs: readonly TensorSpec[];
  readonly #limits: AcceptanceLimits;
  readonly #threshold: number;
  readonly #sums: OutputSum[];
  readonly #figures: Omit<AcceptanceFigures, 'output_errors'> = {
    ...{ pictures: 0, expected: 0, found: 0, matched: 0, missing: 0, extra: 0, worst_px: 0, worst_score: 0 },
  };
  #broken: string | undefined;

  /** `outputs` of the prepared graph; detections score above `threshold`. */
  constructor(outputs: readonly TensorSpec[], limits: AcceptanceLimits, threshold: number) {
    this.#specs = outputs;
    this.#limits = limits;
    this.#threshold = threshold;
    this.#sums = outputs.map(({ dims, type }) => ({
      comparable: type === 'float32' && !dims.includes(null),
      ...{ numbers: 0, difference: 0, size: 0 },
    }));
  }

  /** Takes what both have computed on one picture. */
  add(engine: Computed, cpu: Computed): void {
    for (const [index, sum] of this.#sums.entries())
      this.#addOutput(index, sum, engine.outputs[index], cpu.outputs[index]);
    const expected = cpu.detections.map(asSample);
    const match = matchSample(expected, engine.detections, this.#threshold, this.#limits.match);
    const figures = this.#figures;
    figures.pictures += 1;
    figures.expected += cpu.detections.length;
    figures.found += engine.detections.length;
    figures.matched += match.matched;
    figures.missing += match.missing.length;
    figures.extra += match.extra.length;
    figures.worst_px = Math.max(figures.worst_px, rounded(match.worstPixels));
    figures.worst_score = Math.max(figures.worst_score, rounded(match.worstScore));
  }

  figures(): AcceptanceFigures {
    const errors = this.#sums.map((sum, index): [string, number | null] => [
      this.#specs[index]?.name ?? '',
      sum.comparable ? rounded(errorOf(sum)) : null,
    ]);
    return { ...this.#figures, output_errors: Object.fromEntries(errors) };
  }

  /** Why the engine must not be used, in one clause that goes on from "the engine"; undefined when it may. */
  disagreement(): string | undefined {
    if (this.#broken !== undefined) return this.#broken;
    const { expected, found, missing, extra } = this.#figures;
    if (missing + extra > Math.floor(this.#limits.astray * expected)) {
      const part = `${missing} of the ${expected} that the CPU finds`;
      return found === 0
        ? `finds nothing where the CPU finds ${expected}`
        : `does not find ${part}, and ${extra} that it does not`;
    }
    const worst = this.#worstOutput();
    if (worst === undefined || worst.error <= this.#limits.output) return undefined;
    return `differs from the CPU by ${percent(worst.error)} in its output "${worst.name}", with ${percent(this.#limits.output)} allowed`;
  }

  #worstOutput(): { name: string; error: number } | undefined {
    return this.#sums
      .map((sum, index) => ({ name: this.#specs[index]?.name ?? '', error: errorOf(sum), sum }))
      .filter(({ sum }) => sum.comparable)
      .sort((a, b) => b.error - a.error)[0];
  }

  #addOutput(index: number, sum: OutputSum, engine?: TensorValue, cpu?: TensorValue): void {
    const name = this.#specs[index]?.name ?? '';
    if (!sum.comparable) return;
    if (engine === undefined || cpu === undefined || engine.data.length !== cpu.data.length) {
      this.#broken ??= `gives ${engine?.data.length ?? 'no'} numbers as "${name}" where the CPU gives ${cpu?.data.length ?? 'none'}`;
      return;
    }
    const [ours, theirs] = [engine.data as Float32Array, cpu.data as Float32Array];
    for (let at = 0; at < theirs.length; at += 1) {
      const [is, wanted] = [ours[at] as number, theirs[at] as number];
      // Padding of scores is minus infinity in some models.
      if (!Number.isFinite(wanted)) continue;
      if (!Number.isFinite(is)) {
        this.#broken ??= `gives ${is} in its output "${name}", where the CPU gives numbers`;
        return;
      }
      sum.numbers += 1;
      sum.difference += (is - wanted) ** 2;
      sum.size += wanted ** 2;
    }
  }
}

function errorOf({ numbers, difference, size }: OutputSum): number {
  if (numbers === 0) return 0;
  return Math.sqrt(difference / numbers) / (Math.sqrt(size / numbers) + EMPTY);
}

function asSample({ label, labelId, score, box }: Detection): SampleDetection {
  return { label, label_id: labelId, score, box: [box.x1, box.y1, box.x2, box.y2] };
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
