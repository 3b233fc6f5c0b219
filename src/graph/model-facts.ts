/** What an ONNX model is made of, for people and for whoever keeps a list of models. Nothing is changed. */
import { type TensorProto, TensorProto_DataType } from 'onnx-buf';
import type { OnnxModel } from './onnx-file.js';

export interface ModelFacts {
  irVersion: number;
  /** Version of each operator set; the standard one is `ai.onnx`. */
  opsets: Record<string, number>;
  /** The program that wrote it; may be empty. */
  producer: string;
  /** As the exporter left it. */
  metadata: Record<string, string>;
  nodes: number;
  /** How many nodes of each kind, the most frequent first. */
  operators: Record<string, number>;
  weights: { tensors: number; parameters: number; bytes: number };
}

/** Bytes of one element of the types that weights have; others count by their raw data alone. */
const ELEMENT_BYTES: Partial<Record<number, number>> = {
  [TensorProto_DataType.FLOAT]: 4,
  [TensorProto_DataType.DOUBLE]: 8,
  [TensorProto_DataType.FLOAT16]: 2,
  [TensorProto_DataType.BFLOAT16]: 2,
  [TensorProto_DataType.INT64]: 8,
  [TensorProto_DataType.INT32]: 4,
  [TensorProto_DataType.INT16]: 2,
  [TensorProto_DataType.INT8]: 1,
  [TensorProto_DataType.UINT8]: 1,
  [TensorProto_DataType.BOOL]: 1,
};

export function modelFacts(model: OnnxModel): ModelFacts {
  const { graph } = model;
  const constants = graph.node
    .filter(({ opType }) => opType === 'Constant')
    .flatMap(({ attribute }) => attribute.flatMap(({ t }) => t ?? []));
  const tensors = [...graph.initializer, ...constants];
  return {
    irVersion: Number(model.irVersion),
    opsets: Object.fromEntries(
      model.opsetImport.map(({ domain, version }) => [domain === '' ? 'ai.onnx' : domain, Number(version)]),
    ),
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    nodes: graph.node.length,
    operators: countOperators(graph.node),
    weights: {
      tensors: tensors.length,
      parameters: tensors.reduce((sum, tensor) => sum + elements(tensor), 0),
      bytes: tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0),
    },
  };
}

function countOperators(nodes: readonly { opType: string }[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { opType } of nodes) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

function elements({ dims }: TensorProto): number {
  return dims.reduce((product, dim) => product * Number(dim), 1);
}

function bytesOf(tensor: TensorProto): number {
  if (tensor.rawData.length > 0) return tensor.rawData.length;
  return elements(tensor) * (ELEMENT_BYTES[tensor.dataType] ?? 0);
}
