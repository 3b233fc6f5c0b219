/**
 * Adds up what a new version finds beside the one that serves, camera by camera, and ends the run when its time is over.
 * It is told, and refused only where somebody asked for so much agreement.
 */
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { ShadowCamera, ShadowFacts } from '../core/model-trial.js';
import type { ShadowReport, WorkerMessage } from '../ipc/protocol.js';
import type { WorkerFailure } from './supervision.js';

export interface ShadowOptions {
  /** Name in the configuration, and digest and bundle of the new version. */
  model: string;
  digest: string;
  bundle: string;
  /** From the first frame that both have analysed. */
  seconds: number;
  /** Part of all detections that both must find; 0 only tells. */
  minAgreement: number;
  /** Every few seconds, and at the end. */
  onFacts: (facts: ShadowFacts) => void;
}

interface Run {
  options: ShadowOptions;
  sinceUs: number | undefined;
  cameras: Map<string, ShadowCamera>;
  fail: (error: DetectdError) => void;
}

const TELL_MS = 5000;
const MOST_EXAMPLES = 3;
const MOST_CAMERAS = 256;

export class ShadowWatch {
  readonly #clock: Clock;
  #run: Run | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A worker with the new version beside the other one serves, or is to. Resolves when the time is over; rejects with
   * MODEL_DISAGREES, MODEL_FAILS, what kept the new version from running, or the reason of the signal. One at a time.
   */
  watch(options: ShadowOptions, signal: AbortSignal): Promise<ShadowFacts> {
    const { seconds, onFacts } = options;
    return new Promise((resolve, reject) => {
      let lastTold = this.#clock.monotonicUs();
      const end = (act: () => void): void => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        if (this.#run === run) this.#run = undefined;
        act();
      };
      const run: Run = {
        options,
        sinceUs: undefined,
        cameras: new Map(),
        fail: (error) => {
          onFacts(this.#facts(run, true));
          end(() => reject(error));
        },
      };
      const onAbort = (): void => end(() => reject(signal.reason));
      const timer = this.#clock.every(1000, () => {
        const nowUs = this.#clock.monotonicUs();
        const done = run.sinceUs !== undefined && nowUs - run.sinceUs >= seconds * 1e6;
        if (!done && nowUs - lastTold < TELL_MS * 1000) return;
        lastTold = nowUs;
        const facts = this.#facts(run, done);
        const error = done ? disagreement(options, facts) : undefined;
        if (error !== undefined) return run.fail(error);
        onFacts(facts);
        if (done) end(() => resolve(facts));
      });
      this.#run = run;
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
    });
  }

  /** All that workers say; most of it is not of this. */
  take(message: WorkerMessage): void {
    if (message.type === 'shadow') this.#add(message.report);
    else if (message.type === 'shadow-failed')
      this.#run?.fail(failed(this.#run.options, message.error.message));
  }

  /** A worker failed: one that ran the new version beside the other is believed to have done so for it. */
  workerFailed(error: DetectdError, failure: WorkerFailure | undefined): void {
    const run = this.#run;
    if (run === undefined || failure?.camera !== undefined) return;
    if (failure?.plan.shadow?.model.bundle === run.options.bundle)
      run.fail(failed(run.options, error.message));
  }

  #add(report: ShadowReport): void {
    const run = this.#run;
    if (run === undefined) return;
    const { camera, both, onlyOld, onlyNew, examplesOld, examplesNew } = report;
    const known = run.cameras.get(camera);
    if (known === undefined && run.cameras.size >= MOST_CAMERAS) return;
    run.sinceUs ??= this.#clock.monotonicUs();
    const sum = known ?? { camera, frames: 0, both: 0, onlyOld: 0, onlyNew: 0, examples: [] };
    sum.frames += 1;
    sum.both += both;
    sum.onlyOld += onlyOld;
    sum.onlyNew += onlyNew;
    if (onlyOld + onlyNew > 0) {
      const ageMs = (this.#clock.monotonicUs() - report.capturedAtUs) / 1000;
      sum.examples = [
        ...sum.examples.slice(1 - MOST_EXAMPLES),
        {
          ts: new Date(this.#clock.wallMs() - ageMs).toISOString(),
          onlyOld: examplesOld,
          onlyNew: examplesNew,
          width: report.imageWidth,
          height: report.imageHeight,
        },
      ];
    }
    run.cameras.set(camera, sum);
  }

  #facts({ options: { model, digest }, sinceUs, cameras }: Run, done: boolean): ShadowFacts {
    const all = [...cameras.values()];
    const total = (key: 'frames' | 'both' | 'onlyOld' | 'onlyNew'): number =>
      all.reduce((sum, camera) => sum + camera[key], 0);
    const found = total('both') + total('onlyOld') + total('onlyNew');
    const seconds = sinceUs === undefined ? 0 : Math.round((this.#clock.monotonicUs() - sinceUs) / 1e6);
    return {
      ...{ model, digest, seconds, done, frames: total('frames') },
      agreement: found === 0 ? undefined : total('both') / found,
      cameras: all.map((camera) => ({ ...camera, examples: [...camera.examples] })),
    };
  }
}

function disagreement(
  { model, minAgreement }: ShadowOptions,
  { agreement = 1, frames }: ShadowFacts,
): DetectdError | undefined {
  if (agreement >= minAgreement) return undefined;
  const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
  return new DetectdError(
    'MODEL_DISAGREES',
    `In ${frames} frames the new model "${model}" and the one that serves agree on ${percent(agreement)} of what they find, less than ${percent(minAgreement)}.`,
    'Look at models/<name>/shadow for what only one of them finds; set updates.shadow.min_agreement lower to take it.',
  );
}

function failed({ model }: ShadowOptions, message: string): DetectdError {
  return new DetectdError(
    'MODEL_FAILS',
    `The new model "${model}" failed beside the one that serves: ${message}`,
    'It does not serve, the one before does. Mend the model, or remove updates.shadow for this change.',
  );
}
