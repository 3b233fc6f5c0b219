/** What the folder jetson/ says of boards and of an onnxruntime-node: as the program itself, and on any machine. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadCompatibility, newestL4t, releaseOf } from '../../dist/device/compatibility.js';
import { boardFolder } from '../helpers/fixture-board.js';
import { REPOSITORY } from '../helpers/stand-in-checkout.js';
import { runProgram } from '../helpers/systemd-container.js';

const compatibility = loadCompatibility();

async function boardFacts(...args: string[]) {
  const ran = await runProgram('node', [join(REPOSITORY, 'jetson/board.mjs'), ...args], 60_000);
  const facts = ran.stdout.split('\n').map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]);
  return { ...ran, facts: Object.fromEntries(facts) as Record<string, string> };
}

t.test('the scripts take a board for what the program takes it for', async (t) => {
  const listed = compatibility.releases.map(({ l4t }) => Object.keys(l4t)[0] ?? '');
  for (const l4t of [...listed, newestL4t(compatibility), '36.4.9', '35.99.0', '39.9']) {
    const match = releaseOf(compatibility, l4t);
    const soc = match?.release.socs.at(-1) ?? '';
    const { facts } = await boardFacts('--l4t', l4t, '--soc', soc, '--root', t.testdir({}));
    t.match(
      facts,
      {
        l4t,
        jetpack: match?.jetpack,
        onnxruntime: match?.release.onnxruntime.version,
        providers: match?.release.onnxruntime.providers.join(' '),
        arch: compatibility.socs[soc]?.computeCapability.replace('.', ''),
      },
      l4t,
    );
  }
});

t.test('boards are known by their files, containers by the image', async (t) => {
  for (const [board, l4t, soc] of [
    ['jetpack-5.1.2-xavier', '35.4.1', 'tegra194'],
    ['jetpack-6.2.2-orin-nano', '36.5.0', 'tegra234'],
    ['jetpack-7.0-thor', '38.2.0', 'tegra264'],
    ['jetpack-7.2-agx-orin', '39.2.0', 'tegra234'],
  ] as const)
    t.match((await boardFacts('--root', boardFolder(board))).facts, { l4t, soc });
  const image = t.testdir({
    etc: {
      apt: {
        'sources.list.d': { 'n.list': 'deb https://repo.download.nvidia.com/jetson/common r36.4 main\n' },
      },
    },
  });
  t.match((await boardFacts('--root', image)).facts, { l4t: '36.4', jetpack: '6.2.1', soc: 'tegra234' });
});

t.test('what is no board, or no such board, is refused', async (t) => {
  const root = t.testdir({});
  const refused = async (expected: RegExp, ...args: string[]) =>
    t.match(await boardFacts('--root', root, ...args), { status: 1, stderr: expected });
  await refused(/no Jetson and no L4T container/);
  await refused(/"six" is no L4T/, '--l4t', 'six');
  await refused(/L4T 37\.1\.0 is not in/, '--l4t', '37.1.0');
  await refused(/SoC is not known.*\n.*--soc tegra194 or --soc tegra234/, '--l4t', '35.4.1');
  await refused(/does not run on tegra194/, '--l4t', '36.4.0', '--soc', 'tegra194');
});

const check = (args: string[], env = process.env) =>
  runProgram('node', [join(REPOSITORY, 'jetson/check-onnxruntime.mjs'), ...args], 120_000, env);

t.test('the installed onnxruntime-node is tried with a network', async (t) => {
  const ran = await check(['--json']);
  t.equal(ran.status, 0, ran.stdout + ran.stderr);
  const { checks } = JSON.parse(ran.stdout);
  const stateOf = (name: string) => checks.find((each: { check: string }) => each.check === name)?.state;
  for (const name of ['package', 'binding', 'cpu', 'onnxruntime_binding.node'])
    t.equal(stateOf(name), 'ok', name);
  const wanting = await check(['--want', 'tensorrt']);
  t.equal(wanting.status, 1);
  t.match(wanting.stdout, /^failed +tensorrt: there is no libonnxruntime_providers_tensorrt\.so$/m);
});

/** The real package with provider libraries that are none, and an ldd that misses what they need. */
function packageWith(t: Test, ...libraries: string[]) {
  const folder = t.testdir({ root: { dev: { nvmap: '' } }, bin: {} });
  const copy = join(folder, 'node_modules');
  for (const name of ['onnxruntime-node', 'onnxruntime-common'])
    cpSync(join(REPOSITORY, 'node_modules', name), join(copy, name), {
      recursive: true,
      // Only the binary of this machine.
      filter: (path) => !/napi-v\d+[/\\](darwin|win32)/.test(path),
    });
  const native = join(copy, 'onnxruntime-node/bin/napi-v6/linux', process.arch);
  for (const name of libraries) writeFileSync(join(native, name), 'no library');
  const ldd = `#!/bin/sh\ncase $1 in *_providers_tensorrt.so) echo '	libnvinfer.so.10 => not found' ;; esac\n`;
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'bin/ldd'), ldd, { mode: 0o755 });
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` };
  return { env, package: join(copy, 'onnxruntime-node'), root: join(folder, 'root') };
}

t.test('a library that misses another fails where there is a GPU, and not elsewhere', async (t) => {
  const names = ['shared', 'cuda', 'tensorrt'].map((name) => `libonnxruntime_providers_${name}.so`);
  const made = packageWith(t, ...names);
  const args = ['--package', made.package];
  const without = await check([...args, '--root', join(made.root, 'none')], made.env);
  t.equal(without.status, 0, without.stdout);
  t.match(
    without.stdout,
    /^skipped +libonnxruntime_providers_tensorrt\.so: not found: libnvinfer\.so\.10 \(there is no GPU/m,
  );
  t.match(without.stdout, /^skipped +cuda: not tried/m);
  const with_ = await check([...args, '--root', made.root], made.env);
  t.equal(with_.status, 1);
  t.match(with_.stdout, /^failed +libonnxruntime_providers_tensorrt\.so: not found: libnvinfer\.so\.10$/m);
  t.match(with_.stdout, /^failed +cuda: .+/m, 'what is no library does not run');
  t.match(with_.stdout, /^ok +cpu: /m);
});

t.test('what is no package is told, and wrong use', async (t) => {
  const nothing = await check(['--package', t.testdir({})]);
  t.match(nothing, { status: 1, stdout: /is no onnxruntime-node for/ });
  t.match(await check(['--nope']), { status: 2, stderr: /--nope/ });
  t.match(await check(['--help']), { status: 0, stdout: /--want LIST/ });
});

t.test('the image is made of what there is', async (t) => {
  const text = readFileSync(join(REPOSITORY, 'jetson/Dockerfile'), 'utf8');
  const base = /^ARG BASE=(\S+)$/m.exec(text)?.[1];
  const containers = compatibility.releases.map(({ container }) => container);
  t.ok(containers.includes(base), `${base} is in the table`);
  const l4t = /^ARG L4T=(\S+)$/m.exec(text)?.[1] ?? '';
  t.equal(releaseOf(compatibility, l4t)?.release.container, base, 'image and L4T belong together');
  const moved = /mv (.+) \/opt\/detectd\//.exec(text)?.[1]?.split(' ') ?? [];
  t.ok(moved.length > 5);
  for (const path of moved) t.ok(existsSync(join(REPOSITORY, path)), path);
  t.match(text, /^USER detectd$/m);
  const ignored = readFileSync(join(REPOSITORY, '.dockerignore'), 'utf8').split('\n');
  for (const path of ['node_modules', 'dist', '.git']) t.ok(ignored.includes(path), path);
  t.notOk(
    ignored.some((line) => /^jetson\/packages\/?(\*\.tgz)?$/.test(line)),
    'packages go along',
  );
});
