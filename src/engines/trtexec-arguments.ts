/**
 * The arguments of trtexec for one engine, by version. What a version cannot build is refused here with the way
 * out: trtexec would end with the whole of its help, or build an engine that silently finds nothing.
 */
import { DetectdError } from '../base/errors.js';
import type { TensorSpec } from '../core/prepared-graph.js';
import type { Precision } from '../core/worker-plan.js';
import type { InputShape } from './engine-key.js';
import { type TensorrtVersion, versionText } from './tensorrt-version.js';
import { type TrtexecDialect, trtexecDialect } from './trtexec-dialect.js';

export interface TrtexecRequest {
  /** Absolute path of the ONNX model. */
  model: string;
  /** Inputs of the model. */
  inputs: readonly TensorSpec[];
  /** By name, for every input whose dimensions are not all fixed. */
  shapes: Readonly<Record<string, InputShape>>;
  precision: Precision;
  /** What the model holds already: float16 computation, or QuantizeLinear and DequantizeLinear around its layers. */
  modelTypes: { float16: boolean; quantized: boolean };
  /** Absolute path of a calibration cache, for INT8 without quantization in the model. */
  calibration?: string;
  /** Build for this deep learning accelerator; what it cannot do falls back to the GPU. */
  dlaCore?: number;
  /** Absolute path of the timing cache; created when missing. */
  timingCache?: string;
  verbose?: boolean;
}

/** What an attempt may change: how much the builder may use. */
export interface BuildEffort {
  workspaceMiB: number;
  /** 0 to 5; left to TensorRT where undefined or not known to this version. */
  optimizationLevel: number | undefined;
}

/** Arguments that make trtexec write the engine to `plan`. Throws ENGINE_UNSUPPORTED. */
export function trtexecArguments(
  request: TrtexecRequest,
  effort: BuildEffort,
  plan: string,
  version: TensorrtVersion,
): string[] {
  const dialect = trtexecDialect(version);
  const where = `TensorRT ${versionText(version)}`;
  if (dialect === undefined)
    throw unsupported(`${where} is older than 8.2`, 'Install a JetPack that detectd supports.');
  requireInputTypes(request.inputs, dialect, where);
  return [
    `--onnx=${request.model}`,
    `--saveEngine=${plan}`,
    dialect.buildOnly,
    `${dialect.workspace}${effort.workspaceMiB}`,
    ...precisionFlags(request, dialect, where),
    ...shapeFlags(request),
    ...dlaFlags(request, dialect, where),
    ...(request.timingCache === undefined ? [] : [`--timingCacheFile=${request.timingCache}`]),
    ...(dialect.optimizationLevel && effort.optimizationLevel !== undefined
      ? [`--builderOptimizationLevel=${effort.optimizationLevel}`]
      : []),
    ...(request.verbose === true ? ['--verbose'] : []),
  ];
}

function requireInputTypes(inputs: readonly TensorSpec[], dialect: TrtexecDialect, where: string): void {
  const bytes = inputs.find(({ type }) => type === 'uint8');
  if (bytes === undefined || dialect.uint8Inputs) return;
  throw unsupported(
    `${where} takes no uint8 pictures, as the input "${bytes.name}" gives them`,
    'Set provider: cuda or cpu, or install a JetPack with TensorRT 8.5 or later.',
  );
}

function precisionFlags(request: TrtexecRequest, dialect: TrtexecDialect, where: string): string[] {
  const { precision, modelTypes, calibration } = request;
  if (precision === 'fp32') return [];
  if (precision === 'fp16') {
    if (dialect.precisionFlags) return ['--fp16'];
    if (modelTypes.float16) return [];
    throw unsupported(
      `${where} computes in the types that the model has, and this model is all FP32`,
      'Set precision: fp32. detectd converts models itself where it can; ModelOpt AutoCast converts others.',
    );
  }
  if (modelTypes.quantized) return dialect.precisionFlags ? ['--int8', '--fp16'] : [];
  if (!dialect.precisionFlags)
    throw unsupported(
      `${where} takes INT8 only from QuantizeLinear and DequantizeLinear in the model, which has none`,
      'Set precision: fp16 or fp32, or give a bundle whose model.onnx was quantized.',
    );
  if (calibration === undefined)
    throw unsupported(
      'INT8 needs to know the range of every layer, and the bundle has neither a calibration nor a quantized model',
      'Set precision: fp16, or put a calibration cache of TensorRT or a quantized model.onnx into the bundle.',
    );
  // Layers without an INT8 kernel would otherwise run in FP32.
  return ['--int8', '--fp16', `--calib=${calibration}`];
}

function dlaFlags({ dlaCore, precision }: TrtexecRequest, dialect: TrtexecDialect, where: string): string[] {
  if (dlaCore === undefined) return [];
  if (!dialect.dla)
    throw unsupported(`${where} builds no engines for a DLA`, 'Leave out the DLA core: the GPU is used.');
  if (precision === 'fp32')
    throw unsupported(
      'A DLA computes in FP16 and INT8 only, and FP32 was asked for',
      'Set precision: fp16 or int8, or leave out the DLA core.',
    );
  return [`--useDLACore=${dlaCore}`, '--allowGPUFallback'];
}

/** For a model of fixed shapes trtexec refuses these flags. */
function shapeFlags({ inputs, shapes }: TrtexecRequest): string[] {
  const open = inputs.filter(({ dims }) => dims.some((dim) => dim === null));
  if (open.length === 0) return [];
  const profiles = open.map((input) => ({ name: input.name, ...profileOf(input, shapes[input.name]) }));
  return (['min', 'opt', 'max'] as const).map((bound) => {
    const list = profiles.map((profile) => `${profile.name}:${profile[bound].join('x')}`);
    return `--${bound}Shapes=${list.join(',')}`;
  });
}

interface Profile {
  min: readonly number[];
  opt: readonly number[];
  max: readonly number[];
}

function profileOf({ name, dims }: TensorSpec, shape: InputShape | undefined): Profile {
  const problem = (what: string) =>
    unsupported(
      `The shape of the input "${name}" ${what}`,
      'Set the batch sizes that the engine should take.',
    );
  // These separate names and shapes, or stand for any name.
  if (/[,'*]/.test(name)) throw problem('cannot be told to trtexec, because of its name');
  if (shape === undefined) throw problem('is open, and nothing says what the engine should range over');
  const profile = 'min' in shape ? shape : { min: shape, opt: shape, max: shape };
  const { min, opt, max } = profile;
  for (const sizes of [min, opt, max]) {
    const fits =
      sizes.length === dims.length && sizes.every((size) => Number.isSafeInteger(size) && size > 0);
    if (!fits) throw problem(`should have ${dims.length} sizes above 0, not ${sizes.join('x')}`);
  }
  for (const [index, dim] of dims.entries()) {
    const [low = 0, mid = 0, high = 0] = [min[index], opt[index], max[index]];
    const fixed = dim === null || [low, mid, high].every((size) => size === dim);
    if (!fixed) throw problem(`differs from the model's in dimension ${index}, which is ${dim}`);
    if (low > mid || mid > high) throw problem(`goes down from ${low} over ${mid} to ${high}`);
  }
  return profile;
}

function unsupported(problem: string, hint: string): DetectdError {
  return new DetectdError('ENGINE_UNSUPPORTED', `${problem}.`, hint);
}
