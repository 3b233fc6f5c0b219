/**
 * A pipeline that hands out a view: part of the picture, or turned. What has to be cut off depends on the size of the
 * source, which is known once it plays: the elements are told then, and no picture comes out that was made before that.
 * It need not know how it is composed with others: to a camera it is a pipeline like any.
 */
import type { Clock } from '../base/clock.js';
import { endsByItself } from '../core/source.js';
import type { PixelRegion, View } from '../core/view.js';
import { analysedRegion, type Size, seenSize, seenTruth } from './camera-view.js';
import type { BusMessage, CapturePipeline, Picture, PictureSize } from './capture-pipeline.js';
import type { ElementSet } from './elements.js';
import type { Jpeg } from './jpeg-tap.js';
import { chainSettings, harmlessSettings, type Setting } from './picture-chain.js';
import { chainInput, type PipelineInput } from './pipeline-string.js';

export interface ViewPipelineOptions {
  inner: CapturePipeline;
  view: View;
  /** Pictures have the size of what is left of the source's. */
  atSourceSize: boolean;
  /** The elements are told while nothing plays: they cannot change, or no picture may be lost. */
  whileStopped: boolean;
  /** For a source of that size. */
  settings: (source: Size) => Setting[];
  /** That fit a source of any size. */
  harmless: Setting[];
  clock: Pick<Clock, 'monotonicUs'>;
}

/** With a region another size means other pixels: it is looked for more often than where it is only told of. */
const SIZE_CHECK_US = 1_000_000;
/** Between the elements that were told and whoever pulls there are one picture on its way and one that waits. */
const MOST_STALE = 2;
/** What is on its way arrives within this time; what comes later at a low rate is new. */
const STALE_US = 1_000_000;

/** The pipeline of that text with the view that the input asks for, or as it is where it asks for none. */
export function withView(
  inner: CapturePipeline,
  input: PipelineInput,
  elements: ElementSet,
  clock: ViewPipelineOptions['clock'],
): CapturePipeline {
  const { view, source, target } = input;
  if (view === undefined) return inner;
  const chain = chainInput(input);
  return new ViewPipeline({
    inner,
    view,
    atSourceSize: target.kind === 'source-size',
    whileStopped: elements.has('nvvidconv') || endsByItself(source),
    settings: (size) => chainSettings(chain, elements, size),
    harmless: harmlessSettings(chain, elements),
    clock,
  });
}

export class ViewPipeline implements CapturePipeline {
  readonly #options: ViewPipelineOptions;
  /** Counts plays and stops: what belongs to an earlier run yields nothing. */
  #run = 0;
  /** It was asked to end: nothing is played again for the sake of a view. */
  #ending = false;
  #pulling: { run: number; picture: Promise<Picture | null> } | undefined;
  /** As the source delivers it, in this run. */
  #source: PictureSize | undefined;
  #nextCheckUs = 0;
  /** What the elements are set for; undefined while that is harmless. */
  #fitted: Size | undefined;
  #whole: Size = { width: 0, height: 0 };
  #region: PixelRegion | undefined;
  /** Runs in a row that showed nothing. */
  #fruitless = 0;
  #stale = 0;
  #staleUntilUs = 0;

  constructor(options: ViewPipelineOptions) {
    this.#options = options;
  }

  open(): void {
    this.#options.inner.open();
  }

  play(): void {
    const { inner, harmless, whileStopped } = this.#options;
    // Who waits for a key frame twice may be too late the first time.
    if (this.#fitted !== undefined && this.#fruitless > (whileStopped ? 1 : 0)) {
      inner.set(harmless);
      this.#fitted = undefined;
    }
    this.#run += 1;
    this.#fruitless += 1;
    this.#source = undefined;
    this.#stale = 0;
    this.#ending = false;
    inner.play();
  }

  stop(): void {
    this.#run += 1;
    this.#options.inner.stop();
  }

  sendEos(): void {
    this.#ending = true;
    this.#options.inner.sendEos();
  }

  push(bytes: Uint8Array, atUs?: number): void {
    this.#options.inner.push(bytes, atUs);
  }

  pull(): Promise<Picture | null> {
    const run = this.#run;
    if (this.#pulling?.run === run) return this.#pulling.picture;
    const picture = this.#next(run).finally(() => {
      if (this.#pulling?.run === run) this.#pulling = undefined;
    });
    this.#pulling = { run, picture };
    return picture;
  }

  async sourceSize(): Promise<PictureSize | undefined> {
    const size = await this.#options.inner.sourceSize();
    return size === undefined ? undefined : { ...size, ...seenSize(size, this.#options.view.rotate) };
  }

  jpeg(quality: number): Promise<Jpeg | undefined> {
    return this.#options.inner.jpeg(quality);
  }

  arrivedBytes(): number | undefined {
    return this.#options.inner.arrivedBytes();
  }

  packetNumbers(): Promise<number[]> {
    return this.#options.inner.packetNumbers();
  }

  onBus(listener: (message: BusMessage) => void): void {
    this.#options.inner.onBus(listener);
  }

  set(settings: readonly Setting[]): void {
    this.#options.inner.set(settings);
  }

  close(): void {
    this.#run += 1;
    this.#options.inner.close();
  }

  async #next(run: number): Promise<Picture | null> {
    const { inner, clock } = this.#options;
    for (;;) {
      const picture = await inner.pull();
      if (run !== this.#run || picture === null) return null;
      const nowUs = clock.monotonicUs();
      const source = this.#knownSource(picture, nowUs) ?? (await inner.sourceSize());
      if (run !== this.#run) return null;
      if (source === undefined || this.#ending) continue;
      this.#source = source;
      if (!isSame(source, this.#fitted)) {
        if (this.#fit(source, nowUs)) continue;
      } else if (this.#stale > 0) {
        this.#stale -= 1;
        if (nowUs < this.#staleUntilUs) continue;
        this.#stale = 0;
      }
      this.#fruitless = 0;
      return this.#seen(picture, source);
    }
  }

  #knownSource(picture: Picture, nowUs: number): PictureSize | undefined {
    const { inner, view, atSourceSize } = this.#options;
    if (atSourceSize && view.region === undefined) return seenSize(picture, view.rotate);
    if (this.#source === undefined) this.#nextCheckUs = nowUs + SIZE_CHECK_US;
    else if (nowUs >= this.#nextCheckUs) {
      this.#nextCheckUs = nowUs + SIZE_CHECK_US;
      const run = this.#run;
      const update = (size: PictureSize | undefined): void => {
        if (run === this.#run && size !== undefined) this.#source = size;
      };
      inner.sourceSize().then(update, () => {});
    }
    return this.#source;
  }

  /** Has pictures of a source of this size cut as they should be; whether that makes those before it useless. */
  #fit(source: Size, nowUs: number): boolean {
    const { inner, view, settings, harmless, whileStopped } = this.#options;
    this.#fitted = { width: source.width, height: source.height };
    this.#whole = seenSize(source, view.rotate);
    this.#region = analysedRegion(source, view);
    const wanted = settings(source);
    if (wanted.length === 0) return false;
    if (whileStopped) {
      inner.stop();
      inner.set(wanted);
      inner.play();
      return true;
    }
    // One after the other: what was set for a larger picture might leave nothing of this one meanwhile.
    inner.set(harmless);
    inner.set(wanted);
    this.#stale = MOST_STALE;
    this.#staleUntilUs = nowUs + STALE_US;
    return true;
  }

  #seen(picture: Picture, source: Size): Picture {
    const { view } = this.#options;
    return {
      ...picture,
      whole: this.#whole,
      ...(this.#region === undefined ? {} : { region: this.#region }),
      ...(picture.truth === undefined ? {} : { truth: seenTruth(picture.truth, source, view) }),
    };
  }
}

function isSame(a: Size, b: Size | undefined): boolean {
  return a.width === b?.width && a.height === b?.height;
}
