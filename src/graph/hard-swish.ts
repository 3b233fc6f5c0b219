/**
 * Finds hard-swish and hard-sigmoid written as four or three nodes, as paddle2onnx does at opset 11
 * (Add 3 → Clip 0..6 → Mul x → Div 6), and writes them as one or two. A third of PicoDet's time on a CPU.
 */
import { create } from '@bufbuild/protobuf';
import { type GraphProto, type NodeProto, NodeProtoSchema } from 'onnx-buf';
import { GraphIndex } from './graph-index.js';
import { attribute } from './tensors.js';

const SIXTH = 1 / 6;

interface Chain {
  /** What the function is applied to. */
  x: string;
  clip: NodeProto;
  /** Nodes that go; `last` is among them. */
  nodes: NodeProto[];
  /** The node whose output the chain's result takes over. */
  last: NodeProto;
  /** x × HardSigmoid(x), else HardSigmoid(x) alone. */
  swish: boolean;
}

/**
 * Replaces every such chain whose intermediate results nobody else uses. Constants must be weights
 * (float32, one element). Returns how many of each were replaced.
 */
export function foldHardSwish(graph: GraphProto, opset: number): { swishes: number; sigmoids: number } {
  const index = new GraphIndex(graph);
  const replaced = new Map<NodeProto, NodeProto[]>();
  const count = { swishes: 0, sigmoids: 0 };
  for (const node of graph.node) {
    const chain = node.opType === 'Clip' ? findChain(node, index, opset) : undefined;
    if (chain === undefined) continue;
    for (const gone of chain.nodes) replaced.set(gone, []);
    replaced.set(chain.last, replacement(chain, opset));
    if (chain.swish) count.swishes += 1;
    else count.sigmoids += 1;
  }
  graph.node = graph.node.flatMap((node) => replaced.get(node) ?? [node]);
  return count;
}

function findChain(clip: NodeProto, index: GraphIndex, opset: number): Chain | undefined {
  const add = index.producer(clip.input[0]);
  if (add?.opType !== 'Add' || index.onlyConsumer(add.output[0]) !== clip) return undefined;
  if (!clipsFromZeroToSix(clip, index, opset)) return undefined;
  const x = otherOperand(add, (name) => index.scalar(name) === 3);
  const next = index.onlyConsumer(clip.output[0]);
  if (x === undefined || next === undefined) return undefined;
  const clipped = clip.output[0];
  if (dividesBySix(next, clipped, index)) {
    const product = index.onlyConsumer(next.output[0]);
    if (product !== undefined && multiplies(product, x, next.output[0]))
      return { x, clip, nodes: [add, clip, next, product], last: product, swish: true };
    return { x, clip, nodes: [add, clip, next], last: next, swish: false };
  }
  if (!multiplies(next, x, clipped)) return undefined;
  const last = index.onlyConsumer(next.output[0]);
  if (last === undefined || !dividesBySix(last, next.output[0], index)) return undefined;
  return { x, clip, nodes: [add, clip, next, last], last, swish: true };
}

function replacement(chain: Chain, opset: number): NodeProto[] {
  const { x, last, clip } = chain;
  const output = last.output[0] ?? '';
  if (chain.swish && opset >= 14)
    return [create(NodeProtoSchema, { opType: 'HardSwish', name: last.name, input: [x], output: [output] })];
  const gate = chain.swish ? (clip.output[0] ?? '') : output;
  const sigmoid = create(NodeProtoSchema, {
    opType: 'HardSigmoid',
    name: chain.swish ? clip.name : last.name,
    input: [x],
    output: [gate],
    attribute: [attribute('alpha', { float: SIXTH }), attribute('beta', { float: 0.5 })],
  });
  if (!chain.swish) return [sigmoid];
  const product = create(NodeProtoSchema, {
    opType: 'Mul',
    name: last.name,
    input: [x, gate],
    output: [output],
  });
  return [sigmoid, product];
}

function clipsFromZeroToSix(clip: NodeProto, index: GraphIndex, opset: number): boolean {
  if (opset >= 11) return index.scalar(clip.input[1]) === 0 && index.scalar(clip.input[2]) === 6;
  const limit = (name: string) => clip.attribute.find((found) => found.name === name)?.f;
  return limit('min') === 0 && limit('max') === 6;
}

function dividesBySix(node: NodeProto, value: string | undefined, index: GraphIndex): boolean {
  if (node.opType === 'Div') return node.input[0] === value && index.scalar(node.input[1]) === 6;
  if (node.opType !== 'Mul') return false;
  const factor = node.input[0] === value ? node.input[1] : node.input[0];
  const scalar = index.scalar(factor);
  return scalar !== undefined && Math.abs(scalar - SIXTH) < 1e-6;
}

function multiplies(node: NodeProto, a: string, b: string | undefined): boolean {
  if (node.opType !== 'Mul') return false;
  const [left, right] = node.input;
  return (left === a && right === b) || (left === b && right === a);
}

/** The operand of a two-operand node beside the one that `isConstant` accepts. */
function otherOperand(
  node: NodeProto,
  isConstant: (name: string | undefined) => boolean,
): string | undefined {
  const [left, right] = node.input;
  if (isConstant(right)) return left;
  return isConstant(left) ? right : undefined;
}
