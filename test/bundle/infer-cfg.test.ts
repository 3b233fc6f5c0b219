import t from 'tap';
import { MAX_INFER_CFG_BYTES, parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';

const RESIZE = '{type: Resize, interp: 2, keep_ratio: false, target_size: [416, 320]}';
const WHERE = 'bundle/infer_cfg.yml';

t.test('reads what the exporter writes for PicoDet', async (t) => {
  const cfg = parseInferCfg(
    inferCfgText(
      [
        RESIZE,
        '{type: NormalizeImage, is_scale: true, mean: [0.5, 0.4, 0.3], std: [1, 2, 3]}',
        '{type: Permute}',
      ],
      ['person', 'traffic light'],
      [
        'NMS: {name: MultiClassNMS, keep_top_k: 50, nms_threshold: 0.6, nms_top_k: 500, score_threshold: 0.2}',
        'fpn_stride: [8, 16, 32, 64]',
        'mask: true',
        'export_onnx: true',
        'tracker: {type: JDETracker, conf_thres: 0.5}',
      ].join('\n'),
    ),
    WHERE,
  );
  t.same(cfg, {
    arch: 'PicoDet',
    mode: 'paddle',
    metric: 'COCO',
    minSubgraphSize: 3,
    drawThreshold: 0.5,
    useDynamicShape: false,
    preprocess: [
      { type: 'Resize', height: 416, width: 320, keepRatio: false, interp: 2 },
      { type: 'NormalizeImage', mean: [0.5, 0.4, 0.3], std: [1, 2, 3], isScale: true, normType: 'mean_std' },
      { type: 'Permute' },
    ],
    labels: ['person', 'traffic light'],
    nms: { name: 'MultiClassNMS', topK: 500, keepTopK: 50, scoreThreshold: 0.2, iouThreshold: 0.6 },
    fpnStride: [8, 16, 32, 64],
    mask: true,
    tracker: { type: 'JDETracker', conf_thres: 0.5 },
    exportOnnx: true,
    exportEb: false,
    lane: undefined,
    unknownKeys: [],
  });
});

t.test('the least file gets the defaults of the deployed code', async (t) => {
  const cfg = parseInferCfg('Preprocess: []\nlabel_list: [a]\nNMS: {}\n', WHERE);
  t.match(cfg, { arch: '', mode: 'paddle', drawThreshold: 0.5, mask: false, fpnStride: undefined });
  t.same(cfg.nms, {
    name: 'MultiClassNMS',
    topK: 1000,
    keepTopK: 100,
    scoreThreshold: 0.3,
    iouThreshold: 0.5,
  });
});

t.test('reads the lane keys of CLRNet', async (t) => {
  const cfg = parseInferCfg(
    inferCfgText([], ['lane'], 'img_w: 800\nori_img_h: 590\ncut_height: 270\nmax_lanes: 4\nnum_points: 72'),
    WHERE,
  );
  t.match(cfg.lane, {
    imageWidth: 800,
    originalImageHeight: 590,
    cutHeight: 270,
    maxLanes: 4,
    numPoints: 72,
  });
});

t.test('keeps keys that nobody knows by name', async (t) => {
  const cfg = parseInferCfg(
    inferCfgText([], ['a'], 'Global: {model_name: x}\nHpi: {}\nnew_key: 1\n__proto__: {a: 1}'),
    WHERE,
  );
  t.same(cfg.unknownKeys, ['new_key', '__proto__']);
});

t.test('labels that look like numbers or truth values are text all the same', async (t) => {
  t.same(parseInferCfg(inferCfgText([], ['1', 'true', 'yes', '"2"']), WHERE).labels, [
    '1',
    'true',
    'yes',
    '2',
  ]);
});

const BAD: Record<string, { text: string; message: RegExp }> = {
  'an empty file': { text: '', message: /not valid YAML/ },
  'only a comment': { text: '# nothing\n', message: /cannot be understood|not valid YAML/ },
  'a list': { text: '- 1\n', message: /map of keys/ },
  'a number': { text: '12', message: /map of keys/ },
  'bad YAML': { text: 'mode: paddle\nPreprocess: [\nlabel_list: x', message: /line 3, column 1/ },
  'a tab for indentation': { text: 'a:\n\tb: 1', message: /line 2/ },
  'a key twice': { text: 'mode: a\nmode: b', message: /line 2/ },
  'a Python object': { text: 'mode: !!python/object/apply:os.system [ls]', message: /not valid YAML/ },
  'no labels': { text: 'Preprocess: []', message: /"label_list"/ },
  'an empty label list': { text: 'Preprocess: []\nlabel_list: []', message: /"label_list"/ },
  'a label that is a map': { text: 'Preprocess: []\nlabel_list: [{a: 1}]', message: /"label_list\[0\]"/ },
  'no pre-processing': { text: 'label_list: [a]', message: /"Preprocess"/ },
  'a step without a type': { text: inferCfgText(['{interp: 2}']), message: /"Preprocess\[0\].type"/ },
  'a threshold that is text': {
    text: inferCfgText([], ['a'], 'NMS: {nms_threshold: high}'),
    message: /"NMS.nms_threshold"/,
  },
  'a stride that is no integer': {
    text: inferCfgText([], ['a'], 'fpn_stride: [8, 1.5]'),
    message: /"fpn_stride\[1\]"/,
  },
  'text where a truth value should be': { text: inferCfgText([], ['a'], 'mask: maybe'), message: /"mask"/ },
};

for (const [name, { text, message }] of Object.entries(BAD)) {
  t.test(`refuses ${name}`, async (t) => {
    t.throws(() => parseInferCfg(text, WHERE), { code: 'INFER_CFG_INVALID', message });
    t.throws(() => parseInferCfg(text, WHERE), { message: /^bundle\/infer_cfg\.yml / });
  });
}

t.test('refuses what would fill the memory', async (t) => {
  const invalid = { code: 'INFER_CFG_INVALID' };
  t.throws(() => parseInferCfg(`#${'x'.repeat(MAX_INFER_CFG_BYTES)}`, WHERE), {
    ...invalid,
    message: /larger/,
  });
  t.throws(() => parseInferCfg(`tracker: ${'['.repeat(200)}${']'.repeat(200)}`, WHERE), invalid);
  const laughs = [
    'a0: &a0 [x]',
    ...Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
  ];
  t.throws(() => parseInferCfg(laughs.join('\n'), WHERE), invalid);
  t.throws(() => parseInferCfg(inferCfgText(Array(40).fill('{type: Permute}')), WHERE), invalid);
});

t.test('a value that holds itself is refused where it is read, and not followed elsewhere', async (t) => {
  const read = (text: string) => parseInferCfg(`label_list: [a]\n${text}\n`, WHERE);
  t.throws(() => read('Preprocess: &p [*p]'), { code: 'INFER_CFG_INVALID' });
  t.throws(() => read('Preprocess: &p [{type: Permute, x: *p}]'), { code: 'INFER_CFG_INVALID' });
  t.match(read('Preprocess: []\nNMS: &n {x: *n}'), { nms: { topK: 1000 } });
  t.match(read('Preprocess: []\nfoo: &f {x: *f}'), { unknownKeys: ['foo'] });
});

t.test('an unknown step is named', async (t) => {
  t.throws(() => parseInferCfg(inferCfgText([RESIZE, '{type: MagicResize, size: 3}']), WHERE), {
    code: 'PREPROCESS_UNSUPPORTED',
    message: /step 2 is "MagicResize"/,
  });
  t.throws(() => parseInferCfg(inferCfgText(['{type: constructor}']), WHERE), {
    code: 'PREPROCESS_UNSUPPORTED',
  });
});

const BAD_STEPS: Record<string, RegExp> = {
  '{type: Resize}': /"Preprocess\[0\].target_size"/,
  '{type: Resize, target_size: [0, 4]}': /"Preprocess\[0\].target_size\[0\]"/,
  '{type: Resize, target_size: [1, 2, 3]}': /"Preprocess\[0\].target_size"/,
  '{type: Resize, target_size: 1000000}': /"Preprocess\[0\].target_size"/,
  '{type: Resize, target_size: 4, interp: 9}': /"Preprocess\[0\].interp"/,
  '{type: Resize, target_size: 4, keep_ratio: 1}': /"Preprocess\[0\].keep_ratio"/,
  '{type: Resize, target_size: 4, keep_ration: true}': /"Preprocess\[0\].keep_ration" is not known/,
  '{type: NormalizeImage, mean: [1, 2], std: [1, 1, 1]}': /"Preprocess\[0\].mean"/,
  '{type: NormalizeImage, mean: [1, 2, 3], std: [1, 0, 1]}': /"Preprocess\[0\].std\[1\]"/,
  '{type: NormalizeImage, mean: [.nan, 2, 3], std: [1, 1, 1]}': /"Preprocess\[0\].mean/,
  '{type: NormalizeImage, mean: [1, 2, 3], std: [1, 1, 1], norm_type: other}': /"Preprocess\[0\].norm_type"/,
  '{type: PadStride, stride: many}': /"Preprocess\[0\].stride"/,
};

for (const [step, message] of Object.entries(BAD_STEPS)) {
  t.test(`refuses ${step}`, async (t) => {
    t.throws(() => parseInferCfg(inferCfgText([step]), WHERE), { code: 'INFER_CFG_INVALID', message });
  });
}
