/**
 * One model from bundle to detections: opens the bundle, holds the session and its decoder. Everything that depends
 * only on a picture's size is worked out once per size.
 */
import { DetectdError, messageOf } from '../base/errors.js';
import { type Bundle, openBundle } from '../bundle/bundle.js';
import type { Detection } from '../core/detection.js';
import { BYTES_PER_PIXEL, type PixelFormat } from '../core/frame.js';
import type { ModelIdentity } from '../core/frame-result.js';
import type { PictureGeometry } from '../core/picture-geometry.js';
import type { GraphFacts, PreprocessMode, TensorValue } from '../core/prepared-graph.js';
import type { ModelPlan, ProviderName, Thresholds } from '../core/worker-plan.js';
import { auxiliaryFeeds, needsExactMode, pictureGeometry } from '../graph/picture-feeds.js';
import type { Decoder } from '../inference/decoders/decoder.js';
import { selectDecoder } from '../inference/decoders/select.js';
import type { Session } from '../inference/session.js';
import type { ModelReport } from '../ipc/protocol.js';
import { type EngineAccess, type OpenedModel, openModel } from './open-model.js';

/** What run() needs of a frame. */
export interface Picture {
  width: number;
  height: number;
  sourceWidth: number;
  sourceHeight: number;
  data: Uint8Array;
}

export interface RunOutcome {
  /** Best first, in pixels of the source picture. */
  detections: Detection[];
  /** Below the threshold, where the plan wants to know of them. */
  faint: Detection[];
  inferMs: number;
  decodeMs: number;
  /** Pictures that the run of the session was for; 1 by default. */
  together?: number;
}

export interface RunnerOptions {
  /** `live` falls back to `exact` where the network size depends on the picture. */
  mode: PreprocessMode;
  format: PixelFormat;
  /** Folder for unpacked bundle archives. */
  scratchFolder: string;
  /** Called around session.run(); benchmarks account CPU time with it. */
  aroundRun?: { before(): void; after(): void };
  /** Where engines come from; without it the graph is prepared here. */
  engines?: EngineAccess;
}

/** The providers to be trusted, best first; what is configured where nothing says it, the CPU for `auto`. */
export type RunnerPlan = ModelPlan & { providers?: readonly ProviderName[] };

interface SizeEntry {
  geometry: PictureGeometry;
  feeds: Record<string, TensorValue>;
}

/** Cameras seldom change size; folders of pictures do. */
const SIZES_KEPT = 64;

export class ModelRunner {
  readonly report: ModelReport;
  readonly mode: PreprocessMode;
  readonly #bundle: Bundle;
  readonly #graph: GraphFacts;
  readonly #session: Session;
  readonly #engine: OpenedModel['engine'];
  #decoder: Decoder;
  #thresholds: Thresholds;
  readonly #options: RunnerOptions;
  readonly #sizes = new Map<string, SizeEntry>();
  #stack: Uint8Array | undefined;

  private constructor(parts: {
    bundle: Bundle;
    opened: OpenedModel;
    decoder: Decoder;
    thresholds: Thresholds;
    options: RunnerOptions;
    report: ModelReport;
  }) {
    this.#bundle = parts.bundle;
    const { graph, session, engine } = parts.opened;
    this.#graph = graph;
    this.#session = session;
    this.#engine = engine;
    this.#decoder = parts.decoder;
    this.#thresholds = parts.thresholds;
    this.#options = parts.options;
    this.report = parts.report;
    this.mode = graph.mode;
  }

  /** Opens the bundle and its engine or graph, then runs it once on a grey picture. Throws DetectdError. */
  static async load(plan: RunnerPlan, options: RunnerOptions): Promise<ModelRunner> {
    const started = performance.now();
    const bundle = await openBundle(plan.bundle, options.scratchFolder);
    const mode = needsExactMode(bundle.inferCfg) ? 'exact' : options.mode;
    const { format, engines } = options;
    const providers = plan.providers ?? [plan.provider === 'auto' ? 'cpu' : plan.provider];
    const opened = await openModel(plan, bundle, { mode, format, providers, engines });
    const { graph, provider, precision } = opened;
    const decoder = decoderFor(opened.session, bundle, plan);
    const report: ModelReport = {
      identity: identityOf(plan, bundle),
      provider,
      precision,
      family: decoder.family,
      labels: bundle.inferCfg.labels,
      mode,
      networkWidth: graph.networkWidth,
      networkHeight: graph.networkHeight,
      loadMs: 0,
      engines: opened.engine === undefined ? [] : [opened.engine.key],
      wanted: opened.wanted,
      notes: [...graph.notes, ...opened.notes, ...precisionNote(plan, opened)],
    };
    const runner = new ModelRunner({ bundle, opened, decoder, thresholds: plan, options, report });
    await runner.#warmUp();
    if (opened.maxBatch > 1) await runner.#warmUpBatch(opened.maxBatch);
    await opened.survived();
    report.loadMs = Math.round(performance.now() - started);
    return runner;
  }

  /** Detections in one picture, given in the format and, in live mode, the size that was agreed. */
  async run(picture: Picture): Promise<RunOutcome> {
    const { geometry, feeds } = this.#size(picture);
    const channels = BYTES_PER_PIXEL[this.#options.format];
    const image: TensorValue = {
      type: 'uint8',
      data: picture.data,
      dims: [1, picture.height, picture.width, channels],
    };
    this.#options.aroundRun?.before();
    const started = performance.now();
    const outputs = await this.#session.run({ ...feeds, [this.#graph.imageInput]: image });
    const inferred = performance.now();
    this.#options.aroundRun?.after();
    const found = this.#decoder.decode(outputs, geometry);
    return { ...this.#split(found), inferMs: inferred - started, decodeMs: performance.now() - inferred };
  }

  /**
   * Detections in each of several pictures, of the size that was agreed in live mode, in their order; `report.maxBatch` of
   * them at most. `inferMs` is that of all together.
   */
  async runTogether(pictures: readonly Picture[]): Promise<RunOutcome[]> {
    const [first] = pictures;
    if (first === undefined) return [];
    if (pictures.length === 1) return [await this.run(first)];
    const sizes = pictures.map((picture) => this.#size(picture));
    const feeds = joinedFeeds(sizes.map((size) => size.feeds));
    feeds[this.#graph.imageInput] = this.#stacked(pictures);
    this.#options.aroundRun?.before();
    const started = performance.now();
    const outputs = await this.#session.run(feeds);
    const inferMs = performance.now() - started;
    this.#options.aroundRun?.after();
    const together = pictures.length;
    return sizes.map(({ geometry }, place) => {
      const decoding = performance.now();
      const found = this.#decoder.decode(outputOf(outputs, place, together), geometry);
      return { ...this.#split(found), inferMs, decodeMs: performance.now() - decoding, together };
    });
  }

  /** Counts from the next run on. */
  setThresholds(thresholds: Thresholds): void {
    this.#thresholds = thresholds;
    this.#decoder = decoderFor(this.#session, this.#bundle, thresholds);
  }

  async release(): Promise<void> {
    await this.#session.release();
    await this.#engine?.close();
  }

  /** `found` comes best first. */
  #split(found: Detection[]): Pick<RunOutcome, 'detections' | 'faint'> {
    const { threshold } = this.#thresholds;
    if (lowest(this.#thresholds) === threshold) return { detections: found, faint: [] };
    const from = found.findIndex(({ score }) => score <= threshold);
    return from === -1
      ? { detections: found, faint: [] }
      : { detections: found.slice(0, from), faint: found.slice(from) };
  }

  #size(picture: Picture): SizeEntry {
    const key = `${picture.sourceWidth}x${picture.sourceHeight}`;
    const known = this.#sizes.get(key);
    if (known !== undefined) return known;
    const geometry = pictureGeometry(this.#bundle.inferCfg, picture.sourceWidth, picture.sourceHeight);
    const entry = { geometry, feeds: auxiliaryFeeds(this.#graph, geometry) };
    if (this.#sizes.size >= SIZES_KEPT) this.#sizes.clear();
    this.#sizes.set(key, entry);
    return entry;
  }

  async #warmUp(): Promise<void> {
    await this.run(this.#greyPicture());
  }

  /** Outputs that do not tell pictures apart are no use: then they are taken one by one. */
  async #warmUpBatch(maxBatch: number): Promise<void> {
    try {
      await this.runTogether(Array.from({ length: maxBatch }, () => this.#greyPicture()));
      this.report.maxBatch = maxBatch;
    } catch (error) {
      this.#stack = undefined;
      this.report.notes.push(`takes pictures one by one and not ${maxBatch} at once: ${messageOf(error)}`);
    }
  }

  #greyPicture(): Picture {
    const { networkWidth: width, networkHeight: height } = this.#graph;
    const data = new Uint8Array(width * height * BYTES_PER_PIXEL[this.#options.format]).fill(114);
    return { width, height, sourceWidth: width, sourceHeight: height, data };
  }

  /** One behind the other, in a buffer that is kept. */
  #stacked(pictures: readonly Picture[]): TensorValue {
    const { width, height, data } = pictures[0] as Picture;
    const bytes = data.length * pictures.length;
    if (this.#stack === undefined || this.#stack.length < bytes) this.#stack = new Uint8Array(bytes);
    for (const [place, picture] of pictures.entries()) {
      if (picture.data.length !== data.length)
        throw new DetectdError('MODEL_RUN', 'Pictures that are to be analysed at once differ in size.');
      this.#stack.set(picture.data, place * data.length);
    }
    const dims = [pictures.length, height, width, BYTES_PER_PIXEL[this.#options.format]];
    return { type: 'uint8', data: this.#stack.subarray(0, bytes), dims };
  }
}

/** Of several pictures, each input one behind the other. */
function joinedFeeds(each: readonly Record<string, TensorValue>[]): Record<string, TensorValue> {
  const joined: Record<string, TensorValue> = {};
  for (const [name, { type, dims }] of Object.entries(each[0] ?? {})) {
    // What the graph is fed in live mode, im_shape and scale_factor, is float32.
    const values = each.flatMap((feeds) => [...((feeds[name] as TensorValue).data as Float32Array)]);
    joined[name] = { type, data: Float32Array.from(values), dims: [each.length, ...dims.slice(1)] };
  }
  return joined;
}

/** Of one picture among several, as if it had been alone. Throws MODEL_RUN where an output does not tell them apart. */
function outputOf(outputs: readonly TensorValue[], place: number, pictures: number): TensorValue[] {
  return outputs.map(({ type, data, dims: [count, ...rest] }) => {
    if (count !== pictures)
      throw new DetectdError('MODEL_RUN', `An output holds ${count} rows for ${pictures} pictures.`);
    const length = data.length / pictures;
    const own = data.subarray(place * length, (place + 1) * length);
    return { type, data: own as TensorValue['data'], dims: [1, ...rest] };
  });
}

/** The CPU computes in the model's own arithmetic, and so does what is prepared until there is an engine. */
function precisionNote({ precision: asked }: ModelPlan, { precision, wanted }: OpenedModel): string[] {
  if (precision === asked) return [];
  const why = wanted.some((wish) => wish.precision === asked)
    ? 'there is no engine of that yet'
    : 'there is no engine of that here';
  return [`computes in ${precision} and not in ${asked}: ${why}`];
}

function decoderFor(session: Session, bundle: Bundle, thresholds: Thresholds): Decoder {
  const { inferCfg } = bundle;
  const { inputs, outputs } = session;
  return selectDecoder({ inputs, outputs }, inferCfg, {
    threshold: lowest(thresholds),
    labels: inferCfg.labels,
  });
}

function identityOf(plan: ModelPlan, bundle: Bundle): ModelIdentity {
  return { name: plan.name, version: bundle.version, digest: bundle.digest };
}

function lowest({ threshold, faint }: Thresholds): number {
  return Math.min(threshold, faint ?? threshold);
}
