/**
 * Writes the bundle's pre-processing as nodes in front of the network, so that a session takes the picture
 * as it comes: uint8, height × width × channels. Steps run in the order of infer_cfg.yml, with the
 * arithmetic of OpenCV and of PaddleDetection's deployed Python code.
 */
import { DetectdError } from '../base/errors.js';
import { ceilTo, fixedResizedSize, type Size } from '../bundle/geometry.js';
import type { InferCfg } from '../bundle/infer-cfg.js';
import { INTERPOLATION_NAMES, type PreprocessOp, type PreprocessType } from '../bundle/preprocess-op.js';
import type { PixelFormat } from '../core/frame.js';
import { BYTES_PER_PIXEL } from '../core/frame.js';
import type { AuxiliaryInput, PreprocessMode } from '../core/prepared-graph.js';
import { GraphBuilder } from './graph-builder.js';
import { type OnnxModel, opsetOf } from './onnx-file.js';
import { separableResize } from './separable-resize.js';
import { FLOAT, INT64, UINT8 } from './tensors.js';

export interface FuseOptions {
  cfg: InferCfg;
  mode: PreprocessMode;
  format: PixelFormat;
  processor: 'cpu' | 'gpu';
  /** Name of the float32 NCHW input that the new nodes feed. */
  networkInput: string;
  where: string;
}

export interface FusedInput {
  imageInput: string;
  /** Inputs that the resizing needs. */
  auxiliary: AuxiliaryInput[];
  /** Of the tensor that the network sees; undefined where it depends on the picture. */
  size: Size | undefined;
}

/** What the steps have made of the picture so far; in the graph it is NCHW float32 throughout. */
interface State {
  build: GraphBuilder;
  options: FuseOptions;
  opset: number;
  auxiliary: AuxiliaryInput[];
  tensor: string;
  size: Size | undefined;
  /** Values are still whole numbers 0 to 255, as in OpenCV's uint8 images. */
  grey: boolean;
  /** Permute has been seen. */
  permuted: boolean;
  /** Something changed the size before, so a live picture cannot be scaled in advance. */
  padded: boolean;
}

type Step<T extends PreprocessType> = (state: State, op: Extract<PreprocessOp, { type: T }>) => void;

/** Resize (and so every exact graph), Pad and Round in the form used here exist from this opset on. */
const NEEDED_OPSET = 11;

/**
 * Puts the pre-processing in front of `networkInput`, which stops being a graph input.
 * Throws PREPROCESS_UNSUPPORTED for steps that cannot be written as nodes.
 */
export function fusePreprocess(model: OnnxModel, options: FuseOptions): FusedInput {
  const { cfg, mode, format, networkInput } = options;
  const build = new GraphBuilder(model.graph);
  const channels = BYTES_PER_PIXEL[format];
  const size = mode === 'live' ? fixedResizedSize(cfg) : undefined;
  const imageInput = build.input('picture', UINT8, [
    1,
    size?.height ?? 'picture_height',
    size?.width ?? 'picture_width',
    channels,
  ]);
  const state: State = {
    build,
    options,
    opset: opsetOf(model),
    auxiliary: [],
    tensor: imageInput,
    size,
    grey: true,
    permuted: false,
    padded: false,
  };
  toPlanarFloat(state, channels);
  for (const op of cfg.preprocess) apply(state, op);
  if (!state.permuted) throw unsupported(state, 'has no "Permute" step: pictures must end channels first');
  build.replaceInput(networkInput);
  return { imageInput, auxiliary: state.auxiliary, size: state.size };
}

function toPlanarFloat(state: State, channels: number): void {
  const { build, options } = state;
  const cast = (): void => {
    state.tensor = build.node('Cast', [state.tensor], { to: { int: FLOAT } });
  };
  // TensorRT refuses uint8 anywhere but at the input of a Cast; a CPU moves bytes with less effort than floats.
  if (options.processor === 'gpu') cast();
  if (channels !== 3) {
    requireOpset(state, 'RGBA pictures');
    const range = [build.ints([0]), build.ints([3]), build.ints([3])];
    state.tensor = build.node('Slice', [state.tensor, ...range]);
  }
  state.tensor = build.node('Transpose', [state.tensor], { perm: { ints: [0, 3, 1, 2] } });
  if (options.processor === 'cpu') cast();
}

const STEPS: { [T in PreprocessType]?: Step<T> } = {
  Resize: (state, op) => {
    requireLayout(state, op.type, false);
    if (state.options.mode === 'live') {
      if (state.padded) throw unsupported(state, 'pads before "Resize", which live pictures cannot follow');
      return;
    }
    const mode = op.interp === 2 ? 'cubic' : op.interp === 1 ? 'linear' : undefined;
    if (mode === undefined) {
      const name = INTERPOLATION_NAMES[op.interp];
      throw unsupported(state, `resizes with interp ${op.interp} (${name}), which is not supported yet`);
    }
    requireOpset(state, '"Resize"');
    if (op.keepRatio) resizeByScale(state, mode);
    else {
      state.size = { width: op.width, height: op.height };
      state.tensor = separableResize(state.build, state.tensor, state.size, mode);
    }
    if (state.grey) {
      state.tensor = state.build.node('Round', [state.tensor]);
      if (mode === 'cubic') {
        const limits = [state.build.floats([0], []), state.build.floats([255], [])];
        state.tensor = state.build.node('Clip', [state.tensor, ...limits]);
      }
    }
  },
  NormalizeImage: (state, op) => {
    requireLayout(state, op.type, false);
    const unit = op.isScale ? 1 / 255 : 1;
    const standard = op.normType === 'mean_std';
    const factors = op.std.map((std) => (standard ? unit / std : unit));
    const offsets = op.mean.map((mean, channel) => (standard ? -mean / (op.std[channel] ?? 1) : 0));
    multiply(state, factors);
    add(state, offsets);
    state.grey = false;
  },
  Permute: (state, op) => {
    requireLayout(state, op.type, false);
    state.permuted = true;
  },
  Pad: (state, op) => {
    requireLayout(state, op.type, false);
    const [first] = op.fill;
    const even = op.fill.every((value) => value === first);
    // Pad takes one number for all channels: around it, the fill colour is made that number.
    if (!even)
      add(
        state,
        op.fill.map((value) => -value),
      );
    padTo(state, () => ({ width: op.width, height: op.height }), even ? first : 0, undefined);
    if (!even) add(state, [...op.fill]);
  },
  PadStride: (state, op) => {
    requireLayout(state, op.type, true);
    if (op.stride <= 1) return;
    const grow = ({ width, height }: Size) => ({
      width: ceilTo(width, op.stride),
      height: ceilTo(height, op.stride),
    });
    padTo(state, grow, 0, op.stride);
  },
};

function apply(state: State, op: PreprocessOp): void {
  const step = STEPS[op.type] as ((state: State, op: PreprocessOp) => void) | undefined;
  if (step === undefined) throw unsupported(state, `needs "${op.type}", a family that is not supported yet`);
  step(state, op);
}

function multiply(state: State, perChannel: number[]): void {
  if (perChannel.every((value) => value === 1)) return;
  state.tensor = state.build.node('Mul', [state.tensor, state.build.floats(perChannel, [1, 3, 1, 1])]);
}

function add(state: State, perChannel: number[]): void {
  if (perChannel.every((value) => value === 0)) return;
  state.tensor = state.build.node('Add', [state.tensor, state.build.floats(perChannel, [1, 3, 1, 1])]);
}

function resizeByScale(state: State, mode: string): void {
  const { build } = state;
  const scales = build.input('resize_scales', FLOAT, [4]);
  const pads = build.input('resize_pads', INT64, [8]);
  const ends = build.input('resize_ends', INT64, [2]);
  state.auxiliary.push(
    { name: scales, meaning: 'resize_scales' },
    { name: pads, meaning: 'resize_pads' },
    { name: ends, meaning: 'resize_ends' },
  );
  const wide = build.node('Pad', [state.tensor, pads], { mode: { text: 'edge' } });
  const resized = build.node('Resize', [wide, emptyInput(state), scales], resizeAttributes(mode));
  state.tensor = build.node('Slice', [resized, build.ints([0, 0]), ends, build.ints([2, 3])]);
  state.size = undefined;
}

function resizeAttributes(mode: string) {
  return {
    mode: { text: mode },
    coordinate_transformation_mode: { text: 'half_pixel' },
    ...(mode === 'cubic' ? { cubic_coeff_a: { float: -0.75 } } : {}),
  };
}

/** Inputs of Resize that are not used must be there until opset 13, if only as an empty tensor. */
function emptyInput(state: State): string {
  return state.opset >= 13 ? '' : state.build.floats([], [0]);
}

/** Pads right and bottom to the size that `target` makes of the present one, or to a multiple of `stride`. */
function padTo(state: State, target: (size: Size) => Size, fill: number, stride: number | undefined): void {
  const { build, size } = state;
  requireOpset(state, 'padding');
  state.padded = true;
  let pads: string;
  if (size === undefined) {
    pads = padsAtRunTime(state, target, stride);
    state.size = stride === undefined ? target({ width: 0, height: 0 }) : undefined;
  } else {
    const wanted = target(size);
    const [right, bottom] = [wanted.width - size.width, wanted.height - size.height];
    if (right < 0 || bottom < 0)
      throw unsupported(state, `pads ${sizeText(size)} pictures to ${sizeText(wanted)}, which is smaller`);
    state.size = wanted;
    if (right === 0 && bottom === 0) return;
    pads = build.ints([0, 0, 0, 0, 0, 0, bottom, right]);
  }
  state.tensor = build.node('Pad', [state.tensor, pads, build.floats([fill], [])], {
    mode: { text: 'constant' },
  });
}

function padsAtRunTime(state: State, target: (size: Size) => Size, stride: number | undefined): string {
  const { build } = state;
  const shape = build.node('Shape', [state.tensor]);
  const present = build.node('Slice', [shape, build.ints([2]), build.ints([4]), build.ints([0])]);
  let wanted: string;
  if (stride === undefined) {
    const fixed = target({ width: 0, height: 0 });
    wanted = build.ints([fixed.height, fixed.width]);
  } else {
    const step = build.ints([stride]);
    const raised = build.node('Add', [present, build.ints([stride - 1])]);
    wanted = build.node('Mul', [build.node('Div', [raised, step]), step]);
  }
  const grow = build.node('Sub', [wanted, present]);
  return build.node('Concat', [build.ints([0, 0, 0, 0, 0, 0]), grow], { axis: { int: 0 } });
}

function requireLayout(state: State, type: string, permuted: boolean): void {
  if (state.permuted !== permuted)
    throw unsupported(
      state,
      `has "${type}" ${permuted ? 'before' : 'after'} "Permute", which makes no sense`,
    );
}

function requireOpset(state: State, what: string): void {
  if (state.opset < NEEDED_OPSET)
    throw unsupported(state, `needs ${what}, and the model's opset ${state.opset} is older than 11`);
}

function unsupported(state: State, problem: string): DetectdError {
  return new DetectdError(
    'PREPROCESS_UNSUPPORTED',
    `The pre-processing of ${state.options.where} ${problem}.`,
    'Supported: Resize (linear, cubic), NormalizeImage, Pad, Permute and PadStride, with opset 11 or later.',
  );
}

export function sizeText(size: Size): string {
  return `${size.width}x${size.height}`;
}
