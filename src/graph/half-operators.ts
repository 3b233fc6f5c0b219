/**
 * Which operators compute in float16, and which of their inputs then are float16: the others are sizes, places and
 * scales, whose types are fixed. Operators that widen the range of numbers (Pow, Exp), sum up many of them (ReduceSum,
 * ReduceMean) or choose by them (TopK, NonMaxSuppression) are not among them.
 */

/** They take most of the time, and have weights of their own. */
export const HEAVY_OPERATORS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'MatMul', 'Gemm']);

/** Places of the float inputs. */
type Places = 'all' | readonly number[];

/** Their outputs are of the same type: all of Split's, of the others the only one. */
const FLOAT_INPUTS = new Map<string, Places>([
  ...each('all', 'Conv ConvTranspose MatMul Gemm Add Sub Mul Div Max Min Sum Neg Abs Relu LeakyRelu PRelu'),
  ...each('all', 'Elu Clip Sigmoid HardSigmoid HardSwish Tanh Erf Softmax Mish Concat Transpose Identity'),
  ...each('all', 'Flatten MaxPool AveragePool GlobalAveragePool GlobalMaxPool DepthToSpace SpaceToDepth'),
  ...each([0], 'Reshape Squeeze Unsqueeze Slice Split Expand Tile Gather Resize Upsample ReduceMax'),
  ['Pad', [0, 2]],
  ['Where', [1, 2]],
]);

function each(places: Places, names: string): [string, Places][] {
  return names.split(' ').map((name) => [name, places]);
}

export function computesInHalf(opType: string): boolean {
  return FLOAT_INPUTS.has(opType);
}

/** Whether the input at this place is one of the operator's float tensors. */
export function isFloatInput(opType: string, place: number): boolean {
  const places = FLOAT_INPUTS.get(opType);
  return places === 'all' || places?.includes(place) === true;
}
