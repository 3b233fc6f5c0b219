/** Where trtexec is installed and a GPU is visible: an engine is built with it, and runs as the CPU computes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import { gpuAccess } from '../../dist/device/gpu-access.js';
import { identifyThisMachine } from '../../dist/device/this-machine.js';
import { buildPlan } from '../../dist/engines/trtexec.js';
import { epContextModel } from '../../dist/graph/ep-context.js';
import { graphSignature, readOnnx } from '../../dist/graph/onnx-file.js';
import { prepareGraph } from '../../dist/graph/prepare.js';
import { FLOAT, floatTensor, valueInfo } from '../../dist/graph/tensors.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';
import {
  bytesOf,
  maxDifference,
  node,
  ort,
  randomNumbers,
  runModel,
  tinyModel,
} from '../fixtures/models/tiny-model.js';

const SIDE = 32;
const { info } = await identifyThisMachine(process.env);
const { node: gpu, trtexec } = await gpuAccess();
const lacking =
  trtexec === undefined
    ? 'no trtexec here'
    : gpu === undefined
      ? 'trtexec is here, but no GPU'
      : info.tensorrt === undefined
        ? 'trtexec is here, but no TensorRT library'
        : false;
const noProvider = ort.listSupportedBackends().some(({ name }) => name === 'tensorrt')
  ? false
  : 'this onnxruntime-node has no TensorRT provider';

/** A convolution and its activation behind the usual pre-processing. */
function prepared() {
  const next = randomNumbers(1);
  const weights = Array.from({ length: 8 * 3 * 9 }, () => next() - 0.5);
  const model = tinyModel({
    nodes: [
      node('Conv', ['image', 'w'], ['raw'], { pads: { ints: [1, 1, 1, 1] } }),
      node('Relu', ['raw'], ['seen']),
    ],
    inputs: [valueInfo('image', FLOAT, [1, 3, SIDE, SIDE])],
    outputs: [valueInfo('seen', FLOAT, [1, 8, SIDE, SIDE])],
    weights: [floatTensor('w', [8, 3, 3, 3], weights)],
  });
  const steps = [
    `{type: Resize, target_size: [${SIDE}, ${SIDE}], keep_ratio: false, interp: 2}`,
    '{type: NormalizeImage, is_scale: true, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}',
    '{type: Permute}',
  ];
  const cfg = parseInferCfg(inferCfgText(steps), 'infer_cfg.yml');
  return prepareGraph(bytesOf(model), cfg, { mode: 'live', format: 'RGB', processor: 'gpu', where: 'm' });
}

for (const precision of ['fp32', 'fp16'] as const) {
  const tooNew = precision === 'fp16' && Number.parseInt(info.tensorrt ?? '', 10) >= 11;
  const skip = lacking || (tooNew && 'TensorRT 11 takes FP16 from the model alone');
  t.test(`trtexec builds a ${precision} engine, which computes what the CPU does`, { skip }, async (t) => {
    const folder = t.testdir();
    mkdirSync(join(folder, 'build'));
    const { model, imageInput } = prepared();
    const graph = readOnnx(model, 'm');
    writeFileSync(join(folder, 'model.onnx'), model);
    const phases: string[] = [];
    const built = await buildPlan(
      {
        program: trtexec ?? '',
        tensorrt: info.tensorrt ?? '',
        request: {
          model: join(folder, 'model.onnx'),
          inputs: graphSignature(graph).inputs,
          shapes: {},
          precision,
          modelTypes: { float16: false, quantized: false },
          timingCache: join(folder, 'timings'),
        },
        effort: { workspaceMiB: 256, optimizationLevel: 1 },
        folder: join(folder, 'build'),
      },
      { clock: systemClock, env: process.env, onProgress: ({ phase }) => phases.push(phase) },
    );
    t.comment(JSON.stringify({ ...built, log: undefined }));
    for (const phase of ['parsing', 'building', 'testing', 'done']) t.ok(phases.includes(phase), phase);
    t.same(built.notes, []);

    if (noProvider !== false) return t.comment(`not run: ${noProvider}`);
    const context = join(folder, 'build', 'context.onnx');
    const options = {
      engine: 'engine.plan',
      computeCapability: info.computeCapability,
      tensorrt: built.version,
    };
    writeFileSync(context, epContextModel(graph, options));
    const next = randomNumbers(2);
    const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => Math.floor(next() * 256));
    const dims = [1, SIDE, SIDE, 3];
    const expected = await runModel(model, { [imageInput]: { type: 'uint8', data, dims } });
    const session = await ort.InferenceSession.create(context, {
      executionProviders: ['tensorrt'],
      graphOptimizationLevel: 'disabled',
    });
    const found = await session.run({ [imageInput]: new ort.Tensor('uint8', data, dims) });
    const limit = precision === 'fp32' ? 0.01 : 0.1;
    const difference = maxDifference(
      found['seen']?.data as Float32Array,
      expected['seen']?.data as Float32Array,
    );
    t.ok(difference < limit, `${difference} apart`);
    await session.release();
  });
}
