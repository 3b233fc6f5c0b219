/** Holds a fresh engine against the CPU provider on pictures, and says whether it may be used. */
import { DetectdError } from '../base/errors.js';
import type { Bundle } from '../bundle/bundle.js';
import type { GraphFacts } from '../core/prepared-graph.js';
import type { ModelPlan, Precision } from '../core/worker-plan.js';
import { ACCEPTANCE_LIMITS, Acceptance, type AcceptanceFigures } from '../engines/acceptance.js';
import type { Session, SessionOptions } from '../inference/session.js';
import { Contender, type ProofSession } from './contender.js';
import { proofPictures } from './proof-pictures.js';

/** As Session.load(). */
export type OpenSession = (
  model: Parameters<typeof Session.load>[0],
  options: SessionOptions,
) => Promise<ProofSession>;

export interface EngineProof {
  /** The fresh engine; both sessions are released here. */
  engine: ProofSession;
  /** The same graph as it runs on the CPU. */
  cpu: ProofSession;
  graph: GraphFacts;
  bundle: Bundle;
  model: ModelPlan;
  precision: Precision;
  signal: AbortSignal;
}

export interface ProvenEngine {
  figures: AcceptanceFigures & { of: string; threshold: number };
  notes: string[];
}

/** Low, so that more than the few best detections are compared. */
const THRESHOLD = 0.3;

/**
 * Throws ENGINE_REFUSED when they do not agree, BUNDLE_SAMPLES or IMAGE_UNREADABLE for samples that cannot be used,
 * MODEL_RUN, or the reason of the signal.
 */
export async function proveEngine(proof: EngineProof): Promise<ProvenEngine> {
  const { graph, bundle, model, precision, signal } = proof;
  try {
    const threshold = Math.min(THRESHOLD, model.threshold);
    const engine = new Contender(graph, bundle.inferCfg, proof.engine, threshold);
    const cpu = new Contender(graph, bundle.inferCfg, proof.cpu, threshold);
    const acceptance = new Acceptance(proof.cpu.outputs, ACCEPTANCE_LIMITS[precision], threshold);
    const { of, pictures } = await proofPictures(bundle, graph);
    for await (const picture of pictures) {
      signal.throwIfAborted();
      acceptance.add(await engine.run(picture), await cpu.run(picture));
    }
    const figures = { of, threshold, ...acceptance.figures() };
    const disagreement = acceptance.disagreement();
    if (disagreement !== undefined) throw refused(precision, disagreement, of, figures.pictures);
    const nothing = `The CPU finds nothing in the ${figures.pictures} ${of}: only raw outputs were compared.`;
    return { figures, notes: figures.expected === 0 ? [nothing] : [] };
  } finally {
    await proof.engine.release();
    await proof.cpu.release();
  }
}

function refused(precision: Precision, disagreement: string, of: string, pictures: number): DetectdError {
  return new DetectdError(
    'ENGINE_REFUSED',
    `On ${pictures} ${of} the ${precision} engine ${disagreement}.`,
    precision === 'fp32'
      ? 'The model runs on the next provider instead; report it with the bundle if the CPU is right.'
      : 'A higher precision is built instead; set it as the precision of the model to say so.',
  );
}
