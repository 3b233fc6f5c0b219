/**
 * Which nodes of a prepared graph compute in float16: what lies between the first convolution and the last one. In
 * front of it is the pre-processing, whose rounding would be a tenth of the network's input; behind it are scores and
 * coordinates, which float16 does not tell apart beyond 2048 pixels.
 */
import type { GraphProto, NodeProto, TensorProto } from 'onnx-buf';
import { usedNames } from './graph-index.js';
import { fitHalves, vanishesAsHalf } from './half-floats.js';
import { computesInHalf, HEAVY_OPERATORS, isFloatInput } from './half-operators.js';
import { floatValues } from './tensors.js';

export interface HalfRegion {
  nodes: ReadonlySet<NodeProto>;
  /** What they make. */
  tensors: ReadonlySet<string>;
}

/** The region of a graph in topological order, behind the tensor `networkInput`. */
export function halfRegion(graph: GraphProto, networkInput: string): HalfRegion {
  const weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const before = nodesBefore(graph, new Set([networkInput]));
  const able = new Set(graph.node.filter((node) => !before.has(node) && isAble(node, weights)));
  const heavy = graph.node.filter((node) => able.has(node) && isHeavy(node, weights));
  const needed = nodesBefore(graph, new Set(heavy.flatMap(({ input }) => input)));
  for (const node of heavy) needed.add(node);
  const nodes = new Set<NodeProto>();
  const tensors = new Set<string>();
  for (const node of graph.node) {
    if (!able.has(node) || !needed.has(node)) continue;
    // One that follows none of the region is not worth a cast, or works on whole numbers.
    const follows = node.input.some((name, place) => isFloatInput(node.opType, place) && tensors.has(name));
    if (!follows && !isHeavy(node, weights)) continue;
    nodes.add(node);
    for (const name of node.output) tensors.add(name);
  }
  return { nodes, tensors };
}

function isHeavy({ opType, input }: NodeProto, weights: ReadonlyMap<string, TensorProto>): boolean {
  return HEAVY_OPERATORS.has(opType) && input.some((name) => floatValues(weights.get(name)) !== undefined);
}

function isAble(node: NodeProto, weights: ReadonlyMap<string, TensorProto>): boolean {
  const { domain, opType, input, output } = node;
  if ((domain !== '' && domain !== 'ai.onnx') || !computesInHalf(opType)) return false;
  // Other outputs than the first are of other types, if there are any.
  if (opType !== 'Split' && output.filter((name) => name !== '').length !== 1) return false;
  return input.every((name, place) => {
    const weight = isFloatInput(opType, place) ? weights.get(name) : undefined;
    if (weight === undefined) return true;
    const values = floatValues(weight);
    if (values === undefined) return false;
    // A limit that no float16 reaches is no limit; a small number at the side often keeps a divisor from being 0.
    if (opType === 'Clip') return true;
    return fitHalves(values) && !(values.length === 1 && vanishesAsHalf(values[0] as number));
  });
}

/** All nodes that the tensors depend on. */
function nodesBefore(graph: GraphProto, tensors: Set<string>): Set<NodeProto> {
  const nodes = new Set<NodeProto>();
  for (const node of graph.node.toReversed()) {
    if (!node.output.some((name) => tensors.has(name))) continue;
    nodes.add(node);
    for (const name of usedNames(node)) tensors.add(name);
  }
  return nodes;
}
