/**
 * In which types a model computes, beyond FP32. From TensorRT 11 on only the model says it, and a quantized one needs no
 * calibration in any version.
 */
import { TensorProto_DataType } from 'onnx-buf';
import type { OnnxModel } from './onnx-file.js';

export interface ModelTypes {
  /** Convolutions or matrix products have float16 weights. */
  float16: boolean;
  /** Ranges are written into the graph, as QuantizeLinear and DequantizeLinear. */
  quantized: boolean;
}

const HEAVY = new Set(['Conv', 'ConvTranspose', 'MatMul', 'Gemm']);

export function modelTypes({ graph }: OnnxModel): ModelTypes {
  const halves = new Set(
    graph.initializer
      .filter(({ dataType }) => dataType === TensorProto_DataType.FLOAT16)
      .map(({ name }) => name),
  );
  return {
    float16: graph.node.some(
      ({ opType, input }) => HEAVY.has(opType) && input.some((name) => halves.has(name)),
    ),
    quantized: graph.node.some(({ opType }) => opType === 'DequantizeLinear'),
  };
}
