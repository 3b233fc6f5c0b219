/**
 * A convolution that gathers many channels into one picture costs a CPU as much as one with sixteen outputs,
 * since its kernels compute outputs in blocks. A convolution of each channel by itself and a sum over channels
 * give the same in a fraction of the time: an eighth of PicoDet's is saved.
 */
import { create } from '@bufbuild/protobuf';
import {
  type GraphProto,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from 'onnx-buf';
import { GraphIndex } from './graph-index.js';
import { freeName, takenNames } from './names.js';
import { attribute, FLOAT, floatTensor } from './tensors.js';

/** Below these there is nothing to gain. */
const MIN_CHANNELS = 16;
const MIN_KERNEL = 4;

/**
 * Splits such convolutions in place (float32, one group, weights known, one output channel). Returns how many.
 * The sum runs in another order: results differ by rounding.
 */
export function splitSingleOutputConvs(graph: GraphProto): number {
  const index = new GraphIndex(graph);
  const taken = takenNames(graph);
  let count = 0;
  graph.node = graph.node.flatMap((node) => {
    const weights = node.opType === 'Conv' ? index.weight(node.input[1]) : undefined;
    if (weights === undefined || !gathers(node, weights)) return [node];
    count += 1;
    return split(graph, node, weights, (hint) => freeName(taken, `${node.output[0]}_${hint}`));
  });
  return count;
}

function gathers(node: NodeProto, weights: TensorProto): boolean {
  const group = node.attribute.find(({ name }) => name === 'group')?.i ?? 1n;
  const [outputs, channels = 0n, height = 0n, width = 0n] = weights.dims;
  return (
    (group === 1n || group === 0n) &&
    weights.dataType === FLOAT &&
    weights.dims.length === 4 &&
    outputs === 1n &&
    Number(channels) >= MIN_CHANNELS &&
    Number(height * width) >= MIN_KERNEL
  );
}

function split(
  graph: GraphProto,
  node: NodeProto,
  weights: TensorProto,
  newName: (hint: string) => string,
): NodeProto[] {
  const [, channels = 0n, height = 0n, width = 0n] = weights.dims;
  const [input = '', , bias = ''] = node.input;
  const { floatData, rawData } = weights;
  const single = newName('single');
  const spread = newName('weights');
  const ones = newName('ones');
  const count = Number(channels);
  // The same numbers in the same order: one kernel for each channel.
  graph.initializer.push(
    create(TensorProtoSchema, {
      name: spread,
      dataType: FLOAT,
      dims: [channels, 1n, height, width],
      ...(rawData.length > 0 ? { rawData } : { floatData }),
    }),
    floatTensor(ones, [1, count, 1, 1], new Array<number>(count).fill(1)),
  );
  const others = node.attribute.filter(({ name }) => name !== 'group');
  return [
    create(NodeProtoSchema, {
      opType: 'Conv',
      name: single,
      input: [input, spread],
      output: [single],
      attribute: [...others, attribute('group', { int: count })],
    }),
    create(NodeProtoSchema, {
      opType: 'Conv',
      name: node.name,
      input: bias === '' ? [single, ones] : [single, ones, bias],
      output: node.output,
      attribute: [attribute('kernel_shape', { ints: [1, 1] })],
    }),
  ];
}
