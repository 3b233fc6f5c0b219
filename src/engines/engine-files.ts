/** Names of the files of an engine, beside graph.json: what is in its folder says how it is opened. */

/** Optimised graph: the engine of the CPU and of CUDA. */
export const OPTIMISED_MODEL = 'model.onnx';
/** TensorRT's own. */
export const ENGINE_PLAN = 'engine.plan';
/** The model of one node that stands for the plan. */
export const CONTEXT_MODEL = 'context.onnx';
