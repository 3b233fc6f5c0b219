/**
 * The main thread's end of a drawing thread: asks for one picture at a time and tells its death. It ends at
 * once when closed, whatever the thread is drawing.
 */
import { Worker } from 'node:worker_threads';
import { DetectdError } from '../base/errors.js';
import type { Truth } from '../core/truth.js';
import type { DrawingOptions, FromDrawing, ToDrawing } from './drawing-protocol.js';

export interface DrawnPicture {
  /** RGB, rows as GStreamer wants them. */
  data: Uint8Array<ArrayBuffer>;
  truth: Truth;
}

interface Waiting {
  resolve: (picture: DrawnPicture | undefined) => void;
  reject: (error: Error) => void;
}

const HINT = 'Try a smaller picture: test:shapes?width=640&height=480.';
const ENTRY = new URL('./drawing-thread.js', import.meta.url);

export class DrawingHost {
  readonly #options: DrawingOptions;
  readonly #entry: URL;
  #thread: Worker | undefined;
  #failure: DetectdError | undefined;
  #waiting: Waiting | undefined;

  /** @param entry the thread's program; tests give another one */
  constructor(options: DrawingOptions, entry = ENTRY) {
    this.#options = options;
    this.#entry = entry;
  }

  start(): void {
    // Whatever the process was started with, drawing needs none of it.
    const thread = new Worker(this.#entry, { workerData: this.#options, execArgv: [] });
    this.#thread = thread;
    thread.on('message', (message: FromDrawing) => {
      if (message.type === 'drawn') this.#take()?.resolve(message);
      else this.#fail(DetectdError.fromData(message.error));
    });
    thread.once('error', (error) => this.#fail(error));
    thread.once('exit', (code) => this.#fail(`exit status ${code}`));
  }

  /**
   * The picture of that moment of the scene; undefined when closed meanwhile. Throws CAMERA_LOST when the
   * thread cannot draw or is gone. One call at a time.
   */
  draw(timeSeconds: number): Promise<DrawnPicture | undefined> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const thread = this.#thread;
    if (thread === undefined) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      thread.postMessage({ type: 'draw', timeSeconds } satisfies ToDrawing);
    });
  }

  /** Ends the thread; a picture that is awaited never comes. */
  close(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#take()?.resolve(undefined);
    void thread?.terminate();
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  #fail(cause: unknown): void {
    if (this.#thread === undefined || this.#failure !== undefined) return;
    const why = DetectdError.from(typeof cause === 'string' ? new Error(cause) : cause).message;
    this.#failure = new DetectdError(
      'CAMERA_LOST',
      `The drawn scene ended: ${why.replace(/\.$/, '')}.`,
      HINT,
      typeof cause === 'string' ? {} : { cause },
    );
    this.#take()?.reject(this.#failure);
  }
}
