/**
 * A new version of a model in the inference thread, beside the one that serves: it gets the same pictures after that one,
 * and what both have found is compared. Whatever is the matter with it ends it and nothing else.
 */
import { DetectdError } from '../base/errors.js';
import { agreement } from '../core/agreement.js';
import type { Detection } from '../core/detection.js';
import type { Frame } from '../core/frame.js';
import type { Slicing } from '../core/slicing.js';
import type { WorkerModelPlan } from '../core/worker-plan.js';
import { LoadedModel } from './loaded-model.js';
import type { RunnerOptions } from './model-runner.js';
import type { FromThread } from './thread-protocol.js';

/** Of one frame; the counts are of all. */
const MOST_EXAMPLES = 4;

type Told = Extract<FromThread, { type: 'shadow' | 'shadow-failed' }>;

/** Never rejects: what keeps it from running is told. */
export async function loadShadow(
  plan: WorkerModelPlan,
  active: Pick<LoadedModel, 'report'> | undefined,
  options: Omit<RunnerOptions, 'mode'>,
  tell: (message: Told) => void,
): Promise<ShadowRunner | undefined> {
  try {
    const loaded = await LoadedModel.load(plan, options);
    const runner = new ShadowRunner(loaded, tell);
    if (active !== undefined && takesTheSame(active, loaded)) return runner;
    await runner.release();
    throw otherPictures(plan.name);
  } catch (thrown) {
    tell({ type: 'shadow-failed', error: DetectdError.from(thrown, 'MODEL_FAILS').toData() });
    return undefined;
  }
}

export class ShadowRunner {
  readonly #tell: (message: Told) => void;
  #model: LoadedModel | undefined;

  constructor(model: LoadedModel, tell: (message: Told) => void) {
    this.#model = model;
    this.#tell = tell;
  }

  /** `found` by the version that serves. Never rejects. */
  async analyse(
    frame: Frame,
    slicing: Slicing | undefined,
    found: readonly Detection[],
    onTile: () => void,
  ): Promise<void> {
    if (this.#model === undefined) return;
    try {
      const { detections } = await this.#model.run(frame, slicing, onTile);
      const { both, onlyOld, onlyNew } = agreement(found, detections);
      this.#tell({
        type: 'shadow',
        report: {
          camera: frame.camera,
          capturedAtUs: frame.capturedAtUs,
          imageWidth: frame.sourceWidth,
          imageHeight: frame.sourceHeight,
          both,
          onlyOld: onlyOld.length,
          onlyNew: onlyNew.length,
          examplesOld: onlyOld.slice(0, MOST_EXAMPLES),
          examplesNew: onlyNew.slice(0, MOST_EXAMPLES),
        },
      });
    } catch (thrown) {
      this.#tell({ type: 'shadow-failed', error: DetectdError.from(thrown, 'MODEL_RUN').toData() });
      await this.release();
    }
  }

  async release(): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    await model?.release();
  }
}

/** A camera's pictures come in the size of the network that serves. */
function takesTheSame({ report: a }: Pick<LoadedModel, 'report'>, { report: b }: LoadedModel): boolean {
  if (a.mode !== b.mode) return false;
  return a.mode === 'exact' || (a.networkWidth === b.networkWidth && a.networkHeight === b.networkHeight);
}

function otherPictures(name: string): DetectdError {
  return new DetectdError(
    'MODEL_FAILS',
    `The new version of "${name}" takes pictures of another size and cannot run beside the one that serves.`,
    'Remove updates.shadow for this change.',
  );
}
