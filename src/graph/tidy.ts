/**
 * Takes from an exported graph what keeps runtimes from optimising it: weights that are also listed as
 * inputs (so nothing may be folded), constants as nodes, activation functions in pieces, dead nodes.
 */
import type { AttributeProto, GraphProto, NodeProto, TensorProto } from 'onnx-buf';
import { usedNames } from './graph-index.js';
import { foldHardSwish } from './hard-swish.js';
import { type OnnxModel, opsetOf } from './onnx-file.js';
import { splitSingleOutputConvs } from './single-output-conv.js';
import { floatTensor, int64Tensor } from './tensors.js';

/** Below this IR version every weight had to be listed as an input. */
const IR_WITHOUT_WEIGHT_INPUTS = 4n;

/**
 * Changes the model in place; outputs stay equal up to rounding. `forCpu` adds what helps the CPU's kernels
 * alone. Returns what was done, for people.
 */
export function tidy(model: OnnxModel, forCpu = true): string[] {
  const { graph } = model;
  const notes: string[] = [];
  const note = (count: number, what: string) => {
    if (count > 0) notes.push(`${count} ${what}`);
  };
  note(unlistWeights(model), 'weights are no longer listed as inputs');
  note(constantsToWeights(graph), 'constant nodes became weights');
  const { swishes, sigmoids } = foldHardSwish(graph, opsetOf(model));
  note(swishes, 'hard-swish chains were folded');
  note(sigmoids, 'hard-sigmoid chains were folded');
  if (forCpu) note(splitSingleOutputConvs(graph), 'convolutions with one output were split by channel');
  note(removeDeadNodes(graph), 'nodes that nothing used were removed');
  removeUnusedWeights(graph);
  return notes;
}

function unlistWeights(model: OnnxModel): number {
  const { graph } = model;
  const weights = new Set(graph.initializer.map(({ name }) => name));
  const kept = graph.input.filter(({ name }) => !weights.has(name));
  const count = graph.input.length - kept.length;
  graph.input = kept;
  if (count > 0 && model.irVersion < IR_WITHOUT_WEIGHT_INPUTS) model.irVersion = IR_WITHOUT_WEIGHT_INPUTS;
  return count;
}

function constantsToWeights(graph: GraphProto): number {
  const outputs = new Set(graph.output.map(({ name }) => name));
  const before = graph.node.length;
  graph.node = graph.node.filter((node) => {
    const name = node.output[0];
    if (node.opType !== 'Constant' || name === undefined || outputs.has(name)) return true;
    const tensor = constantTensor(node, name);
    if (tensor === undefined) return true;
    graph.initializer.push(tensor);
    return false;
  });
  return before - graph.node.length;
}

function constantTensor(node: NodeProto, name: string): TensorProto | undefined {
  const [value] = node.attribute;
  return value === undefined ? undefined : CONSTANT_FORMS[value.name]?.(value, name);
}

const CONSTANT_FORMS: Partial<
  Record<string, (value: AttributeProto, name: string) => TensorProto | undefined>
> = {
  value: ({ t }, name) => (t === undefined ? undefined : Object.assign(t, { name })),
  value_float: ({ f }, name) => floatTensor(name, [], [f]),
  value_floats: ({ floats }, name) => floatTensor(name, [floats.length], floats),
  value_int: ({ i }, name) => int64Tensor(name, [], [Number(i)]),
  value_ints: ({ ints }, name) => int64Tensor(name, [ints.length], ints.map(Number)),
};

function removeDeadNodes(graph: GraphProto): number {
  const wanted = new Set(graph.output.map(({ name }) => name));
  const before = graph.node.length;
  // Nodes are in topological order, so one pass from the end sees every user before its producer.
  const kept: NodeProto[] = [];
  for (const node of graph.node.toReversed()) {
    if (!node.output.some((name) => wanted.has(name))) continue;
    for (const name of usedNames(node)) wanted.add(name);
    kept.push(node);
  }
  graph.node = kept.reverse();
  const made = new Set(graph.node.flatMap(({ output }) => output));
  graph.valueInfo = graph.valueInfo.filter(({ name }) => made.has(name));
  return before - graph.node.length;
}

export function removeUnusedWeights(graph: GraphProto): void {
  const used = new Set(graph.output.map(({ name }) => name));
  for (const node of graph.node) for (const name of usedNames(node)) used.add(name);
  graph.initializer = graph.initializer.filter(({ name }) => used.has(name));
}
