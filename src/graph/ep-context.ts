/**
 * The model by which ONNX Runtime runs an engine that was built before: one EPContext node, as its TensorRT provider
 * takes it whole. Nothing is parsed or built when it is loaded, and no option of the provider is needed.
 */
import { create } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { version } from '../base/version.js';
import { type OnnxModel, writeOnnx } from './onnx-file.js';
import { type AttributeValue, attribute } from './tensors.js';

const DOMAIN = 'com.microsoft';
/** The oldest that all runtimes with the node read. */
const IR_VERSION = 8n;

export interface EpContextOptions {
  /** File of the engine, relative to the folder of this model; plain characters, below that folder. */
  engine: string;
  /** Of the GPU, `8.7`; the runtime warns when it runs on another one. */
  computeCapability: string | undefined;
  /** Version of TensorRT. */
  tensorrt: string;
}

/**
 * A serialised model that stands for `prepared`, the graph that the engine was built from. Inputs and outputs have
 * its names, types and shapes, which are those of the engine: the provider finds an engine's tensors by name, and takes
 * the first one where a name is wrong. (Engines before TensorRT 10 hold int64 as int32; the provider casts by the type
 * that is declared here.) Throws a RangeError for a path that the provider would refuse.
 */
export function epContextModel(prepared: OnnxModel, options: EpContextOptions): Uint8Array {
  requirePath(options.engine);
  const weights = new Set(prepared.graph.initializer.map(({ name }) => name));
  const inputs = prepared.graph.input.filter(({ name }) => !weights.has(name));
  const outputs = prepared.graph.output;
  const attributes: Record<string, AttributeValue> = {
    main_context: { int: 1 },
    embed_mode: { int: 0 },
    ep_cache_context: { text: options.engine },
    ...(options.computeCapability === undefined
      ? {}
      : { hardware_architecture: { text: options.computeCapability.replace('.', '') } }),
    ep_sdk_version: { text: options.tensorrt },
    source: { text: 'TensorrtExecutionProvider' },
  };
  return writeOnnx(
    create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: 'detectd',
      producerVersion: version(),
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: DOMAIN, version: 1n })],
      graph: create(GraphProtoSchema, {
        name: 'engine',
        node: [
          create(NodeProtoSchema, {
            opType: 'EPContext',
            domain: DOMAIN,
            name: 'engine',
            input: inputs.map(({ name }) => name),
            output: outputs.map(({ name }) => name),
            attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
          }),
        ],
        input: inputs.map(bare),
        output: outputs.map(bare),
      }),
    }),
  );
}

/** The provider refuses a leading slash, and two dots wherever they stand. */
function requirePath(path: string): void {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9_./-]*$/.test(path) || path.includes('..') || path.endsWith('/'))
    throw new RangeError(`${JSON.stringify(path)} cannot be the path of an engine beside its model`);
}

/** Without what exporters note for people. */
function bare({ name, type }: ValueInfoProto): ValueInfoProto {
  return create(ValueInfoProtoSchema, type === undefined ? { name } : { name, type });
}
