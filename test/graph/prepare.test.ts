import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import { BEST_SCORES, type TensorValue } from '../../dist/core/prepared-graph.js';
import { requireBatches } from '../../dist/graph/batch-trial.js';
import { auxiliaryFeeds, pictureGeometry } from '../../dist/graph/picture-feeds.js';
import { prepareGraph } from '../../dist/graph/prepare.js';
import { FLOAT, INT64, valueInfo } from '../../dist/graph/tensors.js';
import { selectDecoder } from '../../dist/inference/decoders/select.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';
import {
  SHARED_BUNDLE,
  SHARED_IMAGES,
  SHARED_REFERENCE,
  sharedMissing,
} from '../fixtures/models/shared-model.js';
import {
  bytesOf,
  maxDifference,
  mirrorModel,
  node,
  ort,
  randomNumbers,
  runModel,
  tinyModel,
} from '../fixtures/models/tiny-model.js';

const RESIZE = '{type: Resize, target_size: [24, 16], keep_ratio: false, interp: 2}';
const PERMUTE = '{type: Permute}';
const cfg = parseInferCfg(inferCfgText([RESIZE, PERMUTE]), 'infer_cfg.yml');
const options = { mode: 'live', format: 'RGB', processor: 'cpu', where: 'model.onnx' } as const;

t.test('says what the graph takes, gives, and what was done', async (t) => {
  const prepared = prepareGraph(bytesOf(mirrorModel(24, 16)), cfg, options);
  t.equal(prepared.imageInput, 'picture');
  t.equal(prepared.networkWidth, 16);
  t.equal(prepared.networkHeight, 24);
  t.same(prepared.auxiliaryInputs, []);
  t.same(prepared.outputs, [{ name: 'seen', type: 'float32', dims: [1, 3, 24, 16] }]);
  t.match(prepared.notes.at(-1), /Resize, Permute/);
  t.same(
    prepareGraph(bytesOf(mirrorModel(24, 16)), cfg, options).model,
    prepared.model,
    'and the same twice',
  );
});

t.test('im_shape and scale_factor are fed where the graph has them', async (t) => {
  const model = tinyModel({
    nodes: [
      node('Identity', ['im_shape'], ['shape']),
      node('Identity', ['scale_factor'], ['factor']),
      node('Identity', ['x'], ['seen']),
    ],
    inputs: [
      valueInfo('scale_factor', FLOAT, ['n', 2]),
      valueInfo('im_shape', FLOAT, [1, 2]),
      valueInfo('x', FLOAT, ['n', 3, 'h', 'w']),
    ],
    outputs: [
      valueInfo('shape', FLOAT, [1, 2]),
      valueInfo('factor', FLOAT, ['n', 2]),
      valueInfo('seen', FLOAT, [1, 3, 'h', 'w']),
    ],
  });
  const prepared = prepareGraph(bytesOf(model), cfg, options);
  const feeds = auxiliaryFeeds(prepared, pictureGeometry(cfg, 32, 96));
  const picture = { type: 'uint8', data: new Uint8Array(24 * 16 * 3), dims: [1, 24, 16, 3] };
  const outputs = await runModel(prepared.model, { ...feeds, picture });
  t.same(outputs['shape']?.data, Float32Array.of(24, 16));
  t.same(outputs['factor']?.data, Float32Array.of(0.25, 0.5), 'y before x');
});

t.test('a network that already uses our names keeps them', async (t) => {
  const model = tinyModel({
    nodes: [
      node('Neg', ['image'], ['picture']),
      node('Neg', ['picture'], ['detectd_cast']),
      node('Identity', ['detectd_cast'], ['seen']),
    ],
    inputs: [valueInfo('image', FLOAT, [1, 3, 24, 16])],
    outputs: [valueInfo('seen', FLOAT, [1, 3, 24, 16])],
  });
  const prepared = prepareGraph(bytesOf(model), cfg, options);
  t.not(prepared.imageInput, 'picture');
  const data = new Uint8Array(24 * 16 * 3).fill(7);
  const outputs = await runModel(prepared.model, {
    [prepared.imageInput]: { type: 'uint8', data, dims: [1, 24, 16, 3] },
  });
  t.equal(outputs['seen']?.data[100], 7);
});

t.test('a size that differs from the pre-processing is refused with both', async (t) => {
  t.throws(() => prepareGraph(bytesOf(mirrorModel(24, 32)), cfg, options), {
    code: 'MODEL_INPUT',
    message: /32x24.*16x24/,
  });
  const keep = parseInferCfg(inferCfgText(['{type: Resize, target_size: 24}', PERMUTE]), 'y');
  t.throws(() => prepareGraph(bytesOf(mirrorModel(24, 24)), keep, { ...options, mode: 'exact' }), {
    code: 'MODEL_INPUT',
    message: /depends on the picture/,
  });
});

t.test('where the size depends on the picture, the target stands for it', async (t) => {
  const keep = parseInferCfg(inferCfgText(['{type: Resize, target_size: [24, 32]}', PERMUTE]), 'y');
  const prepared = prepareGraph(bytesOf(mirrorModel('h', 'w')), keep, { ...options, mode: 'exact' });
  t.same([prepared.networkWidth, prepared.networkHeight], [32, 24]);
  t.same(
    prepared.auxiliaryInputs.map(({ meaning }) => meaning),
    ['resize_scales', 'resize_pads', 'resize_ends'],
  );
});

t.test('what is no model, or one that cannot be fed, is refused', async (t) => {
  t.throws(() => prepareGraph(Buffer.from('hello'), cfg, options), { code: 'MODEL_NOT_ONNX' });
  const flat = mirrorModel(24, 16);
  flat.graph.input = [valueInfo('image', FLOAT, [1, 3, 384])];
  t.throws(() => prepareGraph(bytesOf(flat), cfg, options), {
    code: 'MODEL_INPUT',
    message: /"image" float32 \[1,3,384\]/,
  });
  const more = mirrorModel(24, 16);
  more.graph.input.push(valueInfo('pre_image', INT64, [1, 3]));
  t.throws(() => prepareGraph(bytesOf(more), cfg, options), {
    code: 'MODEL_INPUT',
    message: /"pre_image" int64 \[1,3\]/,
  });
});

t.test(
  'the reference model gives what it gave before it was prepared',
  { skip: sharedMissing },
  async (t) => {
    const model = readFileSync(join(SHARED_BUNDLE, 'model.onnx'));
    const real = parseInferCfg(readFileSync(join(SHARED_BUNDLE, 'infer_cfg.yml'), 'utf8'), 'infer_cfg.yml');
    const prepared = prepareGraph(model, real, options);
    const next = randomNumbers(1);
    const data = Uint8Array.from({ length: 416 * 416 * 3 }, () => Math.floor(next() * 256));
    const [mean, std] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ];
    const float = new Float32Array(data.length);
    for (let i = 0; i < data.length; i += 1) {
      const channel = i % 3;
      float[channel * 416 * 416 + Math.floor(i / 3)] =
        ((data[i] as number) / 255 - (mean[channel] as number)) / (std[channel] as number);
    }
    const before = await runModel(model, { image: { type: 'float32', data: float, dims: [1, 3, 416, 416] } });
    const after = await runModel(prepared.model, {
      picture: { type: 'uint8', data, dims: [1, 416, 416, 3] },
    });
    t.same(Object.keys(after), [...Object.keys(before), BEST_SCORES]);
    for (const name of Object.keys(before)) {
      const worst = maxDifference(after[name]?.data as Float32Array, before[name]?.data as Float32Array);
      t.ok(worst < 1e-4, `${name} differs by ${worst}`);
    }
  },
);

t.test('in FP16, names, types and nearly the numbers stay', { skip: sharedMissing }, async (t) => {
  const model = readFileSync(join(SHARED_BUNDLE, 'model.onnx'));
  const real = parseInferCfg(readFileSync(join(SHARED_BUNDLE, 'infer_cfg.yml'), 'utf8'), 'infer_cfg.yml');
  const gpu = { ...options, processor: 'gpu' } as const;
  const [full, half] = [gpu, { ...gpu, precision: 'fp16' } as const].map((o) => prepareGraph(model, real, o));
  if (full === undefined || half === undefined) return;
  t.same({ ...half, model: [], notes: [] }, { ...full, model: [], notes: [] });
  t.ok(half.model.length < full.model.length * 0.6);
  const decoder = selectDecoder({ inputs: [], outputs: full.outputs }, real, {
    threshold: 0.4,
    labels: real.labels,
  });
  for (const name of Object.keys((JSON.parse(readFileSync(SHARED_REFERENCE, 'utf8')) as Reference).images)) {
    const image = sharp(join(SHARED_IMAGES, name)).removeAlpha().resize(416, 416, { fit: 'fill' }).raw();
    const picture = { type: 'uint8', data: await image.toBuffer(), dims: [1, 416, 416, 3] };
    const found = [];
    for (const graph of [full, half]) {
      const outputs = await runModel(graph.model, { picture });
      const values = graph.outputs.map(({ name, type }) => ({
        type,
        data: outputs[name]?.data as Float32Array,
        dims: outputs[name]?.dims ?? [],
      }));
      found.push(decoder.decode(values, pictureGeometry(real, 640, 480)));
    }
    const [wanted = [], got = []] = found;
    const sure = wanted.filter(({ score }) => score > 0.41);
    t.ok(sure.length > 0);
    const free = new Set(got);
    for (const { label, score, box } of sure) {
      const hit = [...free].find(
        (d) => d.label === label && iou(Object.values(d.box), Object.values(box)) >= 0.85,
      );
      if (hit === undefined) t.fail(`${name}: ${label} ${score} was not found`);
      else free.delete(hit);
      t.ok(hit === undefined || Math.abs(hit.score - score) < 0.01, `${name}: ${label} ${score}`);
    }
  }
});

t.test('batches are for pictures of one size', { skip: sharedMissing }, async (t) => {
  const model = readFileSync(join(SHARED_BUNDLE, 'model.onnx'));
  const real = parseInferCfg(readFileSync(join(SHARED_BUNDLE, 'infer_cfg.yml'), 'utf8'), 'infer_cfg.yml');
  t.throws(() => prepareGraph(model, real, { ...options, mode: 'exact', maxBatch: 2 }), {
    code: 'MODEL_INPUT',
    message: /cannot take batches/,
  });
  for (const precision of ['fp32', 'fp16'] as const) {
    const graph = prepareGraph(model, real, { ...options, maxBatch: 4, precision });
    const session = await ort.InferenceSession.create(graph.model, { logSeverityLevel: 3 });
    const run = async (feeds: Record<string, TensorValue>): Promise<TensorValue[]> => {
      const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
        name,
        new ort.Tensor(type as 'float32', data as Float32Array, dims),
      ]);
      const results = await session.run(Object.fromEntries(tensors));
      return graph.outputs.map(({ name, type }) => ({
        type,
        data: results[name]?.data as Float32Array,
        dims: results[name]?.dims ?? [],
      }));
    };
    await t.resolves(requireBatches({ graph, cfg: real, run, where: 'model.onnx' }), precision);
    await session.release();
  }
});

interface Reference {
  threshold: number;
  images: Record<
    string,
    {
      width: number;
      height: number;
      detections: { label: string; score: number; box: [number, number, number, number] }[];
    }
  >;
}

t.test(
  'the reference model finds in whole pictures what its publisher finds',
  { skip: sharedMissing },
  async (t) => {
    const real = parseInferCfg(readFileSync(join(SHARED_BUNDLE, 'infer_cfg.yml'), 'utf8'), 'infer_cfg.yml');
    const reference = JSON.parse(readFileSync(SHARED_REFERENCE, 'utf8')) as Reference;
    const prepared = prepareGraph(readFileSync(join(SHARED_BUNDLE, 'model.onnx')), real, {
      ...options,
      mode: 'exact',
    });
    const decoder = selectDecoder({ inputs: [], outputs: prepared.outputs }, real, {
      threshold: reference.threshold,
      labels: real.labels,
    });
    const session = await ort.InferenceSession.create(prepared.model, { logSeverityLevel: 3 });
    for (const [name, expected] of Object.entries(reference.images)) {
      const image = sharp(join(SHARED_IMAGES, name)).autoOrient().keepIccProfile().removeAlpha().raw();
      const { data, info } = await image.toBuffer({ resolveWithObject: true });
      t.same([info.width, info.height], [expected.width, expected.height]);
      const outputs = await session.run({
        picture: new ort.Tensor('uint8', data, [1, info.height, info.width, 3]),
      });
      const values = prepared.outputs.map((spec) => ({
        type: spec.type,
        data: outputs[spec.name]?.data as Float32Array,
        dims: outputs[spec.name]?.dims ?? [],
      }));
      const found = decoder.decode(values, pictureGeometry(real, info.width, info.height));
      const sure = (score: number) => Math.abs(score - reference.threshold) >= 0.01;
      const free = new Set(found);
      for (const wanted of expected.detections) {
        const hit = [...free].find(
          (d) => d.label === wanted.label && iou(Object.values(d.box), wanted.box) >= 0.97,
        );
        if (hit === undefined) {
          t.notOk(sure(wanted.score), `${name}: ${wanted.label} ${wanted.score} was not found`);
          continue;
        }
        free.delete(hit);
        t.ok(
          Math.abs(hit.score - wanted.score) <= 0.01,
          `${name}: ${wanted.label} ${wanted.score} scored ${hit.score}`,
        );
      }
      t.same(
        [...free].filter(({ score }) => sure(score)),
        [],
        `${name}: nothing is found beyond`,
      );
    }
    await session.release();
  },
);

function iou(a: number[], b: number[]): number {
  const [ax1 = 0, ay1 = 0, ax2 = 0, ay2 = 0] = a;
  const [bx1 = 0, by1 = 0, bx2 = 0, by2 = 0] = b;
  const both =
    Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1)) *
    Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1));
  return both / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - both);
}
