/** `detectd models`, from a user's chair. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { extract } from 'tar';
import { isAlive, processesBelow } from '../helpers/process-tree.js';
import { type CliRun, runCli } from '../helpers/run-cli.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { type Workspace, workspace } from '../helpers/workspace.js';

const SHAPES = resolve(import.meta.dirname, '../../config/bundles/shapes');

/** `detectd models …` in the workspace. */
function models({ env, folder }: Workspace, ...args: string[]): Promise<CliRun> {
  return runCli(['models', ...args], { env, cwd: folder });
}

/** A bundle with one sample, in which it finds what it always finds. */
async function sampledBundle(folder: string, box = [4, 4, 20, 20]): Promise<void> {
  tinyBundle(folder);
  mkdirSync(join(folder, 'samples'));
  const blue = { create: { width: 64, height: 48, channels: 3, background: '#2040c0' } } as const;
  await sharp(blue).toFile(join(folder, 'samples/a.png'));
  const detections = [{ label: 'thing', label_id: 0, score: 0.9, box }];
  const images = [{ image: 'a.png', width: 64, height: 48, detections }];
  writeFileSync(join(folder, 'samples/expected.json'), JSON.stringify({ threshold: 0.5, images }));
}

t.test('our own model is described, as a folder', async (t) => {
  const made = workspace(t);
  const run = await models(made, 'inspect', SHAPES);
  t.equal(run.status, 0, run.stderr);
  t.match(run.stdout, /^bundle {8}shapes /);
  t.match(run.stdout, /^family {8}PicoDet$/m);
  t.match(run.stdout, /^classes {7}6: circle, /m);
  const { problems, prepared, files } = JSON.parse((await models(made, 'inspect', SHAPES, '--json')).stdout);
  t.strictSame(problems, []);
  t.ok(prepared.notes.length > 0 && files.length > 2);
  t.strictSame(made.leftovers(), []);
});

t.test('what is packed is whole, runs, and comes out as it went in', async (t) => {
  const made = workspace(t);
  await sampledBundle(join(made.folder, 'things'));
  const packed = await models(made, 'pack', 'things', '--version', '2', '--licence', 'MIT', '--json');
  t.equal(packed.status, 0, packed.stderr);
  const result = JSON.parse(packed.stdout);
  const archive = join(made.folder, 'things-2.tar.gz');
  const bytes = readFileSync(archive);
  t.match(result, {
    ...{ archive, bytes: bytes.length, name: 'things', version: '2', left_out: [] },
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    files: ['infer_cfg.yml', 'manifest.json', 'model.onnx', 'samples/a.png', 'samples/expected.json'],
    manifest_changes: ['manifest.json was made'],
    check: { provider: 'cpu', pictures: 1, detections: 1, worst_px: 0 },
  });
  t.notOk(readdirSync(join(made.folder, 'things')).includes('manifest.json'), 'the folder is not changed');

  const report = JSON.parse((await models(made, 'inspect', archive, '--json')).stdout);
  t.match(report, {
    name: 'things',
    version: '2',
    licence: 'MIT',
    digest: result.bundle_digest,
    problems: [],
  });
  const png = join(made.folder, 'things/samples/a.png');
  const detected = await runCli(['detect', '--bundle', archive, '--json', png], made);
  t.match(JSON.parse(detected.stdout), { detections: [{ label: 'thing' }] });

  mkdirSync(join(made.folder, 'again'));
  await extract({ file: archive, cwd: join(made.folder, 'again') });
  t.equal((await models(made, 'pack', 'again', '-o', 'again.tar.gz')).status, 0);
  t.ok(readFileSync(join(made.folder, 'again.tar.gz')).equals(bytes), 'byte for byte');
  t.strictSame(readdirSync(made.folder).sort(), [
    'again',
    'again.tar.gz',
    'things',
    'things-2.tar.gz',
    'tmp',
  ]);
  t.strictSame(made.leftovers(), []);
});

t.test('hidden files stay behind, and it says so', async (t) => {
  const made = workspace(t);
  tinyBundle(join(made.folder, 'things'));
  writeFileSync(join(made.folder, 'things/.DS_Store'), '');
  const run = await models(made, 'pack', 'things', '--no-run', '--name', '../odd name', '-o', 'x/b.tgz');
  t.equal(run.status, 0, run.stderr);
  t.match(run.stdout, /^made .*x\/b\.tgz: \.\.\/odd name 1, 3 files, \d+ bytes$/m);
  t.match(run.stdout, '  left out: .DS_Store\n');
  t.match(run.stdout, '  not run\n');
});

t.test('what is not good is not packed, and nothing is left', async (t) => {
  const made = workspace(t);
  const { folder } = made;
  const at = (name: string) => tinyBundle(join(folder, name));
  at('good');
  writeFileSync(join(folder, 'there.tar.gz'), 'mine');
  writeFileSync(join(at('junk'), 'model.onnx'), 'junk');
  symlinkSync('model.onnx', join(at('linked'), 'more.onnx'));
  const manifest = JSON.stringify({ digests: { 'model.onnx': `sha256:${'0'.repeat(64)}` } });
  writeFileSync(join(at('changed'), 'manifest.json'), manifest);
  await sampledBundle(join(folder, 'wrong'), [30, 30, 50, 40]);
  mkdirSync(join(folder, 'empty'));
  const before = readdirSync(folder).sort();
  for (const [args, status, said] of [
    [['none'], 1, /^BUNDLE_NOT_FOUND: The bundle none does not exist/],
    [['there.tar.gz'], 1, /^BUNDLE_NOT_FOUND: .* is no folder/],
    [['empty'], 1, /^BUNDLE_INCOMPLETE: The bundle empty has no model\.onnx and no infer_cfg\.yml/],
    [['empty', '--refresh'], 1, /^BUNDLE_INCOMPLETE: The bundle empty has no /],
    [['junk'], 1, /^MODEL_NOT_ONNX: junk\/model\.onnx /],
    [['linked'], 1, /^BUNDLE_ARCHIVE: .*"more\.onnx", which is no ordinary file/],
    [['changed'], 1, /^BUNDLE_MANIFEST: /],
    [['wrong'], 1, /^BUNDLE_SAMPLES: In the sample a\.png the model does not find the thing/],
    [['good', '-o', 'there.tar.gz'], 2, /^USAGE: .*there\.tar\.gz exists already/],
    [['good', '-o', 'b.zip'], 2, /^USAGE: .*does not end in \.tar\.gz/],
    [['good', '-o', 'good/b.tar.gz'], 2, /^USAGE: .*lies in the bundle itself/],
    [['good', '-o', 'there.tar.gz/b.tar.gz'], 1, /^FOLDER_UNWRITABLE: /],
  ] as [string[], number, RegExp][]) {
    const run = await models(made, 'pack', ...args);
    t.equal(run.status, status, args.join(' '));
    t.match(run.stderr, said);
    t.notMatch(run.stderr, 'detectd-', 'temporary folders are nobody else’s business');
    t.equal(run.stdout, '');
  }
  t.strictSame(readdirSync(folder).sort(), before);
  t.equal(readFileSync(join(folder, 'there.tar.gz'), 'utf8'), 'mine');
  t.strictSame(made.leftovers(), []);

  t.equal(
    (await models(made, 'pack', 'changed', '--refresh', '--no-run')).status,
    0,
    'unless it is meant so',
  );
  t.equal((await models(made, 'pack', 'good', '-o', 'there.tar.gz', '--replace', '--no-run')).status, 0);
  t.not(readFileSync(join(folder, 'there.tar.gz'), 'utf8'), 'mine');
});

t.test('a dry run checks the same and makes nothing', async (t) => {
  const made = workspace(t);
  await sampledBundle(join(made.folder, 'things'));
  const run = await models(made, 'pack', 'things', '--dry-run', '-o', 'new/b.tar.gz');
  t.equal(run.status, 0, run.stderr);
  t.match(run.stdout, /^would make an archive: things 1, 5 files/);
  t.match(run.stdout, 'runs on cpu: 1 expected detections in 1 samples found');
  t.strictSame(readdirSync(made.folder).sort(), ['things', 'tmp']);
  t.strictSame(made.leftovers(), []);
});

t.test('a bundle that is broken is described, and the exit status tells', async (t) => {
  const made = workspace(t);
  const folder = tinyBundle(join(made.folder, 'things'));
  writeFileSync(join(folder, 'card.md'), 'changed');
  const digests = Object.fromEntries(['card.md', 'gone'].map((name) => [name, `sha256:${'0'.repeat(64)}`]));
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ digests }));
  const run = await models(made, 'inspect', 'things');
  t.equal(run.status, 1);
  t.match(run.stdout, /^family {8}boxes/m);
  t.match(
    run.stderr,
    /^BUNDLE_MANIFEST: things has 2 problems:\n {2}BUNDLE_MANIFEST: card\.md of things is not/,
  );
  const json = await models(made, 'inspect', 'things', '--json');
  t.equal(json.status, 1);
  t.equal(JSON.parse(json.stdout).problems.length, 2);
  t.match(await models(made, 'inspect', 'none'), { status: 1, stdout: '', stderr: /^BUNDLE_NOT_FOUND/ });
});

t.test('Ctrl-C while the model runs leaves neither processes nor files', async (t) => {
  const made = workspace(t);
  await sampledBundle(join(made.folder, 'things'));
  const below = new Set<number>();
  let watch: NodeJS.Timeout | undefined;
  const run = await runCli(['models', 'pack', 'things'], {
    env: made.env,
    cwd: made.folder,
    onStart: (child) => {
      watch = setInterval(() => {
        for (const { pid } of processesBelow(child.pid as number)) below.add(pid);
        if (below.size === 0) return;
        clearInterval(watch);
        child.kill('SIGINT');
      }, 5);
    },
  });
  clearInterval(watch);
  t.equal(run.status, 130, run.stderr);
  t.strictSame([...below].filter(isAlive), []);
  t.strictSame(readdirSync(made.folder).sort(), ['things', 'tmp']);
  t.strictSame(made.leftovers(), []);
});
