/**
 * A tiny network that a provider is tried with: a convolution, an addition and a ReLU. Its numbers are small multiples
 * of an eighth, so that FP32, TF32 and FP16 all compute the same from them and any difference is a fault.
 */
import { create } from '@bufbuild/protobuf';
import { GraphProtoSchema, ModelProtoSchema, OperatorSetIdProtoSchema } from 'onnx-buf';
import type { TensorValue } from '../core/prepared-graph.js';
import { GraphBuilder } from './graph-builder.js';
import { writeOnnx } from './onnx-file.js';
import { FLOAT, valueInfo } from './tensors.js';

/** Read by every runtime from 1.4 on. */
const IR_VERSION = 6n;
const OPSET = 11n;
const CHANNELS = 4;
const FILTERS = 8;
const SIZE = 16;

export interface TrialModel {
  model: Uint8Array;
  feeds: Record<string, TensorValue>;
}

export function trialModel(): TrialModel {
  const dims = [1, CHANNELS, SIZE, SIZE];
  const graph = create(GraphProtoSchema, {
    name: 'trial',
    input: [valueInfo('x', FLOAT, dims)],
    output: [valueInfo('y', FLOAT, [1, FILTERS, SIZE, SIZE])],
  });
  const builder = new GraphBuilder(graph);
  const weights = builder.floats(eighths(FILTERS * CHANNELS * 9), [FILTERS, CHANNELS, 3, 3]);
  const convolved = builder.node('Conv', ['x', weights], {
    kernel_shape: { ints: [3, 3] },
    pads: { ints: [1, 1, 1, 1] },
  });
  const added = builder.node('Add', [convolved, builder.floats(eighths(FILTERS), [1, FILTERS, 1, 1])]);
  builder.node('Relu', [added]);
  builder.replaceInput('y');
  graph.input = [valueInfo('x', FLOAT, dims)];
  const model = writeOnnx(
    create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: 'detectd',
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: OPSET })],
      graph,
    }),
  );
  const data = Float32Array.from(eighths(CHANNELS * SIZE * SIZE));
  return { model, feeds: { x: { type: 'float32', data, dims } } };
}

/** From −1 to 1, in an order without pattern. */
function eighths(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (((index * 7919 + 13) % 17) - 8) / 8);
}
