import t from 'tap';
import { type InferCfg, parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import { readOnnx } from '../../dist/graph/onnx-file.js';
import { auxiliaryFeeds, pictureGeometry } from '../../dist/graph/picture-feeds.js';
import { prepareGraph } from '../../dist/graph/prepare.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';
import { opencvResize, planar } from '../fixtures/models/opencv-resize.js';
import {
  bytesOf,
  maxDifference,
  mirrorModel,
  randomNumbers,
  runModel,
} from '../fixtures/models/tiny-model.js';

const NORMALIZE =
  '{type: NormalizeImage, is_scale: true, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}';
const PERMUTE = '{type: Permute}';

function cfgOf(...steps: string[]): InferCfg {
  return parseInferCfg(inferCfgText(steps), 'infer_cfg.yml');
}

function noise(width: number, height: number, channels = 3): Uint8Array {
  const next = randomNumbers(width * 1000 + height);
  return Uint8Array.from({ length: width * height * channels }, () => Math.floor(next() * 256));
}

/** What a network behind the pre-processing sees of a picture. */
async function seen(
  cfg: InferCfg,
  picture: { data: Uint8Array; width: number; height: number },
  options: {
    mode?: 'live' | 'exact';
    format?: 'RGB' | 'RGBA';
    processor?: 'cpu' | 'gpu';
    opset?: number;
    network?: [number | string, number | string];
  } = {},
): Promise<{ data: Float32Array; dims: readonly number[] }> {
  const { mode = 'exact', format = 'RGB', processor = 'cpu', opset = 11, network = ['h', 'w'] } = options;
  const prepared = prepareGraph(bytesOf(mirrorModel(network[0], network[1], opset)), cfg, {
    mode,
    format,
    processor,
    where: 'm',
  });
  const { data, width, height } = picture;
  const outputs = await runModel(prepared.model, {
    ...auxiliaryFeeds(prepared, pictureGeometry(cfg, width, height)),
    [prepared.imageInput]: { type: 'uint8', data, dims: [1, height, width, format === 'RGBA' ? 4 : 3] },
  });
  const tensor = outputs['seen'];
  return { data: tensor?.data as Float32Array, dims: tensor?.dims ?? [] };
}

for (const { interp, name, cubic } of [
  { interp: 1, name: 'linear', cubic: false },
  { interp: 2, name: 'cubic', cubic: true },
]) {
  for (const [width, height] of [
    [29, 17],
    [13, 40],
    [16, 24],
  ] as const) {
    for (const opset of [11, 13, 18]) {
      t.test(`${name} resizing of ${width}x${height} to 16x24 is OpenCV's at opset ${opset}`, async (t) => {
        const cfg = cfgOf(
          `{type: Resize, target_size: [24, 16], keep_ratio: false, interp: ${interp}}`,
          PERMUTE,
        );
        const data = noise(width, height);
        const result = await seen(cfg, { data, width, height }, { opset });
        t.same(result.dims, [1, 3, 24, 16]);
        const expected = opencvResize(
          data,
          { width, height },
          { width: 16, height: 24 },
          { x: 16 / width, y: 24 / height },
          { cubic, whole: true },
        );
        t.ok(maxDifference(result.data, planar(expected)) <= 1, 'at most one grey level apart, on a tie');
        const off = planar(expected).filter((value, i) => value !== result.data[i]).length;
        t.ok(off < expected.length / 100, `${off} of ${expected.length} differ`);
        t.ok(result.data.every((value) => Number.isInteger(value) && value >= 0 && value <= 255));
      });
    }
  }
}

for (const [width, height] of [
  [64, 48],
  [50, 37],
  [37, 50],
  [200, 11],
  [10, 7],
] as const) {
  t.test(`keeping the aspect ratio, ${width}x${height} gets OpenCV's size and pixels`, async (t) => {
    const cfg = cfgOf('{type: Resize, target_size: [24, 40], keep_ratio: true, interp: 2}', PERMUTE);
    const { scaleX, scaleY, resizedWidth, resizedHeight } = pictureGeometry(cfg, width, height);
    t.equal(scaleX, scaleY);
    const data = noise(width, height);
    const result = await seen(cfg, { data, width, height });
    t.same(result.dims, [1, 3, resizedHeight, resizedWidth]);
    const expected = opencvResize(
      data,
      { width, height },
      { width: resizedWidth, height: resizedHeight },
      { x: scaleX, y: scaleY },
      { cubic: true, whole: true },
    );
    t.ok(maxDifference(result.data, planar(expected)) <= 1);
  });
}

t.test('values are normalised as NumPy does it, channel by channel', async (t) => {
  const data = noise(4, 4);
  const mean = [0.485, 0.456, 0.406];
  const std = [0.229, 0.224, 0.225];
  const result = await seen(cfgOf(NORMALIZE, PERMUTE), { data, width: 4, height: 4 });
  const expected = Array.from(
    data,
    (value, i) => (value / 255 - (mean[i % 3] as number)) / (std[i % 3] as number),
  );
  t.ok(maxDifference(result.data, planar(expected)) < 1e-6);
});

t.test('norm_type none still divides by 255, is_scale false does not', async (t) => {
  const data = noise(4, 4);
  const none = '{type: NormalizeImage, mean: [9, 9, 9], std: [2, 2, 2], norm_type: none}';
  const scaled = await seen(cfgOf(none, PERMUTE), { data, width: 4, height: 4 });
  t.ok(maxDifference(scaled.data, planar(Array.from(data, (value) => value / 255))) < 1e-6);
  const unscaled = '{type: NormalizeImage, is_scale: false, mean: [104, 117, 123], std: [1, 1, 1]}';
  const raw = await seen(cfgOf(unscaled, PERMUTE), { data, width: 4, height: 4 });
  const mean = [104, 117, 123];
  t.ok(
    maxDifference(raw.data, planar(Array.from(data, (value, i) => value - (mean[i % 3] as number)))) < 1e-6,
  );
});

t.test('a float picture is resized without rounding', async (t) => {
  const cfg = cfgOf(
    '{type: NormalizeImage, mean: [0, 0, 0], std: [1, 1, 1]}',
    '{type: Resize, target_size: [5, 6], keep_ratio: false, interp: 1}',
    PERMUTE,
  );
  const data = noise(9, 7);
  const result = await seen(cfg, { data, width: 9, height: 7 });
  const expected = opencvResize(
    Array.from(data, (v) => v / 255),
    { width: 9, height: 7 },
    { width: 6, height: 5 },
    { x: 6 / 9, y: 5 / 7 },
    { cubic: false, whole: false },
  );
  t.ok(maxDifference(result.data, planar(expected)) < 1e-5);
});

t.test('RGBA gives what RGB gives', async (t) => {
  const cfg = cfgOf('{type: Resize, target_size: [4, 4], keep_ratio: false}', NORMALIZE, PERMUTE);
  const rgba = noise(4, 4, 4);
  const rgb = rgba.filter((_, i) => i % 4 !== 3);
  const four = await seen(cfg, { data: rgba, width: 4, height: 4 }, { mode: 'live', format: 'RGBA' });
  const three = await seen(cfg, { data: rgb, width: 4, height: 4 }, { mode: 'live' });
  t.same(four.data, three.data);
});

t.test('live pictures at network size are seen as exact ones are', async (t) => {
  const cfg = cfgOf('{type: Resize, target_size: [8, 4], keep_ratio: false, interp: 2}', NORMALIZE, PERMUTE);
  const picture = { data: noise(4, 8), width: 4, height: 8 };
  const live = await seen(cfg, picture, { mode: 'live' });
  const exact = await seen(cfg, picture, { mode: 'exact' });
  t.ok(maxDifference(live.data, exact.data) < 1e-6);
});

t.test('PadStride pads with zeros right and bottom, whether the size is fixed or not', async (t) => {
  const fixed = cfgOf(
    '{type: Resize, target_size: [6, 5], keep_ratio: false}',
    PERMUTE,
    '{type: PadStride, stride: 4}',
  );
  const open = cfgOf(PERMUTE, '{type: PadStride, stride: 4}');
  const data = noise(5, 6).map((value) => value | 1);
  for (const cfg of [fixed, open]) {
    const result = await seen(cfg, { data, width: 5, height: 6 });
    t.same(result.dims, [1, 3, 8, 8]);
    const source = planar(data);
    for (let i = 0; i < result.data.length; i += 1) {
      const [channel, y, x] = [Math.floor(i / 64), Math.floor((i % 64) / 8), i % 8];
      const expected = y < 6 && x < 5 ? source[channel * 30 + y * 5 + x] : 0;
      if (result.data[i] !== expected) t.fail(`at ${channel},${y},${x}`);
    }
  }
  const already = await seen(cfgOf(PERMUTE, '{type: PadStride, stride: 4}'), {
    data: noise(8, 4),
    width: 8,
    height: 4,
  });
  t.same(already.dims, [1, 3, 4, 8]);
  const never = await seen(cfgOf(PERMUTE, '{type: PadStride, stride: -1}'), {
    data: noise(5, 3),
    width: 5,
    height: 3,
  });
  t.same(never.dims, [1, 3, 3, 5]);
});

for (const fill of [
  [114, 114, 114],
  [1, 20, 255],
]) {
  t.test(`Pad fills with ${fill.join(', ')}, whether the size is fixed or not`, async (t) => {
    const pad = `{type: Pad, size: [6, 8], fill_value: [${fill.join(', ')}]}`;
    for (const resize of [
      '{type: Resize, target_size: [4, 4], keep_ratio: false}',
      '{type: Resize, target_size: [4, 4]}',
    ]) {
      const data = noise(4, 4);
      const result = await seen(cfgOf(resize, pad, PERMUTE), { data, width: 4, height: 4 });
      t.same(result.dims, [1, 3, 6, 8]);
      t.same(result.data[2 * 48 + 5 * 8 + 7], fill[2]);
      t.same(result.data[48 + 4], fill[1]);
      t.same(result.data[0], data[0]);
    }
  });
}

const RESIZE = '{type: Resize, target_size: [8, 8], keep_ratio: false}';
const UNSUPPORTED: Record<string, { steps: string[]; mode?: 'live'; opset?: number; named: RegExp }> = {
  LetterBoxResize: {
    steps: ['{type: LetterBoxResize, target_size: [8, 8]}', PERMUTE],
    named: /"LetterBoxResize"/,
  },
  WarpAffine: { steps: ['{type: WarpAffine}', PERMUTE], named: /"WarpAffine"/ },
  TopDownEvalAffine: {
    steps: ['{type: TopDownEvalAffine, trainsize: [8, 8]}', PERMUTE],
    named: /"TopDownEvalAffine"/,
  },
  CULaneResize: {
    steps: ['{type: CULaneResize, img_h: 8, img_w: 8, cut_height: 2}'],
    named: /"CULaneResize"/,
  },
  'nearest neighbour': {
    steps: ['{type: Resize, target_size: 8, keep_ratio: false, interp: 0}', PERMUTE],
    named: /nearest/,
  },
  area: { steps: ['{type: Resize, target_size: 8, keep_ratio: false, interp: 3}', PERMUTE], named: /area/ },
  'no Permute': { steps: [RESIZE], named: /no "Permute"/ },
  'two Permutes': { steps: [PERMUTE, PERMUTE], named: /"Permute" after "Permute"/ },
  'Resize after Permute': { steps: [PERMUTE, RESIZE], named: /"Resize" after "Permute"/ },
  'PadStride before Permute': {
    steps: ['{type: PadStride, stride: 4}', PERMUTE],
    named: /"PadStride" before/,
  },
  'two Resizes': { steps: [RESIZE, RESIZE, PERMUTE], mode: 'live', named: /more than one "Resize"/ },
  'live padding before Resize': {
    steps: ['{type: Pad, size: 9}', RESIZE, PERMUTE],
    mode: 'live',
    named: /pads before/,
  },
  'padding to less': { steps: [RESIZE, '{type: Pad, size: 4}', PERMUTE], named: /8x8 pictures to 4x4/ },
  'an old opset': { steps: [RESIZE, PERMUTE], opset: 9, named: /opset 9/ },
};

for (const [name, { steps, mode = 'exact', opset = 11, named }] of Object.entries(UNSUPPORTED)) {
  t.test(`not supported and said so: ${name}`, async (t) => {
    const model = bytesOf(mirrorModel('h', 'w', opset));
    const prepare = () =>
      prepareGraph(model, cfgOf(...steps), { mode, format: 'RGB', processor: 'cpu', where: 'm' });
    t.throws(prepare, { code: 'PREPROCESS_UNSUPPORTED', message: named });
  });
}

for (const mode of ['live', 'exact'] as const) {
  for (const format of ['RGB', 'RGBA'] as const) {
    t.test(`a GPU's ${mode} ${format} graph reads uint8 by a Cast alone, and sees the same`, async (t) => {
      const cfg = cfgOf(
        '{type: Resize, target_size: [24, 16], keep_ratio: false, interp: 2}',
        NORMALIZE,
        PERMUTE,
      );
      const size = mode === 'live' ? { width: 16, height: 24 } : { width: 29, height: 17 };
      const picture = { ...size, data: noise(size.width, size.height, format === 'RGBA' ? 4 : 3) };
      const options = { mode, format, network: [24, 16] as [number, number] };
      const [gpu, cpu] = [
        await seen(cfg, picture, { ...options, processor: 'gpu' }),
        await seen(cfg, picture, options),
      ];
      t.ok(maxDifference(gpu.data, cpu.data) < 1e-6);
      const model = bytesOf(mirrorModel(24, 16));
      const { model: bytes, imageInput } = prepareGraph(model, cfg, {
        mode,
        format,
        processor: 'gpu',
        where: 'm',
      });
      const readers = readOnnx(bytes, 'm').graph.node.filter(({ input }) => input.includes(imageInput));
      t.same(
        readers.map(({ opType }) => opType),
        ['Cast'],
      );
    });
  }
}
