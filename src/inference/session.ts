/**
 * One ONNX Runtime session, and the only file that knows the binding. `run()` blocks its thread for the
 * whole inference, so a session lives in a worker_thread or in a process of its own. Outputs of fixed
 * shape are allocated once and written again by every run.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Ort from 'onnxruntime-node';
import { DetectdError, messageOf } from '../base/errors.js';
import { returnMemory } from '../base/memory-return.js';
import type { TensorSpec, TensorType, TensorValue } from '../core/prepared-graph.js';
import type { ProviderName } from '../core/worker-plan.js';
import { type DeclaredTensor, declaredTensors } from './model-tensors.js';

export interface SessionOptions {
  provider: ProviderName;
  /** Threads inside one run; 0 lets the runtime decide. */
  threads: number;
  /** What the model is, for messages. */
  where: string;
  /** It is an engine, made by writeOptimised() or around one of TensorRT: nothing of it is changed any more. */
  built?: boolean;
  /** Refuse a graph of which this provider cannot compute all, instead of leaving the rest to the CPU. */
  alone?: boolean;
}

/** Types that ONNX Runtime names otherwise. */
const TENSOR_TYPES: Partial<Record<string, TensorType>> = {
  float32: 'float32',
  float16: 'float16',
  uint8: 'uint8',
  int8: 'int8',
  int32: 'int32',
  int64: 'int64',
  bool: 'bool',
};

export class Session {
  readonly inputs: TensorSpec[];
  readonly outputs: TensorSpec[];
  readonly #ort: typeof Ort;
  readonly #session: Ort.InferenceSession;
  readonly #fetches: Record<string, Ort.Tensor> | undefined;
  readonly #fetchBuffers: ReadonlySet<ArrayBuffer>;
  readonly #where: string;

  private constructor(ort: typeof Ort, session: Ort.InferenceSession, tensors: Tensors, where: string) {
    this.#ort = ort;
    this.#session = session;
    this.#where = where;
    this.inputs = tensors.inputs.map(tensorSpec);
    this.outputs = tensors.outputs.map(tensorSpec);
    this.#fetches = preallocate(ort, this.outputs);
    this.#fetchBuffers = new Set(buffersOf(this.#fetches ?? {}));
  }

  /**
   * Loads a serialised ONNX model, or a file; one that stands for an engine of TensorRT must be a file, as the engine
   * is found beside it. Throws MODEL_LOAD when ONNX Runtime refuses it, PROVIDER_UNAVAILABLE
   * when the binding or the machine lacks the provider, and ENGINE_MEMORY when memory ran out.
   */
  static async load(model: Uint8Array | string, options: SessionOptions): Promise<Session> {
    const ort = loadRuntime();
    requireProvider(ort, options.provider);
    try {
      const session = await create(ort, model, options, options.built === true ? 'disabled' : 'all');
      return new Session(ort, session, await tensorsOf(session, model), options.where);
    } catch (error) {
      throw loadError(error, options);
    }
  }

  /**
   * Feeds tensors by name and returns the outputs in graph order. The data of fixed-shape outputs is
   * overwritten by the next run: read it before. Throws MODEL_RUN, or ENGINE_MEMORY when memory ran out.
   */
  async run(feeds: Record<string, TensorValue>): Promise<TensorValue[]> {
    const tensors: Record<string, Ort.Tensor> = {};
    for (const [name, value] of Object.entries(feeds)) tensors[name] = this.#tensor(value);
    const fetches = this.#fetches;
    try {
      if (fetches === undefined) {
        const results = await this.#session.run(tensors);
        return this.outputs.map((output) => tensorValue(results[output.name], output));
      }
      const copies = await this.#session.run(tensors, fetches);
      // The binding fills our tensors, and then copies each of them once more.
      returnMemory(buffersOf(copies).filter((buffer) => !this.#fetchBuffers.has(buffer)));
      return this.outputs.map((output) => tensorValue(fetches[output.name], output));
    } catch (error) {
      if (isOutOfMemory(error)) throw memoryError(error, this.#where);
      throw new DetectdError(
        'MODEL_RUN',
        `Inference with ${this.#where} failed: ${firstLine(messageOf(error))}.`,
        'Some exports fail on some pictures when NMS is part of the graph; export the model without NMS.',
        { cause: error },
      );
    }
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  #tensor(value: TensorValue): Ort.Tensor {
    return new this.#ort.Tensor(value.type as 'float32', value.data as Float32Array, value.dims);
  }
}

/**
 * Optimises a serialised ONNX model for this processor and writes it to `path`, whole or not at all as far as the
 * runtime tells: the engine of the CPU and CUDA providers. Throws MODEL_LOAD, PROVIDER_UNAVAILABLE, ENGINE_MEMORY,
 * ENGINE_DISK where it cannot be written or, where the runtime is too old, ENGINE_UNSUPPORTED.
 */
export async function writeOptimised(
  model: Uint8Array,
  path: string,
  options: SessionOptions,
): Promise<void> {
  const ort = loadRuntime();
  requireProvider(ort, options.provider);
  try {
    const session = await create(ort, model, options, 'all', path);
    await session.release();
  } catch (error) {
    if (UNWRITTEN.test(messageOf(error))) throw diskError(error, options.where);
    throw loadError(error, options);
  }
  if (existsSync(path)) return;
  // Releases before 1.21 do not know the option, and pass it by in silence.
  throw new DetectdError(
    'ENGINE_UNSUPPORTED',
    `onnxruntime-node ${runtimeInfo().version} cannot write the optimised graph of ${options.where}.`,
    'Nothing has to be done: the graph is prepared at every start, which takes a little longer.',
  );
}

/** Version of ONNX Runtime and the providers that its binding knows by name. */
export function runtimeInfo(): { version: string; providers: string[] } {
  const ort = loadRuntime();
  return {
    version: ort.env.versions.node ?? ort.env.versions.common,
    providers: ort.listSupportedBackends().map((backend) => backend.name),
  };
}

let runtime: typeof Ort | undefined;

function loadRuntime(): typeof Ort {
  if (runtime !== undefined) return runtime;
  // Processes of detectd are started with it; this is for those that others start.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  try {
    runtime = createRequire(import.meta.url)('onnxruntime-node') as typeof Ort;
  } catch (error) {
    throw new DetectdError(
      'MODEL_LOAD',
      `onnxruntime-node cannot be loaded: ${firstLine(messageOf(error))}.`,
      'Run scripts/setup again; on a Jetson install the onnxruntime-node built for its JetPack.',
      { cause: error },
    );
  }
  // Old exports cause hundreds of warnings per load.
  runtime.env.logLevel = 'error';
  return runtime;
}

function create(
  ort: typeof Ort,
  model: Uint8Array | string,
  { provider, threads, alone = false }: SessionOptions,
  graphOptimizationLevel: 'disabled' | 'all',
  optimizedModelFilePath?: string,
): Promise<Ort.InferenceSession> {
  const strict = alone && provider !== 'cpu';
  const options: Ort.InferenceSession.SessionOptions = {
    executionProviders: provider === 'cpu' || strict ? [provider] : [provider, 'cpu'],
    ...(threads > 0 ? { intraOpNumThreads: threads } : {}),
    interOpNumThreads: 1,
    // Threads that spin while they wait for the next frame take the cores from decoding it.
    extra: {
      session: {
        intra_op: { allow_spinning: '0' },
        ...(strict ? { disable_cpu_ep_fallback: '1' } : {}),
      },
    },
    graphOptimizationLevel,
    ...(optimizedModelFilePath === undefined ? {} : { optimizedModelFilePath }),
    logSeverityLevel: 3,
  };
  // The binding tells a path from bytes by its type, and its overloads cannot take either.
  return ort.InferenceSession.create(model as string, options);
}

function requireProvider(ort: typeof Ort, provider: ProviderName): void {
  const known = ort.listSupportedBackends().map((backend) => backend.name as string);
  if (known.includes(provider)) return;
  throw new DetectdError(
    'PROVIDER_UNAVAILABLE',
    `This onnxruntime-node has no "${provider}" provider; it has ${known.join(', ')}.`,
    'Set provider: cpu or auto, or install an onnxruntime-node that was built with it.',
  );
}

/** What ONNX Runtime says where the optimised graph does not go onto the disk. */
const UNWRITTEN =
  /Protobuf serialization failed|No space left|Read-only file system|Disk quota|Input\/output error/;

/** As ONNX Runtime, CUDA, cuBLAS, cuDNN, TensorRT and the C++ library say it. */
const NO_MEMORY =
  /out of memory|OutOfMemory|bad_alloc|ALLOC_FAILED|(?:Failed|unable) to allocate|requested bytes of/i;

function isOutOfMemory(error: unknown): boolean {
  return NO_MEMORY.test(messageOf(error));
}

function memoryError(cause: unknown, where: string): DetectdError {
  return new DetectdError(
    'ENGINE_MEMORY',
    `Memory ran out for ${where}: ${firstLine(messageOf(cause))}.`,
    'Close other programs that use memory or the GPU, or set provider: cpu for this model.',
    { cause },
  );
}

function diskError(cause: unknown, where: string): DetectdError {
  return new DetectdError(
    'ENGINE_DISK',
    `The optimised graph of ${where} cannot be written: ${firstLine(messageOf(cause))}.`,
    'Free space in the cache folder, or set paths.cache to a larger disk.',
    { cause },
  );
}

function loadError(error: unknown, options: SessionOptions): DetectdError {
  // It says so of the provider, too, which may serve again in a minute.
  if (isOutOfMemory(error)) return memoryError(error, options.where);
  const message = firstLine(messageOf(error));
  if (options.provider !== 'cpu' && /provider|libcu|libnv|cannot open shared object/i.test(message)) {
    return new DetectdError(
      'PROVIDER_UNAVAILABLE',
      `The "${options.provider}" provider does not work here: ${message}.`,
      'Set provider: cpu or auto; "detectd doctor" shows what is installed.',
      { cause: error },
    );
  }
  return new DetectdError(
    'MODEL_LOAD',
    `ONNX Runtime refuses ${options.where}: ${message}.`,
    'Export the model again with a paddle2onnx that fits; its README names the versions that work.',
    { cause: error },
  );
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/\.$/, '').slice(0, 500);
}

interface Tensors {
  inputs: readonly DeclaredTensor[];
  outputs: readonly DeclaredTensor[];
}

async function tensorsOf(session: Ort.InferenceSession, model: Uint8Array | string): Promise<Tensors> {
  const { inputMetadata, outputMetadata }: Partial<Ort.InferenceSession> = session;
  if (inputMetadata === undefined || outputMetadata === undefined) return declaredTensors(model);
  const described = (value: Ort.InferenceSession.ValueMetadata): DeclaredTensor =>
    value.isTensor ? value : { name: value.name, isTensor: false, type: 'unknown', shape: [] };
  return { inputs: inputMetadata.map(described), outputs: outputMetadata.map(described) };
}

function tensorSpec(value: DeclaredTensor): TensorSpec {
  if (!value.isTensor)
    throw new DetectdError(
      'MODEL_INPUT',
      `"${value.name}" is not a tensor.`,
      'Export the model without sequences.',
    );
  const type = TENSOR_TYPES[value.type];
  if (type === undefined)
    throw new DetectdError(
      'MODEL_INPUT',
      `"${value.name}" has the type ${value.type}, which detectd cannot handle.`,
    );
  return {
    name: value.name,
    type,
    dims: value.shape.map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : null)),
  };
}

/** Tensors for the outputs when every one has a fixed shape; otherwise the runtime allocates them. */
function preallocate(ort: typeof Ort, outputs: TensorSpec[]): Record<string, Ort.Tensor> | undefined {
  const fetches: Record<string, Ort.Tensor> = {};
  for (const { name, type, dims } of outputs) {
    if (type !== 'float32' || dims.some((dim) => dim === null || dim === 0)) return undefined;
    const shape = dims as number[];
    const size = shape.reduce((product, dim) => product * dim, 1);
    fetches[name] = new ort.Tensor('float32', new Float32Array(size), shape);
  }
  return fetches;
}

/** Of float32 tensors. */
function buffersOf(tensors: Readonly<Record<string, Ort.Tensor>>): ArrayBuffer[] {
  return Object.values(tensors).map(({ data }) => (data as Float32Array<ArrayBuffer>).buffer);
}

function tensorValue(tensor: Ort.Tensor | undefined, spec: TensorSpec): TensorValue {
  if (tensor === undefined) throw new Error(`no output "${spec.name}"`);
  return { type: spec.type, data: tensor.data as TensorValue['data'], dims: tensor.dims };
}
