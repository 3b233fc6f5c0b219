/**
 * What trtexec understands, by version of TensorRT. A flag that it does not know ends it with an error, so a flag
 * is only given where this table says so. From the option parsers of releases 8.2 to 11.1; 11.4 from its manual.
 */
import { isAtLeast, type TensorrtVersion } from './tensorrt-version.js';

export interface TrtexecDialect {
  /** The first version that speaks it. */
  from: TensorrtVersion;
  /** The flag that ends trtexec after building. */
  buildOnly: '--buildOnly' | '--skipInference';
  /** What a number of MiB follows. 8.4 and 8.5 understand no unit after it. */
  workspace: '--workspace=' | '--memPoolSize=workspace:';
  /** `--fp16`, `--int8` and `--calib`. Without them the ONNX model alone says what is computed in which type. */
  precisionFlags: boolean;
  /** `--builderOptimizationLevel`. */
  optimizationLevel: boolean;
  /** The deep learning accelerators of Xavier and Orin can be built for. */
  dla: boolean;
  /** Pictures may come as uint8, if a Cast reads them. */
  uint8Inputs: boolean;
}

const V8_2: TrtexecDialect = {
  from: [8, 2],
  buildOnly: '--buildOnly',
  workspace: '--workspace=',
  precisionFlags: true,
  optimizationLevel: false,
  dla: true,
  uint8Inputs: false,
};
const V8_4: TrtexecDialect = { ...V8_2, from: [8, 4], workspace: '--memPoolSize=workspace:' };
const V8_5: TrtexecDialect = { ...V8_4, from: [8, 5], uint8Inputs: true };
const V8_6: TrtexecDialect = {
  ...V8_5,
  from: [8, 6],
  buildOnly: '--skipInference',
  optimizationLevel: true,
};
const V10_8: TrtexecDialect = { ...V8_6, from: [10, 8], dla: false };
const V11_0: TrtexecDialect = { ...V10_8, from: [11, 0], precisionFlags: false };
const V11_4: TrtexecDialect = { ...V11_0, from: [11, 4, 1], dla: true };

export const TRTEXEC_DIALECTS: readonly TrtexecDialect[] = [V8_2, V8_4, V8_5, V8_6, V10_8, V11_0, V11_4];

/** Versions after the last known one are taken to speak like it; undefined for one before the first. */
export function trtexecDialect(version: TensorrtVersion): TrtexecDialect | undefined {
  return TRTEXEC_DIALECTS.findLast(({ from }) => isAtLeast(version, from));
}
