import t from 'tap';
import { type InferCfg, parseInferCfg } from '../../../dist/bundle/infer-cfg.js';
import { BEST_SCORES, type TensorSpec, type TensorType } from '../../../dist/core/prepared-graph.js';
import { selectDecoder } from '../../../dist/inference/decoders/select.js';
import { inferCfgText } from '../../fixtures/models/infer-cfg-text.js';

type Dims = (number | null)[];
const LABELS = Array.from({ length: 80 }, (_, i) => `class${i}`);

const outputs = (...list: (Dims | [TensorType, Dims])[]): TensorSpec[] =>
  list.map((entry, i) =>
    typeof entry[0] === 'string'
      ? { name: `out${i}`, type: entry[0], dims: entry[1] as Dims }
      : { name: `out${i}`, type: 'float32', dims: entry as Dims },
  );

function cfgOf(more = '', size = 416, labels = LABELS): InferCfg {
  const steps = [
    `{type: Resize, target_size: [${size}, ${size}], keep_ratio: false, interp: 2}`,
    '{type: Permute}',
  ];
  return parseInferCfg(inferCfgText(steps, labels, more).replace('arch: PicoDet\n', ''), 'infer_cfg.yml');
}

function select(specs: TensorSpec[], cfg = cfgOf(), labels = cfg.labels, inputs: TensorSpec[] = []) {
  return selectDecoder({ inputs, outputs: specs }, cfg, { threshold: 0.5, labels });
}

const picodet = (anchors: (number | null)[], classes = 80, distances = 32, batch: number | null = 1) =>
  outputs(
    ...anchors.map((a): Dims => [batch, a, classes]),
    ...anchors.map((a): Dims => [batch, a, distances]),
  );
const AT_416 = [2704, 676, 169, 49];

t.test('raw PicoDet is known by its shapes, with or without fpn_stride', async (t) => {
  for (const more of ['', 'fpn_stride: [8, 16, 32, 64]', 'arch: GFL'])
    t.equal(select(picodet(AT_416), cfgOf(more)).family, 'PicoDet');
  t.equal(select(picodet([1600, 400, 100, 25]), cfgOf('', 320)).family, 'PicoDet');
  t.equal(select(picodet(AT_416, 80, 32, null)).family, 'PicoDet', 'open batch');
  t.equal(select(picodet([null, null], 80), cfgOf('fpn_stride: [8, 16]')).family, 'PicoDet', 'open anchors');
});

t.test('raw PicoDet takes the size of the exported input before that of the pre-processing', async (t) => {
  const inputs: TensorSpec[] = [{ name: 'image', type: 'float32', dims: [1, 3, 320, 640] }];
  const specs = picodet([80 * 40, 40 * 20]);
  t.equal(select(specs, cfgOf(), LABELS, inputs).family, 'PicoDet');
  t.throws(() => select(specs), { code: 'MODEL_FAMILY', message: /3200 anchors in "out0".*416x416/ });
});

t.test('raw PicoDet whose strides or sizes do not fit is refused', async (t) => {
  t.throws(() => select(picodet(AT_416), cfgOf('fpn_stride: [8, 16, 32]')), {
    code: 'MODEL_FAMILY',
    message: /4 levels.* 3/,
  });
  t.throws(() => select(picodet(AT_416), cfgOf('fpn_stride: [4, 8, 16, 32]')), {
    code: 'MODEL_FAMILY',
    message: /2704 anchors/,
  });
  const open = parseInferCfg(inferCfgText(['{type: Permute}'], LABELS), 'y');
  t.throws(() => select(picodet(AT_416), open), {
    code: 'MODEL_FAMILY',
    message: /without a fixed input size/,
  });
});

t.test('raw PicoDet must have as many labels as classes', async (t) => {
  for (const labels of [79, 81])
    t.throws(() => select(picodet(AT_416), cfgOf(), LABELS.concat('more').slice(0, labels)), {
      code: 'INFER_CFG_LABELS',
      message: new RegExp(`80 classes.* ${labels} labels`),
    });
});

t.test('rows of six are known with and without a count, whatever arch says', async (t) => {
  for (const arch of ['YOLO', 'GFL', 'DETR', 'RCNN', 'Face', 'TOOD', 'something new'])
    t.equal(
      select(outputs([null, 6], ['int32', [null]]), cfgOf(`arch: ${arch}`)).family,
      'boxes with post-processing',
    );
  t.equal(select(outputs([300, 6])).family, 'boxes with post-processing');
  t.equal(select(outputs([null, 6], ['int64', []])).family, 'boxes with post-processing');
});

const NAMED: Record<string, { specs: TensorSpec[]; more?: string; named: RegExp }> = {
  'raw RT-DETR': { specs: outputs([1, 300, 4], [1, 300, 80]), more: 'arch: DETR', named: /RT-DETR/ },
  Ultralytics: { specs: outputs([1, 84, 8400]), named: /Ultralytics/ },
  SOLOv2: {
    specs: outputs(['uint8', [null, null, null]], ['int32', [1]], ['int64', [null]], [null]),
    named: /SOLOv2/,
  },
  'rotated boxes': { specs: outputs([null, 10], ['int32', [1]]), named: /rotated boxes/ },
  'raw rotated boxes': { specs: outputs([1, 21504, 8], [1, 15, 21504]), named: /rotated boxes/ },
  masks: { specs: outputs([null, 6], ['int32', [1]], ['int32', [null, 800, 800]]), named: /masks/ },
  'masks by the yml': { specs: outputs([null, 6], ['int32', [1]]), more: 'mask: true', named: /masks/ },
  keypoints: { specs: outputs([1, 17, 64, 48], ['int64', [1, 17]]), more: 'arch: HRNet', named: /keypoints/ },
  HigherHRNet: { specs: outputs([1, 17, 256, 256], [1, 17, 256, 256, 1]), named: /HigherHRNet/ },
  FairMOT: { specs: outputs([null, 6], [null, 128]), more: 'arch: FairMOT', named: /FairMOT/ },
  'JDE by its shapes': { specs: outputs([null, 6], [null, 512]), named: /JDE/ },
  CenterTrack: { specs: outputs([1, 1, 6]), more: 'arch: CenterTrack', named: /CenterTrack/ },
  CLRNet: { specs: outputs([1, 192, 78]), more: 'num_points: 72', named: /CLRNet/ },
  attributes: { specs: outputs([null, 26]), named: /attributes/ },
  ReID: { specs: outputs([null, 256]), named: /ReID/ },
  'sums for benchmarks': { specs: outputs([1], [1]), named: /sums/ },
  'something new': {
    specs: outputs([1, 2, 3, 4, 5, 6]),
    named: /no known family.*"out0" float32 \[1,2,3,4,5,6\]/,
  },
  'half-precision PicoDet': {
    specs: picodet(AT_416).map((s) => ({ ...s, type: 'float16' as const })),
    named: /no known family/,
  },
  'PicoDet with its levels mixed up': {
    specs: outputs([1, 2704, 80], [1, 2704, 32], [1, 676, 80], [1, 676, 32]),
    named: /no known family/,
  },
  'no outputs': { specs: [], named: /no known family/ },
};

for (const [name, { specs, more = '', named }] of Object.entries(NAMED)) {
  t.test(`not decoded yet, and named: ${name}`, async (t) => {
    t.throws(() => select(specs, cfgOf(more)), { code: 'MODEL_FAMILY', message: named });
  });
}

t.test('boxes and scores before NMS are known, and whose they are', async (t) => {
  const apart = outputs([1, 3598, 4], [1, 80, 3598]);
  t.equal(select(apart, cfgOf('arch: YOLO')).family, 'PP-YOLOE without NMS');
  t.equal(select(apart, cfgOf('arch: PicoDet')).family, 'PicoDet without NMS');
  t.equal(select(outputs([1, 8400, 84])).family, 'PP-YOLOE without post-processing');
  t.throws(() => select(outputs([1, 8400, 4], [1, 20, 8400])), { code: 'INFER_CFG_LABELS' });
});

t.test('the best scores of a prepared graph do not hide what it is', (t) => {
  const best: TensorSpec = { name: BEST_SCORES, type: 'float32', dims: [1, 3598] };
  t.equal(select([...picodet(AT_416), best]).family, 'PicoDet');
  t.end();
});
