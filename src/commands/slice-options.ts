/** The options of `detectd detect` that cut large pictures into tiles. */
import { type Command, InvalidArgumentError } from 'commander';
import { DetectdError } from '../base/errors.js';
import { DEFAULT_SLICING, LEAST_TILE, MOST_OVERLAP, MOST_TILE, type Slicing } from '../core/slicing.js';
import { fraction, oneOf, wholeNumber } from './arguments.js';

export interface SliceOptions {
  slice?: Slicing['tile'];
  sliceOverlap?: number;
  sliceMerge?: Slicing['merge'];
  sliceThreshold?: number;
  sliceWhole: boolean;
}

/** Adds the options; what is given is read by slicingOf(). */
export function addSliceOptions(command: Command): Command {
  const { overlap, merge, threshold } = DEFAULT_SLICING;
  return command
    .option(
      '--slice <pixels>',
      'cut pictures into tiles of this size; auto: of the size of the network',
      tile,
    )
    .option(
      '--slice-overlap <part>',
      `part of a tile that its neighbour covers too (default: ${overlap})`,
      upTo(MOST_OVERLAP),
    )
    .option(
      '--slice-merge <how>',
      `ios joins the parts of cut objects, nms only drops what coincides (default: ${merge})`,
      oneOf(['ios', 'nms'] as const),
    )
    .option(
      '--slice-threshold <part>',
      `overlap from which two boxes are one object (default: ${threshold})`,
      positive,
    )
    .option('--no-slice-whole', 'leave out the whole picture, which is analysed beside its tiles');
}

/** Undefined when nothing is to be sliced. Throws USAGE when details of slicing are given without `--slice`. */
export function slicingOf(options: SliceOptions): Slicing | undefined {
  const { slice, sliceOverlap, sliceMerge, sliceThreshold, sliceWhole } = options;
  if (slice !== undefined) {
    return {
      tile: slice,
      overlap: sliceOverlap ?? DEFAULT_SLICING.overlap,
      merge: sliceMerge ?? DEFAULT_SLICING.merge,
      threshold: sliceThreshold ?? DEFAULT_SLICING.threshold,
      whole: sliceWhole,
    };
  }
  if (sliceWhole && sliceOverlap === undefined && sliceMerge === undefined && sliceThreshold === undefined)
    return undefined;
  throw new DetectdError(
    'USAGE',
    'Details of slicing were given, but no size of the tiles.',
    'Add --slice auto, or --slice with a size in pixels.',
  );
}

function tile(text: string): Slicing['tile'] {
  return text === 'auto' ? 'auto' : wholeNumber(LEAST_TILE, MOST_TILE)(text);
}

function upTo(most: number): (text: string) => number {
  return (text) => {
    const value = fraction(text);
    if (value > most) throw new InvalidArgumentError(`It must be a number from 0 to ${most}.`);
    return value;
  };
}

function positive(text: string): number {
  const value = fraction(text);
  if (value === 0) throw new InvalidArgumentError('It must be a number above 0, at most 1.');
  return value;
}
