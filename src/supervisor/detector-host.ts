/** The parent's end of the detect process: opens a model there, then sends one file after the other. */
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Slicing } from '../core/slicing.js';
import type { ModelPlan } from '../core/worker-plan.js';
import {
  type DetectJob,
  FROM_DETECTOR_TYPES,
  type FromDetector,
  type PictureResult,
  type ToDetector,
} from '../ipc/detect-protocol.js';
import type { ModelReport } from '../ipc/protocol.js';
import { Conversation } from './conversation.js';

export interface DetectorOptions {
  module: URL;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  model: ModelPlan;
  /** Folder for unpacked bundle archives. */
  scratchFolder: string;
  /** How pictures are cut into tiles; undefined analyses them as they are. */
  slicing?: Slicing | undefined;
  /** Aborted, it ends the process at once; what is asked for then fails with its reason. */
  signal?: AbortSignal;
}

export class DetectorHost {
  readonly #options: DetectorOptions;
  readonly #conversation: Conversation<ToDetector, FromDetector>;

  constructor(options: DetectorOptions) {
    this.#options = options;
    this.#conversation = new Conversation({ ...options, accepts: FROM_DETECTOR_TYPES });
  }

  /** False once a file has taken the process with it. */
  get alive(): boolean {
    return this.#conversation.alive;
  }

  get pid(): number | undefined {
    return this.#conversation.pid;
  }

  /** Starts the process and loads the model. Throws the model's error, and WORKER_HUNG after `timeoutMs`. */
  start(timeoutMs?: number): Promise<ModelReport> {
    const { model, scratchFolder, slicing } = this.#options;
    this.#conversation.start();
    return this.#conversation.ask(
      { type: 'open', model, scratchFolder, slicing },
      (answer) => (answer.type === 'opened' ? answer.report : undefined),
      timeoutMs,
    );
  }

  /** Analyses one file; `onPicture` is called for each picture of it. Returns how many; throws when the file fails. */
  analyse(job: DetectJob, onPicture: (result: PictureResult) => void): Promise<number> {
    return this.#conversation.ask({ type: 'analyse', job }, (answer) => {
      if (answer.type === 'picture') onPicture(answer.result);
      if (answer.type === 'failed') throw DetectdError.fromData(answer.error);
      return answer.type === 'done' ? answer.pictures : undefined;
    });
  }

  /** Writes a drawn scene as a JPEG file, for whoever has no picture. */
  draw(path: string): Promise<true> {
    return this.#conversation.ask({ type: 'draw', path }, (answer) => answer.type === 'drawn' || undefined);
  }

  /** Lets it finish the file that it is at. */
  close(): Promise<void> {
    return this.#conversation.close({ type: 'end' });
  }

  /** Ends it wherever it is. */
  kill(): Promise<void> {
    return this.#conversation.close();
  }
}
