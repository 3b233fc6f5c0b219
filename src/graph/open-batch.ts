/**
 * Opens a prepared graph, made for one picture, to any number of them. Exporters write the one into the sizes of
 * Reshape, where it can be taken out again as long as the first dimension is known to count pictures. Whether the graph
 * then gives for each picture what it gave for it alone is for a trial to tell (batch-trial.ts).
 */
import type { NodeProto, TensorProto, ValueInfoProto } from 'onnx-buf';
import { freeName, takenNames } from './names.js';
import type { OnnxModel } from './onnx-file.js';
import { int64Tensor, int64Values } from './tensors.js';

export const BATCH = 'batch';

/** The first dimension of the result is that of the first input. */
const KEEPING = new Set(
  [
    'Conv ConvTranspose MatMul Gemm BatchNormalization InstanceNormalization LayerNormalization Cast Identity Clip',
    'Relu LeakyRelu PRelu Elu Sigmoid HardSigmoid HardSwish Tanh Erf Mish Softplus Exp Log Sqrt Reciprocal Neg Abs',
    'Floor Round Softmax MaxPool AveragePool GlobalAveragePool GlobalMaxPool Resize Upsample Pad DepthToSpace',
    'SpaceToDepth',
  ].flatMap((names) => names.split(' ')),
);
/** It is that of every operand that has it. */
const COMBINING = new Set(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Sum']);

/**
 * Changes the model in place: the first dimension of `inputs` and of the outputs is no longer fixed. Returns what was
 * done, for people.
 */
export function openBatch(model: OnnxModel, inputs: readonly string[]): string[] {
  const { graph } = model;
  const weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const taken = takenNames(graph);
  const counted = new Set(inputs);
  let reshaped = 0;
  for (const node of graph.node) {
    const [output = ''] = node.output;
    if (node.opType === 'Reshape') {
      const sizes = int64Values(weights.get(node.input[1] ?? ''));
      if (!counted.has(node.input[0] ?? '') || sizes === undefined || keepsZero(node)) continue;
      if (sizes[0] === 1n && sizes.length > 1) {
        // 0 is the size that the dimension has.
        const name = freeName(taken, `${output}_sizes`);
        graph.initializer.push(int64Tensor(name, [sizes.length], [0, ...sizes.slice(1).map(Number)]));
        node.input = [node.input[0] ?? '', name];
        reshaped += 1;
      } else if (sizes[0] !== 0n) continue;
      counted.add(output);
    } else if (keepsCount(node, counted, weights)) {
      for (const name of node.output) counted.add(name);
    }
  }
  for (const value of graph.input) if (counted.has(value.name)) openFirst(value, BATCH);
  // One that the model alone knows: rows of all pictures together, as a rule.
  for (const [index, value] of graph.output.entries())
    openFirst(value, counted.has(value.name) ? BATCH : `${BATCH}_${index}`);
  graph.valueInfo = [];
  return [`takes several pictures at once${reshaped > 0 ? `, as ${reshaped} sizes were opened` : ''}`];
}

function keepsCount(
  node: NodeProto,
  counted: ReadonlySet<string>,
  weights: ReadonlyMap<string, TensorProto>,
): boolean {
  const { opType, input } = node;
  if (COMBINING.has(opType))
    return (
      input.some((name) => counted.has(name)) &&
      input.every((name) => counted.has(name) || isSingle(weights.get(name)))
    );
  if (!counted.has(input[0] ?? '')) return false;
  if (KEEPING.has(opType)) return true;
  if (opType === 'Flatten') return axisOf(node, 1) === 1;
  if (opType === 'Split' || opType === 'Gather') return axisOf(node, 0) !== 0;
  if (opType === 'Concat') return axisOf(node, 0) !== 0 && input.every((name) => counted.has(name));
  if (opType === 'Transpose') return node.attribute.find(({ name }) => name === 'perm')?.ints[0] === 0n;
  if (opType.startsWith('Reduce') || opType === 'Squeeze' || opType === 'Unsqueeze')
    return axesOf(node, weights)?.every((axis) => axis > 0n) === true;
  if (opType === 'Slice') return axesOf(node, weights, 3)?.every((axis) => axis > 0n) === true;
  return false;
}

/** Broadcast over pictures: one number, a row of them, or one for each place in a picture. */
function isSingle(tensor: TensorProto | undefined): boolean {
  return tensor !== undefined && (tensor.dims.length <= 1 || tensor.dims[0] === 1n);
}

function axisOf(node: NodeProto, otherwise: number): number {
  return Number(node.attribute.find(({ name }) => name === 'axis')?.i ?? otherwise);
}

/** Of the attribute, or of the input that took its place in later operator sets. */
function axesOf(
  node: NodeProto,
  weights: ReadonlyMap<string, TensorProto>,
  place = 1,
): readonly bigint[] | undefined {
  return (
    node.attribute.find(({ name }) => name === 'axes')?.ints ??
    int64Values(weights.get(node.input[place] ?? ''))
  );
}

function keepsZero(node: NodeProto): boolean {
  return node.attribute.find(({ name }) => name === 'allowzero')?.i === 1n;
}

function openFirst({ type }: ValueInfoProto, name: string): void {
  const first = type?.value.case === 'tensorType' ? type.value.value.shape?.dim[0] : undefined;
  if (first !== undefined) first.value = { case: 'dimParam', value: name };
}
