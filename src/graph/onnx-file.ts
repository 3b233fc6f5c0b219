/**
 * Reads and writes ONNX models. A protobuf reader accepts many things that are no model, and a file cut off
 * between two fields is valid protobuf, so what every model has is checked here once.
 */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  type ValueInfoProto,
} from 'onnx-buf';
import { DetectdError, messageOf } from '../base/errors.js';
import type { TensorSpec, TensorType } from '../core/prepared-graph.js';

/** Any model after reading: `graph` is there. */
export type OnnxModel = ModelProto & { graph: GraphProto };

const MAX_BYTES = 2 ** 31 - 1;

const TENSOR_TYPES: Partial<Record<number, TensorType>> = {
  [TensorProto_DataType.FLOAT]: 'float32',
  [TensorProto_DataType.FLOAT16]: 'float16',
  [TensorProto_DataType.UINT8]: 'uint8',
  [TensorProto_DataType.INT8]: 'int8',
  [TensorProto_DataType.INT32]: 'int32',
  [TensorProto_DataType.INT64]: 'int64',
  [TensorProto_DataType.BOOL]: 'bool',
};

/** Parses an ONNX model; `where` names it in errors. Throws MODEL_NOT_ONNX. */
export function readOnnx(bytes: Uint8Array, where: string): OnnxModel {
  if (bytes.length === 0) throw notOnnx(where, 'is empty');
  if (bytes.length > MAX_BYTES) throw notOnnx(where, 'is larger than 2 GiB');
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw notOnnx(where, `is not an ONNX model, or is cut off (${messageOf(error)})`);
  }
  const { graph } = model;
  if (graph === undefined) throw notOnnx(where, 'holds no graph: it is not an ONNX model, or is cut off');
  if (graph.node.length === 0) throw notOnnx(where, 'has a graph without nodes');
  if (graph.output.length === 0) throw notOnnx(where, 'has a graph without outputs');
  if (opsetOf(model) === 0) throw notOnnx(where, 'names no operator set: it is cut off or damaged');
  refuseExternalData(graph, where);
  return model as OnnxModel;
}

export function writeOnnx(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}

/** Version of the standard operator set, 0 when the model names none. */
export function opsetOf(model: ModelProto): number {
  const standard = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  return standard === undefined ? 0 : Number(standard.version);
}

/**
 * Names, types and shapes of what the graph takes and gives; inputs that have an initializer are weights and
 * left out. A shape that is not stated is []. Throws MODEL_INPUT or MODEL_FAMILY for what is no tensor of a
 * type that detectd knows.
 */
export function graphSignature(model: OnnxModel): { inputs: TensorSpec[]; outputs: TensorSpec[] } {
  const weights = new Set(model.graph.initializer.map(({ name }) => name));
  return {
    inputs: model.graph.input
      .filter(({ name }) => !weights.has(name))
      .map((value) => tensorSpec(value, 'MODEL_INPUT')),
    outputs: model.graph.output.map((value) => tensorSpec(value, 'MODEL_FAMILY')),
  };
}

function tensorSpec(value: ValueInfoProto, code: 'MODEL_INPUT' | 'MODEL_FAMILY'): TensorSpec {
  const kind = value.type?.value;
  const elementType = kind?.case === 'tensorType' ? kind.value.elemType : TensorProto_DataType.UNDEFINED;
  const type = TENSOR_TYPES[elementType];
  if (kind?.case !== 'tensorType' || type === undefined) {
    const what = code === 'MODEL_INPUT' ? 'input' : 'output';
    const actual =
      kind?.case === 'tensorType' ? (TensorProto_DataType[elementType] ?? 'an unknown type') : kind?.case;
    throw new DetectdError(
      code,
      `The model's ${what} "${value.name}" is of type ${actual ?? 'unknown'}, which detectd cannot handle.`,
      'Export the model with float32 inputs and outputs.',
    );
  }
  const dims = (kind.value.shape?.dim ?? []).map(({ value: dim }) =>
    dim.case === 'dimValue' && dim.value >= 0n ? Number(dim.value) : null,
  );
  return { name: value.name, type, dims };
}

function refuseExternalData(graph: GraphProto, where: string): void {
  const external = graph.initializer.find(
    ({ dataLocation }) => dataLocation === TensorProto_DataLocation.EXTERNAL,
  );
  if (external === undefined) return;
  const file = external.externalData.find(({ key }) => key === 'location')?.value ?? 'another file';
  throw new DetectdError(
    'MODEL_NOT_ONNX',
    `${where} keeps its weights outside itself, in ${JSON.stringify(file)}, which is not supported.`,
    'Save the model as a single file (onnx.save without save_as_external_data).',
  );
}

function notOnnx(where: string, problem: string): DetectdError {
  return new DetectdError(
    'MODEL_NOT_ONNX',
    `${where} ${problem}.`,
    'Copy the file again, and check that it is the output of paddle2onnx.',
  );
}
