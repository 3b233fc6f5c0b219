/** A session that is fed pictures to be held against another one: a fresh engine, or the CPU that it has to agree with. */
import type { InferCfg } from '../bundle/infer-cfg.js';
import { BYTES_PER_PIXEL } from '../core/frame.js';
import type { GraphFacts, TensorValue } from '../core/prepared-graph.js';
import type { Computed } from '../engines/acceptance.js';
import { auxiliaryFeeds, pictureGeometry } from '../graph/picture-feeds.js';
import type { Decoder } from '../inference/decoders/decoder.js';
import { selectDecoder } from '../inference/decoders/select.js';
import type { Session } from '../inference/session.js';

/** Pixels as the graph takes them, uint8 height × width × channels, and the size that they stand for. */
export interface ProofPicture {
  width: number;
  height: number;
  sourceWidth: number;
  sourceHeight: number;
  data: Uint8Array;
}

/** What a contender needs of a session. */
export type ProofSession = Pick<Session, 'inputs' | 'outputs' | 'run' | 'release'>;

export class Contender {
  readonly #graph: GraphFacts;
  readonly #cfg: InferCfg;
  readonly #session: ProofSession;
  readonly #decoder: Decoder;

  /** Throws MODEL_FAMILY. The session becomes the contender's. */
  constructor(graph: GraphFacts, cfg: InferCfg, session: ProofSession, threshold: number) {
    this.#graph = graph;
    this.#cfg = cfg;
    this.#session = session;
    this.#decoder = selectDecoder(session, cfg, { threshold, labels: cfg.labels });
  }

  /** Its outputs are overwritten by its next run. Throws MODEL_RUN. */
  async run({ width, height, sourceWidth, sourceHeight, data }: ProofPicture): Promise<Computed> {
    const geometry = pictureGeometry(this.#cfg, sourceWidth, sourceHeight);
    const dims = [1, height, width, BYTES_PER_PIXEL[this.#graph.format]];
    const image: TensorValue = { type: 'uint8', data, dims };
    const feeds = { ...auxiliaryFeeds(this.#graph, geometry), [this.#graph.imageInput]: image };
    const outputs = await this.#session.run(feeds);
    return { outputs, detections: this.#decoder.decode(outputs, geometry) };
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
