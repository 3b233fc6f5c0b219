/**
 * Runs a bundle once, in a process of its own, and holds what it finds in its samples against what its
 * publisher found. A bundle without samples is at least loaded and run on a grey picture.
 */
import { systemClock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { matchSample } from '../bundle/sample-match.js';
import type { Samples } from '../bundle/samples.js';
import type { Detection } from '../core/detection.js';
import { childEnvironment } from '../health/sd-notify.js';
import { DetectorHost } from '../supervisor/detector-host.js';

export interface SampleCheck {
  provider: string;
  load_ms: number;
  /** Sample pictures, and the expected detections that were found again. */
  pictures: number;
  detections: number;
  /** Largest differences of a corner in pixels and of a score. */
  worst_px: number;
  worst_score: number;
}

export interface SampleCheckOptions {
  /** Folder of the bundle. */
  bundle: string;
  samples: Samples | undefined;
  env: NodeJS.ProcessEnv;
  scratchFolder: string;
  signal: AbortSignal;
  /** Called before each picture. */
  onPicture?: (name: string) => void;
  /** The process to run instead, for tests. */
  module?: URL;
}

/** Throws what loading or a picture fails with, and BUNDLE_SAMPLES where something else is found. */
export async function checkSamples(options: SampleCheckOptions): Promise<SampleCheck> {
  const { bundle, samples, env, scratchFolder, signal, onPicture } = options;
  const threshold = samples?.threshold ?? 0.5;
  const host = new DetectorHost({
    module: options.module ?? new URL('../worker/detect-main.js', import.meta.url),
    env: childEnvironment(env),
    clock: systemClock,
    scratchFolder,
    signal,
    model: { name: 'model', bundle, threshold, provider: 'auto', precision: 'fp32', threads: 0 },
  });
  try {
    const { provider, loadMs } = await host.start();
    const check = { provider, load_ms: loadMs, pictures: 0, detections: 0, worst_px: 0, worst_score: 0 };
    for (const sample of samples?.pictures ?? []) {
      onPicture?.(sample.name);
      let found: Detection[] = [];
      await host.analyse({ path: sample.path, kind: 'image' }, ({ detections }) => {
        found = detections;
      });
      const match = matchSample(sample.detections, found, threshold);
      const [missing] = match.missing;
      const [extra] = match.extra;
      if (missing !== undefined)
        throw disagreement(sample.name, 'does not find', missing.label, missing.score, missing.box);
      if (extra !== undefined) {
        const { x1, y1, x2, y2 } = extra.box;
        throw disagreement(sample.name, 'finds', extra.label, extra.score, [x1, y1, x2, y2]);
      }
      check.pictures += 1;
      check.detections += match.matched;
      check.worst_px = Math.max(check.worst_px, Number(match.worstPixels.toFixed(4)));
      check.worst_score = Math.max(check.worst_score, Number(match.worstScore.toFixed(6)));
    }
    return check;
  } finally {
    await host.close();
  }
}

function disagreement(
  picture: string,
  does: string,
  label: string,
  score: number,
  box: readonly number[],
): DetectdError {
  const corners = box.map((value) => value.toFixed(1)).join(', ');
  return new DetectdError(
    'BUNDLE_SAMPLES',
    `In the sample ${picture} the model ${does} the ${label} of ${score.toFixed(3)} at [${corners}], unlike its publisher.`,
    'Export the model and its samples anew, in one go; the files do not belong together or were changed.',
  );
}
