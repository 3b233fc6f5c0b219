/**
 * The export tool against made-up checkouts and a stand-in for its Python environment, which plays every
 * way in which PaddleDetection, paddle2onnx and onnxruntime end. No Paddle is needed.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import {
  call,
  calls,
  noPython,
  refused,
  run,
  type ExportSetup as Setup,
  setup,
  write,
} from '../helpers/stand-in-paddle.js';

/** How such files begin. */
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
const skip = { skip: noPython };

t.test(
  'a model becomes a bundle with digests, tools and the expected detections of its samples',
  skip,
  async (t) => {
    const made = setup(t);
    const samples = join(made.root, 'samples');
    write(join(samples, 'b.JPG'), JPEG);
    write(join(samples, 'a.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47]));
    write(join(samples, 'notes.txt'), '');
    const outcome = run(made, ['--samples', samples, '--licence', 'Apache-2.0', '--version', '7', '--json']);
    t.equal(outcome.status, 0, outcome.stderr);
    t.match(JSON.parse(outcome.stdout), {
      bundle: made.out,
      name: 'model',
      version: '7',
      samples: 2,
      opset: 14,
    });
    t.strictSame(readdirSync(made.out).sort(), ['infer_cfg.yml', 'manifest.json', 'model.onnx', 'samples']);
    t.strictSame(readdirSync(join(made.out, 'samples')).sort(), ['a.png', 'b.JPG', 'expected.json']);
    const manifest = JSON.parse(readFileSync(join(made.out, 'manifest.json'), 'utf8'));
    t.match(manifest, {
      name: 'model',
      version: '7',
      licence: 'Apache-2.0',
      digests: { 'model.onnx': /^sha256:[0-9a-f]{64}$/, 'samples/a.png': /^sha256:/ },
      source: { config: 'configs/model.yml', architecture: 'PicoDet', commit: null },
      tools: { paddlepaddle: '2.6.2' },
    });
    t.strictSame(readdirSync(dirname(made.out)), ['bundle'], 'nothing else is left');
  },
);

t.test('PicoDet is exported without its NMS, at a fixed opset', skip, async (t) => {
  const made = setup(t);
  t.equal(run(made).status, 0);
  t.ok(call(made, 'run-export.py').includes('export.post_process=False'));
  const converted = call(made, 'run-paddle2onnx.py');
  t.equal(converted[converted.indexOf('--opset_version') + 1], '11');
});

t.test('--nms keep leaves the graph whole', skip, async (t) => {
  const made = setup(t);
  t.equal(run(made, ['--nms', 'keep']).status, 0);
  t.notOk(call(made, 'run-export.py').includes('export.post_process=False'));
});

t.test('PP-YOLOE, which calls itself YOLOv3, leaves its NMS to detectd unless asked', skip, async (t) => {
  const config = 'architecture: YOLOv3\nYOLOv3:\n  yolo_head: PPYOLOEHead\n';
  const made = setup(t, config);
  t.equal(run(made).status, 0);
  t.ok(call(made, 'run-export.py').includes('exclude_nms=True'));
  rmSync(join(made.root, 'calls'));
  t.equal(run(made, ['--nms', 'keep', '--replace']).status, 0);
  t.notOk(call(made, 'run-export.py').includes('exclude_nms=True'));
});

t.test('R-CNN gets opset 16 and the export that has no control flow', skip, async (t) => {
  const made = setup(t, 'architecture: FasterRCNN\n');
  t.equal(run(made).status, 0);
  t.ok(call(made, 'run-export.py').includes('export_onnx=True'));
  t.ok(call(made, 'run-paddle2onnx.py').includes('16'));
});

t.test('the architecture is found in the files that a config is based on', skip, async (t) => {
  const made = setup(t, "_BASE_: [\n  'base/arch.yml', # the model\n]\n");
  write(join(made.checkout, 'configs/base/arch.yml'), '_BASE_:\n  - more.yml\n');
  write(join(made.checkout, 'configs/base/more.yml'), 'architecture: PicoDet\n');
  t.match(run(made, ['--json']).stdout, '"architecture": "PicoDet"');
});

t.test('what is wrong with the arguments is found before anything runs', skip, async (t) => {
  const cases: [string, string, (made: Setup) => string[]][] = [
    ['no checkout', 'EXPORT_CHECKOUT', (m) => ['--checkout', join(m.root, 'none')]],
    ['another folder', 'EXPORT_CHECKOUT', (m) => ['--checkout', m.root]],
    [
      'a broken checkout',
      'EXPORT_CHECKOUT',
      (m) => {
        rmSync(join(m.checkout, 'deploy/python/infer.py'));
        return [];
      },
    ],
    [
      'an exporter that is no Python',
      'EXPORT_CHECKOUT',
      (m) => {
        writeFileSync(join(m.checkout, 'ppdet/engine/export_utils.py'), '<<<<<<< HEAD\n');
        return [];
      },
    ],
    ['no config', 'EXPORT_CONFIG', (m) => ['--config', join(m.root, 'none.yml')]],
    ['a base that is missing', 'EXPORT_CONFIG', configOf("_BASE_: ['gone.yml']\narchitecture: PicoDet\n")],
    ['a config without an architecture', 'EXPORT_CONFIG', configOf('epoch: 3\n')],
    ['a config that is no text', 'EXPORT_CONFIG', (m) => ['--config', m.weights]],
    ['an architecture that cannot be exported', 'EXPORT_ARCHITECTURE', configOf('architecture: Novel\n')],
    ['no weights', 'EXPORT_WEIGHTS', (m) => ['--weights', join(m.root, 'none')]],
    ['weights by address', 'EXPORT_WEIGHTS', () => ['--weights', 'https://host/x.pdparams']],
    ['an error page as weights', 'EXPORT_WEIGHTS', weightsOf(`<html>${' '.repeat(4000)}`)],
    [
      'a Git LFS pointer as weights',
      'EXPORT_WEIGHTS',
      weightsOf('version https://git-lfs.github.com/spec/v1\n'),
    ],
    ['weights that are cut off', 'EXPORT_WEIGHTS', weightsOf('\x80'.padEnd(4096, 'x'))],
    [
      'a state of the optimiser as weights',
      'EXPORT_WEIGHTS',
      (m) => {
        write(join(m.root, 'best.pdopt'), 'x');
        return ['--weights', join(m.root, 'best.pdopt')];
      },
    ],
    ['a name that no manifest takes', 'EXPORT_OPTION', () => ['--name', '']],
    ['a version that no manifest takes', 'EXPORT_OPTION', () => ['--version', 'x'.repeat(201)]],
    ['a threshold that is no score', 'EXPORT_OPTION', () => ['--threshold', 'nan']],
    ['an opset that does not exist', 'EXPORT_OPTION', () => ['--opset', '0']],
    ['labels that are not there', 'EXPORT_LABELS', (m) => ['--labels', join(m.root, 'none.txt')]],
    ['labels of another kind', 'EXPORT_LABELS', (m) => ['--labels', m.config]],
    ['a Python that is not there', 'EXPORT_PYTHON', (m) => ['--python', join(m.root, 'none')]],
    ['an empty file of labels', 'EXPORT_LABELS', labelsOf('labels.json', '')],
    ['labels without categories', 'EXPORT_LABELS', labelsOf('labels.json', '{"images": []}')],
    ['text without labels', 'EXPORT_LABELS', labelsOf('labels.txt', '\n')],
    ['a threshold that nothing is above', 'EXPORT_OPTION', () => ['--threshold', '1']],
    ['an empty --out', 'EXPORT_OPTION', () => ['--out', '']],
    ['empty --weights', 'EXPORT_OPTION', () => ['--weights', '']],
    ['a program that is no Python', 'EXPORT_PYTHON', () => ['--python', '/bin/ls']],
    ['a program that is no Python, dry', 'EXPORT_PYTHON', () => ['--python', '/bin/ls', '--dry-run']],
    ['an option without a value', 'EXPORT_OPTION', () => ['-o', 'trt']],
    ['a flag that is true whatever is written', 'EXPORT_OPTION', () => ['-o', 'export_serving_model=False']],
    ['a sample that is missing', 'EXPORT_SAMPLES', (m) => ['--samples', join(m.root, 'none.jpg')]],
    ['a sample that is no picture', 'EXPORT_SAMPLES', (m) => ['--samples', m.config]],
    [
      'a sample whose name no bundle holds',
      'EXPORT_SAMPLES',
      (m) => {
        write(join(m.root, '.hidden.jpg'), JPEG);
        return ['--samples', join(m.root, '.hidden.jpg')];
      },
    ],
    ['a folder without pictures', 'EXPORT_SAMPLES', (m) => ['--samples', m.checkout]],
  ];
  for (const [name, code, change] of cases) {
    t.test(name, async (t) => {
      const made = setup(t);
      refused(t, made, run(made, change(made)), code, 2);
      t.strictSame(calls(made), []);
    });
  }
});

function configOf(text: string) {
  return (made: Setup): string[] => {
    writeFileSync(made.config, text);
    return [];
  };
}

function labelsOf(name: string, text: string) {
  return (made: Setup): string[] => {
    write(join(made.root, name), text);
    return ['--labels', join(made.root, name), '--dry-run'];
  };
}

function weightsOf(text: string) {
  return (made: Setup): string[] => {
    writeFileSync(made.weights, text, 'latin1');
    return [];
  };
}

t.test('configs that are based on each other do not loop', skip, async (t) => {
  const made = setup(t, "_BASE_: ['model.yml']\n");
  refused(t, made, run(made), 'EXPORT_CONFIG', 2);
});

t.test('every way in which a step can end badly is named, and leaves nothing', skip, async (t) => {
  const cases: [string, string, string | RegExp][] = [
    ['unsupported', 'EXPORT_ARCHITECTURE', 'refuses to export'],
    ['silent', 'EXPORT_FAILED', 'wrote no model.pdmodel'],
    ['paddle3', 'EXPORT_FAILED', 'PaddlePaddle 3 writes model.json'],
    ['weights', 'EXPORT_WEIGHTS', '3 of 9 layers stay empty'],
    ['damaged', 'EXPORT_WEIGHTS', 'can not parse'],
    ['module', 'EXPORT_CHECKOUT', "No module named 'ppdet.modeling'"],
    ['circular', 'EXPORT_CHECKOUT', 'cannot import name'],
    ['package', 'EXPORT_PYTHON', "No module named 'numpy'"],
    ['labels', 'EXPORT_LABELS', 'tells 2 classes apart, but PaddleDetection lists 3 labels'],
    ['disk', 'EXPORT_DISK', 'disk is full'],
    ['no-onnx', 'EXPORT_CONVERT', 'wrote no model'],
    ['crash', 'EXPORT_CONVERT', 'signal 11'],
    ['refused', 'EXPORT_ONNX_REFUSED', 'rank >= 1'],
    ['noise', 'EXPORT_FAILED', 'gave no result'],
  ];
  for (const [fake, code, text] of cases) {
    t.test(fake, async (t) => {
      const made = setup(t);
      const outcome = run(made, [], fake);
      refused(t, made, outcome, code, 1);
      t.match(outcome.stderr, text);
    });
  }
});

t.test(
  'an existing bundle is kept unless it may be replaced, and kept when the new one fails',
  skip,
  async (t) => {
    const made = setup(t);
    t.equal(run(made).status, 0);
    t.match(run(made).stderr, 'error EXPORT_OUT: ');
    writeFileSync(join(made.out, 'mine'), '');
    t.equal(run(made, ['--replace'], 'refused').status, 1);
    t.ok(existsSync(join(made.out, 'mine')), 'the old bundle is untouched');
    t.equal(run(made, ['--replace']).status, 0);
    t.notOk(existsSync(join(made.out, 'mine')));
    t.strictSame(readdirSync(dirname(made.out)), ['bundle']);
  },
);

t.test('labels may be given where the data set is not at hand', skip, async (t) => {
  const made = setup(t);
  const labels = join(made.root, 'labels.txt');
  writeFileSync(labels, 'a\nb\n');
  t.equal(run(made, ['--labels', labels]).status, 0);
  t.ok(call(made, 'run-export.py').includes(`TestDataset.anno_path=${labels}`));
  const manifest = readFileSync(join(made.out, 'manifest.json'), 'utf8');
  t.notMatch(manifest, labels, 'folders of this machine stay out of the manifest');
});

t.test('what was given is named when it does not fit', skip, async (t) => {
  const made = setup(t);
  const python = run(made, ['--python', '/bin/ls']).stderr;
  t.match(python, 'error EXPORT_PYTHON: --python /bin/ls is no Python that runs.\n');
  t.notMatch(python, 'import');
  const option = run(made, ['-o', 'num_classes=abc'], 'type');
  refused(t, made, option, 'EXPORT_FAILED', 1);
  t.match(option.stderr, 'It may be for -o num_classes=abc: check what was given.');
  const labels = join(made.root, 'labels.txt');
  writeFileSync(labels, 'a\nb\nc\n');
  const many = run(made, ['--labels', labels], 'labels');
  refused(t, made, many, 'EXPORT_LABELS', 1);
  t.match(many.stderr, `${labels} gives 3 labels`);
  t.notMatch(many.stderr, 'with --labels');
  t.notOk(existsSync(dirname(made.out)), 'the folder around the bundle is gone too');
});

t.test('a dry run says what would be done and does nothing', skip, async (t) => {
  const made = setup(t);
  const outcome = run(made, ['--dry-run', '--json']);
  t.equal(outcome.status, 0, outcome.stderr);
  t.match(JSON.parse(outcome.stdout), {
    ...{ bundle: made.out, dry_run: true, architecture: 'PicoDet', opset: 11, samples: 0 },
    options: ['export.post_process=False'],
    environment: /^run with /,
  });
  t.strictSame(
    calls(made).map(([first]) => first),
    ['-I'],
    'only whether the Python runs',
  );
  t.notOk(existsSync(dirname(made.out)));
  t.notOk(existsSync(join(made.root, 'cache')));
  t.match(run(made, ['--dry-run']).stdout, /^would run with .*python and make .*bundle\n$/);
});

t.test('--replace does not remove a folder that is no bundle', skip, async (t) => {
  const made = setup(t);
  write(join(made.out, 'thesis.txt'), 'mine');
  const outcome = run(made, ['--replace']);
  t.equal(outcome.status, 2);
  t.match(outcome.stderr, 'error EXPORT_OUT: ');
  t.ok(existsSync(join(made.out, 'thesis.txt')));
});

t.test('a place that cannot be written is refused', skip, async (t) => {
  const made = setup(t);
  write(dirname(made.out), 'a file where the folder should be');
  const outcome = run(made);
  t.equal(outcome.status, 1);
  t.match(outcome.stderr, 'error EXPORT_OUT: ');
});
