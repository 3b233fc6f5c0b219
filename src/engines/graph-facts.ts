/**
 * graph.json of a cached engine: how it is fed and what it gives. With it nobody has to prepare the graph again only
 * to learn the names of its inputs.
 */
import { z } from 'zod';
import { messageOf } from '../base/errors.js';
import type { GraphFacts } from '../core/prepared-graph.js';

export const GRAPH_FACTS = 'graph.json';
export const MAX_GRAPH_FACTS_BYTES = 1 << 20;

const size = z.number().int().min(1).max(65_536);
const spec = z.object({
  name: z.string(),
  type: z.enum(['float32', 'float16', 'uint8', 'int8', 'int32', 'int64', 'bool']),
  dims: z.array(z.number().int().min(0).nullable()).max(16),
});

const schema = z.object({
  mode: z.enum(['live', 'exact']),
  format: z.enum(['RGB', 'RGBA']),
  imageInput: z.string(),
  networkWidth: size,
  networkHeight: size,
  auxiliaryInputs: z
    .array(
      z.object({
        name: z.string(),
        meaning: z.enum(['im_shape', 'scale_factor', 'resize_scales', 'resize_pads', 'resize_ends']),
      }),
    )
    .max(64),
  outputs: z.array(spec).max(256),
  notes: z.array(z.string()).max(256),
}) satisfies z.ZodType<GraphFacts>;

export function graphFactsText(graph: GraphFacts): string {
  return `${JSON.stringify(schema.parse(graph), undefined, 2)}\n`;
}

/** Throws an Error whose message says what is wrong, for any text. */
export function parseGraphFacts(text: string): GraphFacts {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${GRAPH_FACTS} is not valid JSON: ${messageOf(error)}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(
    `${GRAPH_FACTS}: "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'cannot be understood'}`,
  );
}
