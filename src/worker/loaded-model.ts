/**
 * A model as the inference thread holds it: in live mode for cameras whose pictures come scaled to the network,
 * in exact mode for those that are cut into tiles. Each is an engine or graph and a session of its own, loaded only when
 * the plan asks for it; a model that runs in exact mode anyway serves both with one.
 */
import type { Detection } from '../core/detection.js';
import type { Frame } from '../core/frame.js';
import type { Slicing } from '../core/slicing.js';
import type { Thresholds, WorkerModelPlan } from '../core/worker-plan.js';
import type { ModelReport } from '../ipc/protocol.js';
import { ModelRunner, type Picture, type RunnerOptions, type RunOutcome } from './model-runner.js';
import { SlicedRunner, shifted } from './sliced-runner.js';

export class LoadedModel {
  readonly report: ModelReport;
  readonly #runners: readonly ModelRunner[];
  readonly #sliced: SlicedRunner;

  private constructor(runners: [ModelRunner, ...ModelRunner[]], options: RunnerOptions) {
    this.#runners = runners;
    const [first] = runners;
    this.#sliced = new SlicedRunner(runners.at(-1) ?? first, options.format);
    const loadMs = runners.reduce((sum, { report }) => sum + report.loadMs, 0);
    const twice = runners.length > 1 ? ['loaded a second time, for cameras that are sliced'] : [];
    const engines = runners.flatMap(({ report }) => report.engines);
    const wanted = runners.flatMap(({ report }) => report.wanted);
    this.report = { ...first.report, loadMs, engines, wanted, notes: [...first.report.notes, ...twice] };
  }

  /** Throws DetectdError. */
  static async load(plan: WorkerModelPlan, options: Omit<RunnerOptions, 'mode'>): Promise<LoadedModel> {
    const load = (mode: 'live' | 'exact') => ModelRunner.load(plan, { ...options, mode });
    const first = await load(plan.modes.includes('live') ? 'live' : 'exact');
    const both = first.mode === 'live' && plan.modes.includes('exact');
    return new LoadedModel(both ? [first, await load('exact')] : [first], { ...options, mode: first.mode });
  }

  /**
   * Detections in one picture; where it is sliced, `onTile` is called after each inference. A picture that is part of
   * another is analysed for itself, its boxes are in pixels of the whole.
   */
  async run(
    picture: Picture & Pick<Frame, 'region'>,
    slicing: Slicing | undefined,
    onTile: () => void,
  ): Promise<RunOutcome> {
    const { region } = picture;
    if (region === undefined) return this.#run(picture, slicing, onTile);
    const part = { ...picture, sourceWidth: region.width, sourceHeight: region.height };
    const outcome = await this.#run(part, slicing, onTile);
    const inWhole = (found: Detection[]) => found.map((detection) => shifted(detection, region));
    return { ...outcome, detections: inWhole(outcome.detections), faint: inWhole(outcome.faint) };
  }

  #run(picture: Picture, slicing: Slicing | undefined, onTile: () => void): Promise<RunOutcome> {
    if (slicing !== undefined) return this.#sliced.run(picture, slicing, onTile);
    return (this.#runners[0] as ModelRunner).run(picture);
  }

  /** Detections in each of several pictures that are not sliced, `report.maxBatch` of them at most. */
  runTogether(pictures: readonly Picture[]): Promise<RunOutcome[]> {
    return (this.#runners[0] as ModelRunner).runTogether(pictures);
  }

  setThresholds(thresholds: Thresholds): void {
    for (const runner of this.#runners) runner.setThresholds(thresholds);
  }

  async release(): Promise<void> {
    for (const runner of this.#runners) await runner.release();
  }
}
