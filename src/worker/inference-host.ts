/**
 * The main thread's end of the inference thread: loads the models there, hands frames over without a copy
 * and tells how many are on their way.
 */
import { Worker } from 'node:worker_threads';
import { DetectdError } from '../base/errors.js';
import type { Frame } from '../core/frame.js';
import type { FrameResult } from '../core/frame-result.js';
import type { Slicing } from '../core/slicing.js';
import type { Thresholds } from '../core/worker-plan.js';
import type { ModelReport } from '../ipc/protocol.js';
import type { FromThread, ThreadOptions, ToThread } from './thread-protocol.js';

export interface InferenceHandlers {
  onResult: (result: FrameResult) => void;
  onFrameFailed: (camera: string, error: DetectdError) => void;
  /** A frame that takes many inferences has had one more. */
  onProgress: () => void;
  /** A version beside the one that serves has analysed a frame, or cannot. */
  onShadow: (message: Extract<FromThread, { type: 'shadow' | 'shadow-failed' }>) => void;
  /** The thread died; the worker has to be replaced. */
  onDeath: (error: DetectdError) => void;
}

export class InferenceHost {
  readonly #options: ThreadOptions;
  readonly #handlers: InferenceHandlers;
  #thread: Worker | undefined;
  /** Frames of each run that are not answered yet, in the order of the runs. */
  readonly #runs: number[] = [];
  #ending = false;
  /** CPU time inside session.run() so far, where it is measured. */
  inferCpuMs = 0;

  constructor(options: ThreadOptions, handlers: InferenceHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Frames handed over and not yet answered. */
  get inFlight(): number {
    return this.#runs.reduce((sum, frames) => sum + frames, 0);
  }

  /** Runs of a model that are under way or behind one. */
  get runs(): number {
    return this.#runs.length;
  }

  /** Starts the thread and loads every model. Throws the first model's error. */
  start(): Promise<ModelReport[]> {
    const thread = new Worker(new URL('./inference-thread.js', import.meta.url), {
      workerData: this.#options,
    });
    this.#thread = thread;
    return new Promise((resolve, reject) => {
      thread.on('message', (message: FromThread) => {
        if (message.type === 'loaded') resolve(message.models);
        else if (message.type === 'load-failed') reject(DetectdError.fromData(message.error));
        else if (message.type === 'progress') this.#handlers.onProgress();
        else if (message.type === 'shadow' || message.type === 'shadow-failed')
          this.#handlers.onShadow(message);
        else this.#answered(message);
      });
      const died = (error: DetectdError): void => {
        reject(error);
        if (!this.#ending) this.#handlers.onDeath(error);
      };
      thread.once('error', (error) => died(threadDeath(error)));
      thread.once('exit', (code) => died(threadDeath(`exit status ${code}`)));
    });
  }

  /** The version beside the one that serves ends. */
  dropShadow(): void {
    this.#thread?.postMessage({ type: 'drop-shadow' } satisfies ToThread);
  }

  /**
   * Hands frames over that are analysed at once, and which of them by a version beside the one that serves, too. Their
   * buffers are transferred and no longer usable here.
   */
  infer(model: string, frames: Frame[], slicing?: Slicing, shadowed: boolean[] = []): void {
    this.#runs.push(frames.length);
    const message: ToThread = { type: 'infer', model, frames, slicing, shadowed };
    const buffers = frames.map(({ data }) => data.buffer);
    this.#thread?.postMessage(message, buffers);
  }

  /** Drops what scores at or below these from the next frame on, by model. */
  setThresholds(thresholds: Record<string, Thresholds>): void {
    this.#thread?.postMessage({ type: 'thresholds', thresholds } satisfies ToThread);
  }

  /** Ends the thread after the frames in flight. */
  async close(): Promise<void> {
    this.#ending = true;
    const thread = this.#thread;
    if (thread === undefined) return;
    const gone = new Promise((resolve) => thread.once('exit', resolve));
    thread.postMessage({ type: 'end' } satisfies ToThread);
    await gone;
  }

  #answered(message: Extract<FromThread, { type: 'result' | 'frame-failed' }>): void {
    const [left = 1] = this.#runs;
    if (left > 1) this.#runs[0] = left - 1;
    else this.#runs.shift();
    if (message.type === 'result') {
      this.inferCpuMs = message.inferCpuMs;
      this.#handlers.onResult(message.result);
    } else {
      this.#handlers.onFrameFailed(message.camera, DetectdError.fromData(message.error));
    }
  }
}

function threadDeath(cause: unknown): DetectdError {
  const error = DetectdError.from(cause, 'WORKER_CRASHED');
  return new DetectdError(
    'WORKER_CRASHED',
    `The inference thread ended: ${error.message}.`,
    'detectd starts the worker again; if this repeats, run "detectd doctor" and report it with the log.',
    { cause },
  );
}
