/**
 * A made-up PaddleDetection checkout and a stand-in for the export tool's Python environment, which plays every
 * way in which PaddleDetection, paddle2onnx and onnxruntime end. The words are those of the real programs.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Test } from 'tap';

export const TOOL = resolve('scripts/export-paddledetection');
/** Not a shim that looks for itself in the path. */
export const REAL_PYTHON = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).stdout?.trim();
/** Why the tool cannot be run here; false when it can. */
export const noPython: string | false =
  spawnSync('python3', ['-I', '-c', 'import sys; sys.exit(sys.version_info < (3, 8))']).status === 0
    ? false
    : 'python3 is not installed';

/** Stands in for the environment's Python: argv[0] is the program it is asked to run. */
export const FAKE_PYTHON = `#!/usr/bin/env python3
import json, os, sys, time
args = sys.argv[1:]
mode = os.environ.get('FAKE', '')
program = os.path.basename(args[0])
with open(os.environ['FAKE_CALLS'], 'a') as calls:
    calls.write(json.dumps(args) + '\\n')
if os.environ.get('PYTHONPATH') == 'foreign' and args[0] != '-I':
    sys.exit('packages of another environment')
if mode == 'hang ' + program:
    time.sleep(600)
if args[0] == '-I':
    print(json.dumps({'python': '3.11.0', 'paddlepaddle': '2.6.2'}))
elif args[:2] == ['-m', 'pip']:
    if mode == 'offline':
        sys.exit('ERROR: No matching distribution found for paddlepaddle==2.6.2')
elif program == 'run-export.py':
    if mode == 'unsupported':
        print('ERROR: Architecture: X is not supported for exporting model now.')
        sys.exit(0)
    if mode == 'silent':
        sys.exit(0)
    if mode == 'weights':
        sys.exit('the weights do not fit the config: 3 of 9 layers stay empty, the first is head.bias')
    if mode == 'steer':
        sys.exit('\\x1b[2Jgone')
    if mode == 'damaged':
        sys.exit('ValueError: \\x60paddle.load\\x60 can not parse the file:best.pdparams.')
    if mode == 'module':
        sys.exit("ModuleNotFoundError: No module named 'ppdet.modeling'")
    if mode == 'circular':
        sys.exit("ImportError: cannot import name 'lcnet' from partially initialized module 'ppdet.modeling.backbones'")
    if mode == 'type':
        sys.exit("TypeError: 'str' object cannot be interpreted as an integer")
    if mode == 'package':
        sys.exit("ModuleNotFoundError: No module named 'numpy'")
    if mode == 'disk':
        sys.exit('OSError: [Errno 28] No space left on device')
    name = os.path.splitext(os.path.basename(args[args.index('-c') + 1]))[0]
    out = os.path.join(args[args.index('--output_dir') + 1], name)
    os.makedirs(out)
    model = 'model.json' if mode == 'paddle3' else 'model.pdmodel'
    for file in (model, 'model.pdiparams', 'infer_cfg.yml'):
        with open(os.path.join(out, file), 'w') as opened:
            opened.write('arch: PicoDet\\nlabel_list:\\n- a\\n- b\\n' + ('- c\\n' if mode == 'labels' else '') + 'NMS:\\n  a: 1\\n')
    if mode == 'fill':
        with open(os.path.join(out, 'model.pdiparams'), 'wb') as opened:
            opened.write(bytes(500 << 20))
    if mode == 'fill-quietly':
        try:
            with open(os.path.join(out, 'model.pdiparams'), 'wb', buffering=0) as opened:
                while True:
                    opened.write(bytes(1 << 20))
        except OSError:
            pass
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

export interface ExportSetup {
  root: string;
  checkout: string;
  config: string;
  weights: string;
  out: string;
  arguments: string[];
  env: NodeJS.ProcessEnv;
}

const EXPORTER = `TRT_MIN_SUBGRAPH = {'YOLO': 3, 'PPYOLOE': 3, 'RCNN': 40, 'PicoDet': 3, 'DETR': 3}\n`;

/** A made-up checkout, config, weights and environment. */
export function setup(t: Test, config = 'architecture: PicoDet\nnum_classes: 2\n'): ExportSetup {
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
  // Pickled: how such a file begins and ends.
  writeFileSync(weights, Buffer.concat([Buffer.alloc(4096, 0x80), Buffer.from('.')]));
  const python = join(root, 'python');
  write(python, FAKE_PYTHON.replace('/usr/bin/env python3', REAL_PYTHON));
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

export function write(path: string, text: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

export function run(made: ExportSetup, more: string[] = [], fake = ''): Outcome {
  const env = { ...made.env, FAKE: fake };
  return spawnSync(TOOL, [...made.arguments, ...more], { env, encoding: 'utf8', timeout: 60_000 });
}

/** The arguments of every program that ran in the environment. */
export function calls(made: ExportSetup): string[][] {
  const path = join(made.root, 'calls');
  if (!existsSync(path)) return [];
  // One may be about to be written.
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as string[]);
}

export function call(made: ExportSetup, program: string): string[] {
  return calls(made).find(([first]) => first?.endsWith(program)) ?? [];
}

export function nothingMade(t: Test, made: ExportSetup): void {
  t.notOk(existsSync(made.out), 'no bundle');
  const beside = existsSync(dirname(made.out)) ? readdirSync(dirname(made.out)) : [];
  t.strictSame(beside, [], 'nothing left beside it');
}

export function refused(t: Test, made: ExportSetup, outcome: Outcome, code: string, status: number): void {
  t.equal(outcome.status, status, outcome.stderr);
  t.match(outcome.stderr, `error ${code}: `);
  t.notMatch(outcome.stderr, 'Traceback');
  nothingMade(t, made);
}

/** A base Python that makes environments of stand-ins, as the only one that is found. */
export function basePython(made: ExportSetup): NodeJS.ProcessEnv {
  const bin = join(made.root, 'bin');
  const program = [
    `#!${REAL_PYTHON}`,
    'import os, shutil, sys',
    "mode = os.environ.get('FAKE', '')",
    "if sys.argv[1] == '-I':",
    "    sys.exit(mode == 'too-new')",
    'venv = sys.argv[3]',
    "os.makedirs(os.path.join(venv, 'bin'))",
    "if mode == 'half-venv':",
    '    sys.exit(9)',
    "open(os.path.join(venv, 'pyvenv.cfg'), 'w').close()",
    `shutil.copy(${JSON.stringify(join(made.root, 'python'))}, os.path.join(venv, 'bin', 'python'))`,
  ];
  for (const name of ['3.8', '3.9', '3.10', '3.11', '3.12', '3']) {
    write(join(bin, `python${name}`), program.join('\n'));
    chmodSync(join(bin, `python${name}`), 0o755);
  }
  return { ...made.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
}
