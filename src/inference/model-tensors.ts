/**
 * Inputs and outputs as a model's file declares them. Releases of onnxruntime-node before 1.22 tell only their names,
 * and JetPack 5 and 6.0 can have nothing newer.
 */
import { readFile } from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataType, type ValueInfoProto } from 'onnx-buf';

/** As newer releases of the binding describe them; an open dimension is a text. */
export interface DeclaredTensor {
  name: string;
  isTensor: boolean;
  type: string;
  shape: readonly (number | string)[];
}

/** `model` is a serialised ONNX model or the path of one, which the runtime has accepted. */
export async function declaredTensors(
  model: Uint8Array | string,
): Promise<{ inputs: DeclaredTensor[]; outputs: DeclaredTensor[] }> {
  const { graph } = fromBinary(ModelProtoSchema, typeof model === 'string' ? await readFile(model) : model);
  const weights = new Set(graph?.initializer.map(({ name }) => name));
  return {
    inputs: (graph?.input ?? []).filter(({ name }) => !weights.has(name)).map(declared),
    outputs: (graph?.output ?? []).map(declared),
  };
}

function declared({ name, type }: ValueInfoProto): DeclaredTensor {
  if (type?.value.case !== 'tensorType') return { name, isTensor: false, type: 'unknown', shape: [] };
  const { elemType, shape } = type.value.value;
  return {
    name,
    isTensor: true,
    type: typeName(elemType),
    shape: (shape?.dim ?? []).map(({ value }) =>
      value.case === 'dimValue' ? Number(value.value) : (value.value ?? ''),
    ),
  };
}

/** ONNX says FLOAT where the runtime says float32; all other names are the same. */
function typeName(elemType: number): string {
  return elemType === TensorProto_DataType.FLOAT
    ? 'float32'
    : (TensorProto_DataType[elemType] ?? `type ${elemType}`).toLowerCase();
}
