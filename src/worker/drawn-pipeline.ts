/**
 * A capture pipeline that begins with pictures drawn here. One picture at a time is on its way: it is drawn when
 * the camera asks for one and it is due, pushed, and pulled again. So the truth it was drawn with is the truth of
 * the picture that comes out, and whatever falls due while the camera is busy is skipped, as with a real one.
 */
import type { Clock, Timer } from '../base/clock.js';
import { returnMemory } from '../base/memory-return.js';
import type { BusMessage, CapturePipeline, Picture, PictureSize } from '../capture/capture-pipeline.js';
import type { Jpeg } from '../capture/jpeg-tap.js';
import type { Setting } from '../capture/picture-chain.js';
import type { DrawingHost } from './drawing-host.js';

export interface DrawnPipelineOptions {
  /** Begins with an app source and loses nothing from there to its end. */
  inner: CapturePipeline;
  /** A new drawing thread; each run has its own. */
  drawing: () => Pick<DrawingHost, 'start' | 'draw' | 'close'>;
  /** Most pictures per second. */
  fps: number;
  clock: Clock;
}

/** From play() to stop(). */
interface Run {
  drawing: Pick<DrawingHost, 'start' | 'draw' | 'close'>;
  startedUs: number;
  /** Number of the next picture in the schedule: picture n shows the scene after n/fps seconds. */
  next: number;
  over: boolean;
  pull: Promise<Picture | null> | undefined;
  timer: Timer | undefined;
  /** Ends the wait for a picture to fall due. */
  wake: () => void;
}

export class DrawnPipeline implements CapturePipeline {
  readonly #options: DrawnPipelineOptions;
  #run: Run | undefined;
  /** The pull under way inside, of this run or of the one before. */
  #taking: Promise<Picture | null> | undefined;

  constructor(options: DrawnPipelineOptions) {
    this.#options = options;
  }

  open(): void {
    this.#options.inner.open();
  }

  play(): void {
    if (this.#run !== undefined) return;
    const drawing = this.#options.drawing();
    drawing.start();
    this.#run = {
      drawing,
      startedUs: this.#options.clock.monotonicUs(),
      next: 0,
      over: false,
      pull: undefined,
      timer: undefined,
      wake: () => {},
    };
    this.#options.inner.play();
  }

  stop(): void {
    this.#endRun();
    this.#options.inner.stop();
  }

  sendEos(): void {
    this.#endRun();
    this.#options.inner.sendEos();
  }

  push(): void {
    throw new Error('This pipeline draws its pictures itself.');
  }

  pull(): Promise<Picture | null> {
    const run = this.#run;
    if (run === undefined) return this.#options.inner.pull();
    run.pull ??= this.#next(run).finally(() => {
      run.pull = undefined;
    });
    return run.pull;
  }

  sourceSize(): Promise<PictureSize | undefined> {
    return this.#options.inner.sourceSize();
  }

  jpeg(quality: number): Promise<Jpeg | undefined> {
    return this.#options.inner.jpeg(quality);
  }

  arrivedBytes(): undefined {
    return undefined;
  }

  packetNumbers(): Promise<number[]> {
    return Promise.resolve([]);
  }

  onBus(listener: (message: BusMessage) => void): void {
    this.#options.inner.onBus(listener);
  }

  set(settings: readonly Setting[]): void {
    this.#options.inner.set(settings);
  }

  close(): void {
    this.#endRun();
    this.#options.inner.close();
  }

  async #next(run: Run): Promise<Picture | null> {
    const { inner, clock, fps } = this.#options;
    // A picture of the run before would come out as if it were the first of this one.
    await this.#taking?.catch(() => {});
    if (run.over) return null;
    const elapsed = (clock.monotonicUs() - run.startedUs) / 1e6;
    const number = Math.max(run.next, Math.floor(elapsed * fps));
    run.next = number + 1;
    if (number / fps > elapsed) await this.#untilDue(run, (number / fps - elapsed) * 1000);
    if (run.over) return null;
    const drawn = await run.drawing.draw(number / fps);
    if (drawn === undefined || run.over) return null;
    inner.push(drawn.data);
    returnMemory([drawn.data.buffer]);
    this.#taking = inner.pull().finally(() => {
      this.#taking = undefined;
    });
    const picture = await this.#taking;
    return picture === null ? null : { ...picture, truth: drawn.truth };
  }

  #untilDue(run: Run, ms: number): Promise<void> {
    return new Promise((resolve) => {
      run.wake = resolve;
      run.timer = this.#options.clock.after(ms, resolve);
    });
  }

  #endRun(): void {
    const run = this.#run;
    this.#run = undefined;
    if (run === undefined) return;
    run.over = true;
    run.timer?.cancel();
    run.wake();
    run.drawing.close();
  }
}
