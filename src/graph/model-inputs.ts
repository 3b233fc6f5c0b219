/**
 * Which of a model's inputs is the picture and what the others mean. Exporters prune inputs that a model
 * does not use, so what the graph has decides and not its family.
 */
import { DetectdError } from '../base/errors.js';
import type { AuxiliaryInput, TensorSpec } from '../core/prepared-graph.js';

export interface ImageInput {
  name: string;
  /** null where the graph leaves it open. */
  height: number | null;
  width: number | null;
}

export interface ModelInputs {
  image: ImageInput;
  auxiliary: AuxiliaryInput[];
}

const IMAGE_NAMES = new Set(['image', 'x']);
const PER_IMAGE_PAIRS = new Set(['im_shape', 'scale_factor']);

/** Sorts a model's inputs; `where` names the model. Throws MODEL_INPUT for what cannot be fed. */
export function classifyInputs(inputs: TensorSpec[], where: string): ModelInputs {
  const auxiliary: AuxiliaryInput[] = [];
  let image: ImageInput | undefined;
  for (const input of inputs) {
    if (PER_IMAGE_PAIRS.has(input.name)) {
      requirePair(input, where);
      auxiliary.push({ name: input.name, meaning: input.name as 'im_shape' | 'scale_factor' });
    } else if (image === undefined && (IMAGE_NAMES.has(input.name) || inputs.length === 1)) {
      image = imageInput(input, where);
    } else {
      throw refused(where, `has the input ${describeTensor(input)}, which detectd does not know`);
    }
  }
  if (image === undefined) throw refused(where, 'has no input for a picture ("image" or "x")');
  return { image, auxiliary };
}

/** Name, type and shape for people: `"image" float32 [1,3,?,?]`. */
export function describeTensor(tensor: TensorSpec): string {
  return `"${tensor.name}" ${tensor.type} [${tensor.dims.map((dim) => dim ?? '?').join(',')}]`;
}

function imageInput(input: TensorSpec, where: string): ImageInput {
  const [batch, channels, height, width] = input.dims;
  if (input.dims.length !== 4 || input.type !== 'float32')
    throw refused(where, `takes the picture as ${describeTensor(input)}, not as float32 [1,3,height,width]`);
  if (channels !== 3 && channels !== null)
    throw refused(where, `takes the picture as ${describeTensor(input)}, which is not 3 channels first`);
  if (batch !== 1 && batch !== null)
    throw refused(where, `takes the picture as ${describeTensor(input)}, a fixed batch that is not 1`);
  return { name: input.name, height: height ?? null, width: width ?? null };
}

function requirePair(input: TensorSpec, where: string): void {
  const [batch, pair] = input.dims;
  const fits = input.dims.length === 2 && (batch === 1 || batch === null) && (pair === 2 || pair === null);
  if (!fits || input.type !== 'float32')
    throw refused(where, `has the input ${describeTensor(input)}, which should be float32 [1,2]`);
}

function refused(where: string, problem: string): DetectdError {
  return new DetectdError(
    'MODEL_INPUT',
    `${where} ${problem}.`,
    'Export a detector with batch size 1 and the inputs image, im_shape and scale_factor, or fewer of them.',
  );
}
