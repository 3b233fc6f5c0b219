/** A session on an engine from the cache, and how it is fed. */
import { readBoundedFile } from '../base/bounded-file.js';
import type { GraphFacts } from '../core/prepared-graph.js';
import type { CachedEngine } from '../engines/cached-engine.js';
import { CONTEXT_MODEL, OPTIMISED_MODEL } from '../engines/engine-files.js';
import { GRAPH_FACTS, MAX_GRAPH_FACTS_BYTES, parseGraphFacts } from '../engines/graph-facts.js';
import { Session, type SessionOptions } from '../inference/session.js';

export interface EngineSession {
  graph: GraphFacts;
  session: Session;
}

/** Throws MODEL_LOAD, PROVIDER_UNAVAILABLE, or an Error for an engine that is whole and yet cannot be one. */
export async function loadEngine(
  engine: CachedEngine,
  options: Omit<SessionOptions, 'built'>,
): Promise<EngineSession> {
  const model = engine.file(CONTEXT_MODEL) ?? engine.file(OPTIMISED_MODEL);
  const facts = engine.file(GRAPH_FACTS);
  if (model === undefined || facts === undefined) throw new Error('it lacks a file that every engine has');
  const graph = parseGraphFacts((await readBoundedFile(facts, MAX_GRAPH_FACTS_BYTES)).toString('utf8'));
  return { graph, session: await Session.load(model, { ...options, built: true }) };
}
