/**
 * Whatever may be wrong with what a user gives: each case a code, one sentence, the way out and an exit
 * status other than 0, and nothing left behind.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { FLOAT, valueInfo } from '../../dist/graph/tensors.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';
import { bytesOf, node, tinyModel } from '../fixtures/models/tiny-model.js';
import { runCli } from '../helpers/run-cli.js';
import { noGstreamer } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { workspace } from '../helpers/workspace.js';

interface Case {
  /** What is wrong; makes it so, in a folder that holds a good `bundle` and a good `a.png`. */
  [what: string]: {
    make?: (folder: string) => unknown;
    /** Default: detect with the bundle on the picture. */
    args?: string[];
    code: string;
    says: RegExp;
    status?: number;
    skip?: string | false;
  };
}

const model = 'bundle/model.onnx';
const inferCfg = 'bundle/infer_cfg.yml';
const onPicture = (picture: string) => ['detect', '--bundle', 'bundle', picture];
const withBundle = (bundle: string) => ['detect', '--bundle', bundle, 'a.png'];
const NORMALIZE = '{is_scale: true, mean: [0.0, 0.0, 0.0], std: [1.0, 1.0, 1.0], type: NormalizeImage}';
const resize = (side: number) =>
  `{interp: 2, keep_ratio: false, target_size: [${side}, ${side}], type: Resize}`;

const put = (path: string, content: string | Uint8Array) => (folder: string) =>
  writeFileSync(join(folder, path), content);
const steps = (...list: string[]) => put(inferCfg, inferCfgText(list, ['thing']));
const pipe = (path: string) => (folder: string) => {
  rmSync(join(folder, path), { force: true });
  execFileSync('mkfifo', [join(folder, path)]);
};
const sparse = (path: string, bytes: number) => (folder: string) => {
  const file = openSync(join(folder, path), 'w');
  ftruncateSync(file, bytes);
  closeSync(file);
};
const network = (dims: (number | string)[]) =>
  bytesOf(
    tinyModel({
      nodes: [node('Identity', ['image'], ['out'])],
      inputs: [valueInfo('image', FLOAT, dims)],
      outputs: [valueInfo('out', FLOAT, dims)],
    }),
  );
const archive = (change: string[]) => (folder: string) =>
  execFileSync('tar', ['-czf', 'bundle.tar.gz', ...change, '-C', 'bundle', 'model.onnx', 'infer_cfg.yml'], {
    cwd: folder,
  });

const BUNDLES: Case = {
  'no bundle': { args: withBundle('nowhere'), code: 'BUNDLE_NOT_FOUND', says: /nowhere does not exist/ },
  'a file instead of a bundle': {
    args: withBundle(model),
    code: 'BUNDLE_INCOMPLETE',
    says: /single file, not a bundle/,
  },
  'a pipe instead of a bundle': {
    make: pipe('p'),
    args: withBundle('p'),
    code: 'BUNDLE_INCOMPLETE',
    says: /p/,
  },
  'a device instead of a bundle': { args: withBundle('/dev/zero'), code: 'BUNDLE_INCOMPLETE', says: /zero/ },
  'no model in the bundle': {
    make: (folder) => rmSync(join(folder, model)),
    code: 'BUNDLE_INCOMPLETE',
    says: /has no model\.onnx/,
  },
  'no infer_cfg.yml': {
    make: (folder) => rmSync(join(folder, inferCfg)),
    code: 'BUNDLE_INCOMPLETE',
    says: /has no infer_cfg\.yml/,
  },
  'a pipe as model': { make: pipe(model), code: 'BUNDLE_INCOMPLETE', says: /model\.onnx/ },
  'a device as infer_cfg.yml': {
    make: (folder) => {
      rmSync(join(folder, inferCfg));
      symlinkSync('/dev/zero', join(folder, inferCfg));
    },
    code: 'BUNDLE_INCOMPLETE',
    says: /infer_cfg\.yml/,
  },
  'an archive with names that lead outside': {
    make: archive(['-P', '--transform=s,^model,../../../model,']),
    args: withBundle('bundle.tar.gz'),
    code: 'BUNDLE_ARCHIVE',
    says: /forbidden name/,
  },
  'an archive cut off in the middle': {
    make: (folder) => {
      archive([])(folder);
      truncateSync(join(folder, 'bundle.tar.gz'), 300);
    },
    args: withBundle('bundle.tar.gz'),
    code: 'BUNDLE_ARCHIVE',
    says: /damaged/,
  },
  'an archive that is none': {
    make: put('bundle.tar.gz', 'hello'),
    args: withBundle('bundle.tar.gz'),
    code: 'BUNDLE_ARCHIVE',
    says: /bundle\.tar\.gz/,
  },
  'a model cut off in the middle': {
    make: (folder) => put(model, readFileSync(join(folder, model)).subarray(0, 200))(folder),
    code: 'MODEL_NOT_ONNX',
    says: /model\.onnx/,
  },
  'a text as model': { make: put(model, 'hello, this is no model\n'), code: 'MODEL_NOT_ONNX', says: /model/ },
  'an empty model': { make: put(model, ''), code: 'MODEL_NOT_ONNX', says: /empty/ },
  'a model of three gigabytes': {
    make: sparse(model, 3e9),
    code: 'MODEL_NOT_ONNX',
    says: /larger than 2 GiB/,
  },
  'a model without content': { make: sparse(model, 3e6), code: 'MODEL_NOT_ONNX', says: /model/ },
  'a picture input of the wrong rank': {
    make: put(model, network([1, 3, 32])),
    code: 'MODEL_INPUT',
    says: /"image" float32 \[1,3,32\]/,
  },
  'a fixed batch of four': {
    make: put(model, network([4, 3, 32, 32])),
    code: 'MODEL_INPUT',
    says: /batch/,
  },
  'outputs of no known family': {
    make: put(model, network([1, 3, 32, 32])),
    code: 'MODEL_FAMILY',
    says: /"out" float32 \[1,3,32,32\]/,
  },
  'an operator that nobody knows': {
    make: put(
      model,
      bytesOf(
        tinyModel({
          nodes: [node('Magic', ['image'], ['out'])],
          inputs: [valueInfo('image', FLOAT, [1, 3, 32, 32])],
          outputs: [valueInfo('out', FLOAT, [1, 6])],
        }),
      ),
    ),
    code: 'MODEL_LOAD',
    says: /Magic/,
  },
  'an infer_cfg.yml that is no YAML': {
    make: put(inferCfg, 'Preprocess: [ {'),
    code: 'INFER_CFG_INVALID',
    says: /infer_cfg\.yml/,
  },
  'an empty infer_cfg.yml': { make: put(inferCfg, ''), code: 'INFER_CFG_INVALID', says: /infer_cfg\.yml/ },
  'an unknown step': {
    make: steps(resize(32), '{type: Sharpen}', NORMALIZE, '{type: Permute}'),
    code: 'PREPROCESS_UNSUPPORTED',
    says: /Sharpen/,
  },
  'a size without measure': {
    make: steps(resize(100_000), NORMALIZE, '{type: Permute}'),
    code: 'INFER_CFG_INVALID',
    says: /target_size/,
  },
  "a size that is not the network's": {
    make: steps(resize(64), NORMALIZE, '{type: Permute}'),
    code: 'MODEL_INPUT',
    says: /32x32.*64x64/,
  },
  'fewer labels than classes': {
    make: (folder) => tinyBundle(join(folder, 'bundle'), { labels: ['one', 'two'], labelId: 4 }),
    code: 'INFER_CFG_LABELS',
    says: /class 4 .* 2 labels/,
  },
  'no labels': {
    make: put(inferCfg, inferCfgText([resize(32), NORMALIZE, '{type: Permute}'], [])),
    code: 'INFER_CFG_INVALID',
    says: /label_list/,
  },
  'a provider that is not there': {
    args: [...withBundle('bundle'), '--provider', 'tensorrt'],
    code: 'PROVIDER_UNAVAILABLE',
    says: /tensorrt/,
  },
};

const FILES: Case = {
  'no picture': { args: onPicture('no.png'), code: 'IMAGE_UNREADABLE', says: /no\.png .*does not exist/ },
  'a text as picture': {
    make: put('t.jpg', 'hello'),
    args: onPicture('t.jpg'),
    code: 'IMAGE_UNREADABLE',
    says: /supported format/,
  },
  'an SVG': {
    make: put('t.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    args: onPicture('t.svg'),
    code: 'IMAGE_UNREADABLE',
    says: /supported format/,
  },
  'an empty picture': {
    make: put('e.jpg', ''),
    args: onPicture('e.jpg'),
    code: 'IMAGE_UNREADABLE',
    says: /empty/,
  },
  'a picture cut off in the middle': {
    make: (folder) => put('c.png', readFileSync(join(folder, 'a.png')).subarray(0, 100))(folder),
    args: onPicture('c.png'),
    code: 'IMAGE_UNREADABLE',
    says: /c\.png cannot be read/,
  },
  'a pipe as picture': {
    make: pipe('p.jpg'),
    args: onPicture('p.jpg'),
    code: 'IMAGE_UNREADABLE',
    says: /not a regular file/,
  },
  'a device as picture': {
    args: onPicture('/dev/zero'),
    code: 'IMAGE_UNREADABLE',
    says: /not a regular file/,
  },
  'a picture of too many pixels': {
    make: (folder) =>
      sharp({
        create: { width: 20_000, height: 20_000, channels: 3, background: '#000' },
        limitInputPixels: false,
      })
        .png({ compressionLevel: 1 })
        .toFile(join(folder, 'h.png')),
    args: onPicture('h.png'),
    code: 'IMAGE_UNREADABLE',
    says: /too many pixels/,
  },
  'a folder without pictures': {
    make: (folder) => mkdirSync(join(folder, 'empty')),
    args: onPicture('empty'),
    code: 'USAGE',
    says: /no picture and no video/,
    status: 2,
  },
  'nowhere to draw': {
    args: [...onPicture('a.png'), '--output', '/proc/nowhere'],
    code: 'FOLDER_UNWRITABLE',
    says: /\/proc\/nowhere/,
  },
  'an empty video': {
    make: put('v.mp4', ''),
    args: onPicture('v.mp4'),
    code: 'VIDEO_UNREADABLE',
    says: /it is empty/,
    skip: noGstreamer,
  },
  'a text as video': {
    make: put('v.mp4', 'hello, this is no video\n'.repeat(100)),
    args: onPicture('v.mp4'),
    code: 'VIDEO_UNREADABLE',
    says: /v\.mp4/,
    skip: noGstreamer,
  },
  'no video': {
    args: onPicture('v.mp4'),
    code: 'VIDEO_UNREADABLE',
    says: /does not exist/,
    skip: noGstreamer,
  },
  'a folder as video': {
    make: (folder) => mkdirSync(join(folder, 'v.mp4')),
    args: onPicture('v.mp4'),
    code: 'USAGE',
    says: /no picture and no video/,
    status: 2,
  },
  'a threshold that is no number': {
    args: [...onPicture('a.png'), '--threshold', 'nan'],
    code: 'USAGE',
    says: /from 0 to 1/,
    status: 2,
  },
};

for (const [
  what,
  { make, args = withBundle('bundle'), code, says, status = 1, skip = false },
] of Object.entries({
  ...BUNDLES,
  ...FILES,
}))
  t.test(what, { skip }, async (t) => {
    const { folder, env, leftovers } = workspace(t);
    tinyBundle(join(folder, 'bundle'));
    await sharp({ create: { width: 64, height: 48, channels: 3, background: '#2040c0' } }).toFile(
      join(folder, 'a.png'),
    );
    await make?.(folder);
    const run = await runCli(args, { env, cwd: folder });
    const [first = '', second = '', ...more] = run.stderr.trimEnd().split('\n');
    t.equal(run.status, status);
    t.match(first, new RegExp(`^${code}: .+\\.$`), 'one sentence with its code');
    t.match(first, says);
    t.match(second, /^ {2}\S.+\.$/, 'and one on what to do');
    t.strictSame(more, [], 'nothing else');
    t.equal(run.stdout, '');
    t.strictSame(leftovers(), []);
  });
