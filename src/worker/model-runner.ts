/**
 * One model from bundle to detections: opens the bundle, holds the session and its decoder. Everything that depends
 * only on a picture's size is worked out once per size.
 */
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
  /** Best first. */
  detections: Detection[];
  /** Below the threshold, where the plan wants to know of them. */
  faint: Detection[];
  inferMs: number;
  decodeMs: number;
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
    const { networkWidth: width, networkHeight: height } = this.#graph;
    const data = new Uint8Array(width * height * BYTES_PER_PIXEL[this.#options.format]).fill(114);
    await this.run({ width, height, sourceWidth: width, sourceHeight: height, data });
  }
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
