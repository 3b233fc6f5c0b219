/**
 * The export tool against made-up checkouts and a stand-in for its Python environment, which plays every
 * way in which PaddleDetection, paddle2onnx and onnxruntime end. No Paddle is needed.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import t, { type Test } from 'tap';

const TOOL = resolve('scripts/export-paddledetection');
const noPython =
  spawnSync('python3', ['-I', '-c', 'import sys; sys.exit(sys.version_info < (3, 8))']).status !== 0;
const skip = { skip: noPython ? 'python3 is not installed' : false };

/** Stands in for the environment's Python: argv[0] is the program it is asked to run. */
const FAKE_PYTHON = `#!/usr/bin/env python3
import json, os, sys, time
args = sys.argv[1:]
mode = os.environ.get('FAKE', '')
program = os.path.basename(args[0])
with open(os.environ['FAKE_CALLS'], 'a') as calls:
    calls.write(json.dumps(args) + '\\n')
if args[0] == '-I':
    print(json.dumps({'python': '3.11.0', 'paddlepaddle': '2.6.2'}))
elif program == 'run-export.py':
    if mode == 'unsupported':
        print('ERROR: Architecture: X is not supported for exporting model now.')
        sys.exit(0)
    if mode == 'silent':
        sys.exit(0)
    if mode == 'weights':
        sys.exit('the weights do not fit the config: 3 of 9 layers stay empty, the first is head.bias')
    if mode == 'disk':
        sys.exit('OSError: [Errno 28] No space left on device')
    if mode == 'hang':
        print('hanging', flush=True)
        time.sleep(600)
    name = os.path.splitext(os.path.basename(args[args.index('-c') + 1]))[0]
    out = os.path.join(args[args.index('--output_dir') + 1], name)
    os.makedirs(out)
    model = 'model.json' if mode == 'paddle3' else 'model.pdmodel'
    for file in (model, 'model.pdiparams', 'infer_cfg.yml'):
        with open(os.path.join(out, file), 'w') as opened:
            opened.write('arch: PicoDet\\n')
elif program == 'run-paddle2onnx.py':
    if mode == 'no-onnx':
        sys.exit(0)
    if mode == 'crash':
        os.kill(os.getpid(), 11)
    with open(args[args.index('--save_file') + 1], 'w') as opened:
        opened.write('onnx')
elif program == 'try-model.py':
    if mode == 'refused':
        sys.exit('onnxruntime 1.18.0 refuses the model: Gather: data tensor must have rank >= 1')
    print('noise' if mode == 'noise' else json.dumps({'opset': 14, 'inputs': [], 'outputs': []}))
elif program == 'publisher-detections.py':
    print(json.dumps({'threshold': float(args[3]), 'images': [{'image': os.path.basename(p)} for p in args[4:]]}))
`;

interface Setup {
  root: string;
  checkout: string;
  config: string;
  weights: string;
  out: string;
  arguments: string[];
  env: NodeJS.ProcessEnv;
}

const EXPORTER = `TRT_MIN_SUBGRAPH = {'YOLO': 3, 'PPYOLOE': 3, 'RCNN': 40, 'PicoDet': 3, 'DETR': 3}\n`;

function setup(t: Test, config = 'architecture: PicoDet\n'): Setup {
  const root = t.testdir();
  const checkout = join(root, 'checkout');
  const files: Record<string, string> = {
    'tools/export_model.py': '',
    'ppdet/engine/export_utils.py': EXPORTER,
    'ppdet/engine/trainer.py': '',
    'ppdet/core/workspace.py': '',
    'deploy/python/infer.py': '',
    'deploy/python/preprocess.py': '',
    'configs/model.yml': config,
  };
  for (const [name, text] of Object.entries(files)) write(join(checkout, name), text);
  const weights = join(root, 'best.pdparams');
  writeFileSync(weights, Buffer.alloc(4096, 0x80));
  const python = join(root, 'python');
  write(python, FAKE_PYTHON);
  chmodSync(python, 0o755);
  const out = join(root, 'made', 'bundle');
  const model = join(checkout, 'configs/model.yml');
  return {
    root,
    checkout,
    config: model,
    weights,
    out,
    arguments: [
      '--checkout',
      checkout,
      '--config',
      model,
      '--weights',
      weights,
      '--out',
      out,
      '--python',
      python,
    ],
    env: { ...process.env, XDG_CACHE_HOME: join(root, 'cache'), FAKE_CALLS: join(root, 'calls') },
  };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

function run(made: Setup, more: string[] = [], fake = ''): Outcome {
  const env = { ...made.env, FAKE: fake };
  return spawnSync(TOOL, [...made.arguments, ...more], { env, encoding: 'utf8', timeout: 60_000 });
}

/** The arguments of every program that ran in the environment. */
function calls(made: Setup): string[][] {
  const path = join(made.root, 'calls');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[]);
}

function call(made: Setup, program: string): string[] {
  return calls(made).find(([first]) => first?.endsWith(program)) ?? [];
}

function nothingMade(t: Test, made: Setup): void {
  t.notOk(existsSync(made.out), 'no bundle');
  const beside = existsSync(dirname(made.out)) ? readdirSync(dirname(made.out)) : [];
  t.strictSame(beside, [], 'nothing left beside it');
}

function refused(t: Test, made: Setup, outcome: Outcome, code: string, status: number): void {
  t.equal(outcome.status, status, outcome.stderr);
  t.match(outcome.stderr, `error ${code}: `);
  t.notMatch(outcome.stderr, 'Traceback');
  nothingMade(t, made);
}

t.test(
  'a model becomes a bundle with digests, tools and the expected detections of its samples',
  skip,
  async (t) => {
    const made = setup(t);
    const samples = join(made.root, 'samples');
    write(join(samples, 'b.JPG'), 'b');
    write(join(samples, 'a.png'), 'a');
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

t.test('PP-YOLOE, which calls itself YOLOv3, keeps its NMS unless asked', skip, async (t) => {
  const config = 'architecture: YOLOv3\nYOLOv3:\n  yolo_head: PPYOLOEHead\n';
  const kept = setup(t, config);
  t.equal(run(kept).status, 0);
  t.notOk(call(kept, 'run-export.py').includes('exclude_nms=True'));
  rmSync(join(kept.root, 'calls'));
  t.equal(run(kept, ['--nms', 'out', '--replace']).status, 0);
  t.ok(call(kept, 'run-export.py').includes('exclude_nms=True'));
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
    ['an option without a value', 'EXPORT_OPTION', () => ['-o', 'trt']],
    ['a flag that is true whatever is written', 'EXPORT_OPTION', () => ['-o', 'export_serving_model=False']],
    ['a sample that is missing', 'EXPORT_SAMPLES', (m) => ['--samples', join(m.root, 'none.jpg')]],
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

function weightsOf(text: string) {
  return (made: Setup): string[] => {
    writeFileSync(made.weights, text);
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

t.test('--replace does not remove a folder that is no bundle', skip, async (t) => {
  const made = setup(t);
  write(join(made.out, 'thesis.txt'), 'mine');
  const outcome = run(made, ['--replace']);
  t.equal(outcome.status, 2);
  t.match(outcome.stderr, 'error EXPORT_OUT: ');
  t.ok(existsSync(join(made.out, 'thesis.txt')));
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  t.test(`${signal} ends the running step and leaves nothing`, skip, async (t) => {
    const made = setup(t);
    const child = hanging(made);
    await hung(child);
    child.kill(signal);
    t.equal(await exitStatus(child), 130);
    nothingMade(t, made);
  });
}

t.test('what a killed run left is removed by the next', skip, async (t) => {
  const made = setup(t);
  const child = hanging(made);
  await hung(child);
  child.kill('SIGKILL');
  await exitStatus(child);
  t.match(readdirSync(dirname(made.out)), [/^\.bundle\.\d+\.partial$/]);
  t.equal(run(made).status, 0);
  t.strictSame(readdirSync(dirname(made.out)), ['bundle']);
});

t.test('a place that cannot be written is refused', skip, async (t) => {
  const made = setup(t);
  write(dirname(made.out), 'a file where the folder should be');
  const outcome = run(made);
  t.equal(outcome.status, 1);
  t.match(outcome.stderr, 'error EXPORT_OUT: ');
});

function hanging(made: Setup): ChildProcess {
  const env = { ...made.env, FAKE: 'hang' };
  return spawn(TOOL, made.arguments, { env, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Resolves once the export step is announced. */
async function hung(child: ChildProcess): Promise<void> {
  let text = '';
  for await (const chunk of child.stderr ?? []) {
    text += String(chunk);
    if (text.includes('export ')) return;
  }
  throw new Error(`the tool ended: ${text}`);
}

async function exitStatus(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  return new Promise((done) => child.once('exit', done));
}
