/** Makes the protobuf messages of small tensors, attributes and values, and reads small constants back. */
import { create } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';

export const FLOAT = TensorProto_DataType.FLOAT;
export const FLOAT16 = TensorProto_DataType.FLOAT16;
export const UINT8 = TensorProto_DataType.UINT8;
export const INT64 = TensorProto_DataType.INT64;

export type AttributeValue =
  | { float: number }
  | { floats: number[] }
  | { int: number }
  | { ints: number[] }
  | { text: string };

export function attribute(name: string, value: AttributeValue): AttributeProto {
  const types = AttributeProto_AttributeType;
  if ('float' in value)
    return create(AttributeProtoSchema, { name, type: types.FLOAT, f: Math.fround(value.float) });
  if ('floats' in value) {
    const floats = value.floats.map(Math.fround);
    return create(AttributeProtoSchema, { name, type: types.FLOATS, floats });
  }
  if ('int' in value) return create(AttributeProtoSchema, { name, type: types.INT, i: BigInt(value.int) });
  if ('ints' in value)
    return create(AttributeProtoSchema, { name, type: types.INTS, ints: value.ints.map(BigInt) });
  const s = new Uint8Array(new TextEncoder().encode(value.text));
  return create(AttributeProtoSchema, { name, type: types.STRING, s });
}

export function floatTensor(name: string, dims: number[], values: number[]): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: FLOAT,
    dims: dims.map(BigInt),
    floatData: values.map(Math.fround),
  });
}

export function int64Tensor(name: string, dims: number[], values: number[]): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: INT64,
    dims: dims.map(BigInt),
    int64Data: values.map(BigInt),
  });
}

/** Like floatTensor, for weights: as raw bytes. */
export function floatBytesTensor(
  name: string,
  dims: readonly bigint[],
  values: Float32Array<ArrayBuffer>,
): TensorProto {
  const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return create(TensorProtoSchema, { name, dataType: FLOAT, dims: [...dims], rawData });
}

/** The numbers of a float32 tensor that holds them itself, as a copy; undefined for every other tensor. */
export function floatValues(tensor: TensorProto | undefined): Float32Array<ArrayBuffer> | undefined {
  if (tensor?.dataType !== FLOAT) return undefined;
  const { rawData, floatData } = tensor;
  if (rawData.length % 4 !== 0) return undefined;
  const values =
    rawData.length === 0 ? Float32Array.from(floatData) : new Float32Array(Uint8Array.from(rawData).buffer);
  return values.length === elements(tensor) ? values : undefined;
}

/** The numbers of an int64 tensor that holds them itself; undefined for every other tensor. */
export function int64Values(tensor: TensorProto | undefined): bigint[] | undefined {
  if (tensor?.dataType !== INT64) return undefined;
  const { rawData, int64Data } = tensor;
  if (rawData.length % 8 !== 0) return undefined;
  const values = rawData.length === 0 ? int64Data : [...new BigInt64Array(Uint8Array.from(rawData).buffer)];
  return values.length === elements(tensor) ? values : undefined;
}

function elements({ dims }: TensorProto): number {
  return dims.reduce((product, dim) => product * Number(dim), 1);
}

/** A graph input or output; a dimension given as text is symbolic. */
export function valueInfo(
  name: string,
  type: TensorProto_DataType,
  dims: (number | string)[],
): ValueInfoProto {
  const dim = dims.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof size === 'number'
          ? { case: 'dimValue', value: BigInt(size) }
          : { case: 'dimParam', value: size },
    }),
  );
  const shape = create(TensorShapeProtoSchema, { dim });
  const value = create(TypeProto_TensorSchema, { elemType: type, shape });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value } }),
  });
}

/** The one float32 number of a tensor of rank 0 or 1; undefined for every other tensor. */
export function floatScalar(tensor: TensorProto): number | undefined {
  if (tensor.dataType !== FLOAT || tensor.dims.length > 1) return undefined;
  if (tensor.dims.some((size) => size !== 1n)) return undefined;
  if (tensor.floatData.length === 1) return tensor.floatData[0];
  const { rawData } = tensor;
  if (rawData.length !== 4) return undefined;
  return new DataView(rawData.buffer, rawData.byteOffset, 4).getFloat32(0, true);
}
