/**
 * Takes BatchNormalization into the convolution in front of it. Runtimes do so themselves, but after a conversion to
 * float16 they would do it with rounded statistics, of which small variances are rounded to nothing.
 */
import { create } from '@bufbuild/protobuf';
import { type GraphProto, type NodeProto, NodeProtoSchema } from 'onnx-buf';
import { GraphIndex } from './graph-index.js';
import { freeName, takenNames } from './names.js';
import { floatBytesTensor, floatValues } from './tensors.js';

const EPSILON = 1e-5;

/** Folds in place where weights and statistics are known (float32). Returns how many were folded. */
export function foldBatchNorms(graph: GraphProto): number {
  const index = new GraphIndex(graph);
  const taken = takenNames(graph);
  const replaced = new Map<NodeProto, NodeProto[]>();
  for (const norm of graph.node) {
    if (norm.opType !== 'BatchNormalization' || norm.output.length !== 1) continue;
    const conv = index.producer(norm.input[0]);
    if (conv?.opType !== 'Conv' || index.onlyConsumer(conv.output[0]) !== norm) continue;
    const folded = fold(graph, index, conv, norm, taken);
    if (folded === undefined) continue;
    replaced.set(conv, [folded]).set(norm, []);
  }
  graph.node = graph.node.flatMap((node) => replaced.get(node) ?? [node]);
  return replaced.size / 2;
}

function fold(
  graph: GraphProto,
  index: GraphIndex,
  conv: NodeProto,
  norm: NodeProto,
  taken: Set<string>,
): NodeProto | undefined {
  const kernel = index.weight(conv.input[1]);
  const weights = floatValues(kernel);
  const [scale, shift, mean, variance] = norm.input
    .slice(1, 5)
    .map((name) => floatValues(index.weight(name)));
  const outputs = scale?.length ?? 0;
  const hasBias = (conv.input[2] ?? '') !== '';
  const bias = hasBias ? floatValues(index.weight(conv.input[2])) : new Float32Array(outputs);
  if (kernel === undefined || weights === undefined || outputs === 0 || weights.length % outputs !== 0)
    return undefined;
  const all = [scale, shift, mean, variance, bias];
  if (Number(kernel.dims[0]) !== outputs || all.some((each) => each?.length !== outputs)) return undefined;
  const epsilon = norm.attribute.find(({ name }) => name === 'epsilon')?.f ?? EPSILON;
  const factor = (m: number) => at(scale, m) / Math.sqrt(at(variance, m) + epsilon);
  const perOutput = weights.length / outputs;
  const output = norm.output[0] ?? '';
  const [kernelName, biasName] = ['weights', 'bias'].map((hint) => freeName(taken, `${output}_${hint}`));
  graph.initializer.push(
    floatBytesTensor(
      kernelName ?? '',
      kernel.dims,
      weights.map((value, i) => value * factor(Math.floor(i / perOutput))),
    ),
    floatBytesTensor(
      biasName ?? '',
      [BigInt(outputs)],
      Float32Array.from(
        { length: outputs },
        (_, m) => (at(bias, m) - at(mean, m)) * factor(m) + at(shift, m),
      ),
    ),
  );
  return create(NodeProtoSchema, {
    opType: 'Conv',
    name: conv.name,
    attribute: conv.attribute,
    input: [conv.input[0] ?? '', kernelName ?? '', biasName ?? ''],
    output: [output],
  });
}

function at(values: Float32Array | undefined, place: number): number {
  return values?.[place] ?? Number.NaN;
}
