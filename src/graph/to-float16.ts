/**
 * Writes FP16 into the model itself, for runtimes that compute in the types that a model has: TensorRT from version 11
 * on, and ONNX Runtime's CUDA provider. Inputs and outputs keep their names and types.
 */
import { create } from '@bufbuild/protobuf';
import {
  type GraphProto,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from 'onnx-buf';
import { foldBatchNorms } from './fold-batch-norm.js';
import { usedNames } from './graph-index.js';
import { toHalves } from './half-floats.js';
import { isFloatInput } from './half-operators.js';
import { type HalfRegion, halfRegion } from './half-region.js';
import { modelTypes } from './model-types.js';
import { freeName, takenNames } from './names.js';
import type { OnnxModel } from './onnx-file.js';
import { attribute, FLOAT, FLOAT16, floatValues } from './tensors.js';

/** They only look at a tensor's shape: any type will do. */
const SHAPE_OPERATORS = new Set(['Shape', 'Size']);

/**
 * Changes the model in place; `networkInput` is the tensor between pre-processing and network. Models that hold float16
 * or quantized layers already were made by somebody who knows them, and stay as they are. Returns what was done, for
 * people.
 */
export function toFloat16(model: OnnxModel, networkInput: string): string[] {
  const { float16, quantized } = modelTypes(model);
  if (float16 || quantized) return [`computes in ${quantized ? 'INT8' : 'FP16'} where the model says so`];
  const { graph } = model;
  const folded = foldBatchNorms(graph);
  const region = halfRegion(graph, networkInput);
  if (region.nodes.size === 0) return ['nothing in the model could be made FP16'];
  const total = graph.node.length;
  rewrite(graph, region);
  return [
    ...(folded > 0 ? [`${folded} batch normalisations were folded`] : []),
    `${region.nodes.size} of ${total} nodes compute in FP16`,
  ];
}

/** Tensors keep their names as float32, float16 ones get others: what lies outside the region needs no change. */
function rewrite(graph: GraphProto, region: HalfRegion): void {
  const taken = takenNames(graph);
  const names = new Map<string, string>();
  const half = (name: string): string => {
    const known = names.get(name) ?? freeName(taken, `${name}_half`);
    names.set(name, known);
    return known;
  };
  const wanted = wantedAsFloat(graph, region);
  const weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const halfWeights = new Set<string>();
  const made = new Set<string>();
  const nodes: NodeProto[] = [];
  const inputOf = (name: string): string => {
    if (weights.has(name)) halfWeights.add(name);
    else if (!region.tensors.has(name) && !made.has(name)) {
      made.add(name);
      nodes.push(cast(name, half(name), FLOAT16));
    }
    return half(name);
  };
  for (const node of graph.node) {
    if (region.nodes.has(node)) {
      node.input = node.input.map((name, place) =>
        name !== '' && isFloatInput(node.opType, place) ? inputOf(name) : name,
      );
      const outputs = node.output;
      node.output = outputs.map((name) => (name === '' ? name : half(name)));
      nodes.push(node);
      for (const name of outputs) if (wanted.has(name)) nodes.push(cast(half(name), name, FLOAT));
    } else {
      if (SHAPE_OPERATORS.has(node.opType))
        node.input = node.input.map((name) => (region.tensors.has(name) ? half(name) : name));
      nodes.push(node);
    }
  }
  graph.node = nodes;
  graph.initializer = graph.initializer.flatMap((tensor) => [
    ...(wanted.has(tensor.name) ? [tensor] : []),
    ...(halfWeights.has(tensor.name) ? [halfTensor(tensor, half(tensor.name))] : []),
  ]);
  const present = new Set(nodes.flatMap(({ output }) => output));
  graph.valueInfo = graph.valueInfo.filter(({ name }) => present.has(name));
}

/** What is read as float32, or as something else: by nodes outside the region, sub-graphs, and whoever runs the graph. */
function wantedAsFloat(graph: GraphProto, { nodes, tensors }: HalfRegion): Set<string> {
  const wanted = new Set(graph.output.map(({ name }) => name));
  for (const node of graph.node) {
    if (nodes.has(node)) {
      for (const [place, name] of node.input.entries())
        if (!isFloatInput(node.opType, place)) wanted.add(name);
    } else {
      const anyType = SHAPE_OPERATORS.has(node.opType);
      for (const name of usedNames(node)) if (!anyType || !tensors.has(name)) wanted.add(name);
    }
  }
  return wanted;
}

function cast(input: string, output: string, to: number): NodeProto {
  return create(NodeProtoSchema, {
    opType: 'Cast',
    name: output,
    input: [input],
    output: [output],
    attribute: [attribute('to', { int: to })],
  });
}

function halfTensor(tensor: TensorProto, name: string): TensorProto {
  const { buffer } = toHalves(floatValues(tensor) ?? new Float32Array());
  return create(TensorProtoSchema, {
    name,
    dataType: FLOAT16,
    dims: tensor.dims,
    rawData: new Uint8Array(buffer),
  });
}
