/**
 * Whether a graph that was opened to batches gives for each picture what it gives for it alone. Exports that hold the
 * batch of 1 in some place fail, or mix the pictures without a word: only running it tells.
 */
import { DetectdError, messageOf } from '../base/errors.js';
import type { InferCfg } from '../bundle/infer-cfg.js';
import { BYTES_PER_PIXEL } from '../core/frame.js';
import type { PreparedGraph, TensorValue } from '../core/prepared-graph.js';
import { auxiliaryFeeds, pictureGeometry } from './picture-feeds.js';

export interface BatchTrial {
  /** Made with `maxBatch` above 1. */
  graph: PreparedGraph;
  cfg: InferCfg;
  /** Runs the graph on the CPU: feeds by name to outputs in graph order, which the next run may overwrite. */
  run: (feeds: Record<string, TensorValue>) => Promise<TensorValue[]>;
  /** What the model is, for messages. */
  where: string;
}

/** Kernels may sum up in another order when there is more to do. */
const TOLERANCE = 1e-3;

/** Runs two pictures apart and together. Throws MODEL_INPUT when the graph cannot take them together. */
export async function requireBatches({ graph, cfg, run, where }: BatchTrial): Promise<void> {
  const singles = [0, 1].map((place) => feedsOf(graph, cfg, place));
  const alone: TensorValue[][] = [];
  for (const feeds of singles) alone.push(copied(await run(feeds)));
  const [first = {}, second = {}] = singles;
  const both = Object.fromEntries(
    Object.entries(first).map(([name, value]) => [name, joined(value, second[name] as TensorValue)]),
  );
  let together: TensorValue[];
  try {
    together = await run(both);
  } catch (error) {
    throw refused(where, messageOf(error).replace(/\.$/, ''));
  }
  for (const [index, { name }] of graph.outputs.entries()) {
    const expected = joined(alone[0]?.[index] as TensorValue, alone[1]?.[index] as TensorValue);
    const problem = difference(expected, together[index] as TensorValue);
    if (problem !== undefined) throw refused(where, `of two pictures the output "${name}" ${problem}`);
  }
}

/** Two pictures that differ in everything, and so do their sources' sizes. */
function feedsOf(graph: PreparedGraph, cfg: InferCfg, place: number): Record<string, TensorValue> {
  const { networkWidth: width, networkHeight: height, format, imageInput } = graph;
  const channels = BYTES_PER_PIXEL[format];
  const data = new Uint8Array(width * height * channels);
  const factor = place === 0 ? 7919 : 104729;
  for (let i = 0; i < data.length; i += 1) data[i] = (Math.imul(i >> 4, factor) >>> 7) % 256;
  const geometry = pictureGeometry(cfg, width * (place + 1), height * (2 * place + 1));
  return {
    ...auxiliaryFeeds(graph, geometry),
    [imageInput]: { type: 'uint8', data, dims: [1, height, width, channels] },
  };
}

function copied(values: TensorValue[]): TensorValue[] {
  return values.map((value) => ({ ...value, data: value.data.slice() as TensorValue['data'] }));
}

/** One behind the other in the first dimension. */
function joined(a: TensorValue, b: TensorValue): TensorValue {
  const data = new (a.data.constructor as new (length: number) => Uint8Array)(a.data.length + b.data.length);
  data.set(a.data as Uint8Array);
  data.set(b.data as Uint8Array, a.data.length);
  const [first = 1, ...rest] = a.dims;
  return { type: a.type, data, dims: [first + (b.dims[0] ?? 1), ...rest] };
}

function difference(expected: TensorValue, actual: TensorValue): string | undefined {
  if (expected.dims.join() !== actual.dims.join())
    return `is [${actual.dims.join(',')}] instead of [${expected.dims.join(',')}]`;
  for (let i = 0; i < expected.data.length; i += 1) {
    const [wanted, got] = [Number(expected.data[i]), Number(actual.data[i])];
    if (!Object.is(wanted, got) && !(Math.abs(wanted - got) <= TOLERANCE * Math.max(1, Math.abs(wanted))))
      return `holds ${got} where one of them alone gives ${wanted}`;
  }
  return undefined;
}

function refused(where: string, problem: string): DetectdError {
  return new DetectdError(
    'MODEL_INPUT',
    `${where} cannot take batches: ${problem}.`,
    'Use batches of 1, or export the model with an open batch dimension and without its post-processing.',
  );
}
