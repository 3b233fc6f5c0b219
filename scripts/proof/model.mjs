/** The model that ships with detectd, from PaddleDetection to the terminal: its figures, and those of its tools. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cases, detectd, firstLine, inFolder, run } from './programs.mjs';
import { pythonWithCoco } from './python.mjs';
import { findSmallObjects } from './small-objects.mjs';

const BUNDLE = 'config/bundles/shapes';
/** Of the held-back scenes: neither training nor the choice of the checkpoint saw them. */
const HELD_BACK_SEED = '2';
const AGREEMENT_IMAGES = 50;
const THRESHOLD = '0.4';

export function model({ long }) {
  return [
    {
      what: `mAP@0.5 by pycocotools on ${long ? 500 : 200} held-back scenes`,
      limit: '≥ 0.95',
      measure: () => averagePrecision(long ? 500 : 200),
    },
    {
      what: `selftest, ${long ? 20 : 3} runs with different scenes`,
      limit: 'precision and recall ≥ 0.95 in every run',
      measure: () => selftests(long ? 20 : 3),
    },
    {
      what: `detectd against PaddleDetection's own Python deployment, ${AGREEMENT_IMAGES} images`,
      limit: 'same detections, boxes ± 0.5 px, scores ± 0.001',
      measure: agreement,
    },
    {
      what: './scripts/demo in a fresh clone',
      limit: 'shows detections; no limit of time',
      measure: demo,
    },
    {
      what: 'small shapes in 4K pictures, with --slice and without',
      limit: '≥ 90 % with, and more than without',
      measure: () => slicing(long ? 10 : 2),
    },
    {
      what: 'bad input of the export tool',
      limit: 'every case a clear error and no half-made bundle',
      measure: () => cases('test/e2e/export-paddledetection.test.ts', 'test/e2e/export-faults.test.ts'),
    },
  ];
}

function averagePrecision(count) {
  return inFolder(async (folder) => {
    const { python, impossible } = await pythonWithCoco();
    if (impossible !== undefined) return { impossible };
    const [scenes, results] = [join(folder, 'scenes'), join(folder, 'results.json')];
    await succeed('scripts/model/make-scenes', [
      scenes,
      '--train',
      '0',
      '--val',
      `${count}`,
      '--seed',
      HELD_BACK_SEED,
    ]);
    const annotations = join(scenes, 'annotations', 'val.json');
    const form = ['--format', 'coco', '--coco-annotations', annotations, '--results', results];
    const args = ['detect', '--bundle', BUNDLE, '--threshold', '0.01', ...form, join(scenes, 'val')];
    await succeed(process.execPath, ['dist/cli.js', ...args]);
    const { map50, map } = JSON.parse(
      await succeed(python, ['scripts/model/coco_map.py', annotations, results]),
    );
    return { figure: `${map50} (mAP@0.5:0.95 ${map})`, holds: map50 >= 0.95 };
  });
}

async function selftests(runs) {
  const worst = { precision: 1, recall: 1 };
  const faults = [];
  for (let seed = 1; seed <= runs; seed += 1) {
    const { status, stdout, stderr } = await detectd('selftest', '--json', '--seed', `${seed}`);
    const report = stdout === '' ? undefined : JSON.parse(stdout);
    worst.precision = Math.min(worst.precision, report?.precision ?? 0);
    worst.recall = Math.min(worst.recall, report?.recall ?? 0);
    if (status !== 0) faults.push(`seed ${seed}: ${report?.problems[0]?.detail ?? stderr.trim()}`);
  }
  const passed = `${runs - faults.length} of ${runs} passed`;
  const figure = `${passed}, worst precision ${worst.precision}, worst recall ${worst.recall}`;
  return { figure: [figure, ...faults].join('; '), holds: faults.length === 0 };
}

/** The shipped model itself, so its very weights are wanted: they are not part of the repository. */
function agreement() {
  const { PADDLEDETECTION: checkout, SHAPES_WEIGHTS: weights, PADDLE_PYTHON: python } = process.env;
  if (!checkout || !weights)
    return {
      impossible:
        'PADDLEDETECTION must name a checkout and SHAPES_WEIGHTS the weights of the model (scripts/model/train makes them)',
    };
  const { source } = JSON.parse(readFileSync(join(BUNDLE, 'manifest.json'), 'utf8'));
  // Based on the checkout's own configurations; scripts/model/train puts it there.
  const config = join(checkout, source.config);
  const missing = [checkout, weights, config].find((path) => !existsSync(path));
  if (missing !== undefined) return { impossible: `${missing} is not here` };
  const digest = createHash('sha256').update(readFileSync(weights)).digest('hex');
  if (`sha256:${digest}` !== source.weights)
    return { impossible: `${weights} are not the weights that ${BUNDLE} was made of` };
  return inFolder(async (folder) => {
    const [scenes, out] = [join(folder, 'scenes'), join(folder, 'bundle')];
    const count = `${AGREEMENT_IMAGES}`;
    await succeed('scripts/model/make-scenes', [
      scenes,
      '--train',
      '0',
      '--val',
      count,
      '--seed',
      HELD_BACK_SEED,
    ]);
    const pictures = readdirSync(join(scenes, 'val')).map((name) => join(scenes, 'val', name));
    const made = ['--config', config, '--weights', weights, '--out', out];
    const paddle = ['--checkout', checkout, ...(python ? ['--python', python] : [])];
    const samples = ['--threshold', THRESHOLD, '--samples', ...pictures];
    // The checkout need not hold the data set that the model was trained with.
    const labels = ['--labels', join(scenes, 'annotations', 'val.json')];
    await succeed('scripts/export-paddledetection', [...paddle, ...made, ...labels, ...samples]);
    const detected = join(folder, 'detected.jsonl');
    const args = [
      'detect',
      '--bundle',
      BUNDLE,
      '--provider',
      'cpu',
      '--threshold',
      THRESHOLD,
      '--json',
      ...pictures,
    ];
    writeFileSync(detected, await succeed(process.execPath, ['dist/cli.js', ...args]));
    const compare = ['scripts/model/agree.py', join(out, 'samples', 'expected.json'), detected];
    const { status, stdout, stderr } = await run(python || 'python3', compare);
    if (stdout === '') throw new Error(stderr.trim());
    const found = JSON.parse(stdout);
    const apart = `boxes within ${found.largest_box_difference_px} px, scores within ${found.largest_score_difference}`;
    const counts = `${found.detections} detections, ${found.missing} missing, ${found.extra} more`;
    return { figure: `${counts}, ${apart}`, holds: status === 0 && found.images === AGREEMENT_IMAGES };
  });
}

/** Everything from the clone on: packages, build, broker, model, drawn scenes. */
function demo() {
  return inFolder(async (folder) => {
    const clone = join(folder, 'detectd');
    const { status } = await run('git', ['clone', '-q', '.', clone]).catch(() => ({ status: null }));
    if (status !== 0) return { impossible: 'this is no git checkout' };
    const started = performance.now();
    const args = ['--seconds', '5', '--output', join(folder, 'out')];
    const { at, line, ...end } = await firstLine(join(clone, 'scripts/demo'), args, /^First detection /);
    if (at === undefined) throw new Error(end.stderr.trim() || end.stdout.trim().split('\n').at(-1));
    const seconds = ((at - started) / 1000).toFixed(0);
    return { figure: `${seconds} s to the first detection. ${line.trim()}`, holds: end.status === 0 };
  });
}

async function slicing(pictures) {
  const { objects, whole, sliced } = await findSmallObjects(pictures);
  const share = ({ right, wrong }) => `${right} of ${objects} found (${wrong} wrong)`;
  return {
    figure: `in tiles ${share(sliced)}, whole ${share(whole)}`,
    holds: sliced.right >= 0.9 * objects && sliced.right > whole.right,
  };
}

/** What the program wrote to its standard output; throws the last that it said when it fails. */
async function succeed(program, args) {
  const { status, stdout, stderr } = await run(program, args);
  if (status !== 0)
    throw new Error(stderr.trim().split('\n').slice(-2).join(' ') || `${program} ended with ${status}`);
  return stdout;
}
