#!/usr/bin/env node
/**
 * What the scripts in this folder need to know of the board, as lines of name=value: its L4T and SoC, and the entry of
 * compatibility.json for them. It stands alone, so that it runs in a bare container before anything is built; which
 * entry belongs to which L4T is decided as in src/device/compatibility.ts.
 *
 *   node jetson/board.mjs [--l4t VERSION] [--soc NAME] [--root DIR]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const FAMILY = /^\s*(?:deb|URIs:)\s.*\/jetson\/common\/?\s+(?:Suites:\s*)?r(\d{1,3}\.\d{1,3})\b/m;

function read(root, path) {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return '';
  }
}

const parts = (version) => version.split('.').map((part) => Number.parseInt(part, 10) || 0);

function compare(a, b) {
  const [left, right] = [parts(a), parts(b)];
  return [0, 1, 2].map((index) => (left[index] ?? 0) - (right[index] ?? 0)).find((each) => each !== 0) ?? 0;
}

/** The running system's, else what this image was made for: "36.4" then stands for the newest 36.4.x. */
function findL4t(root) {
  const release = /^# R(\d{1,3}) \(release\), REVISION: (\d{1,3}(?:\.\d{1,3}){0,2})(?![\d.])/m.exec(
    read(root, 'etc/nv_tegra_release'),
  );
  if (release !== null) return `${release[1]}.${release[2]}`;
  const core = /^Package: nvidia-l4t-core$[\s\S]*?^Version: (\d[\d.]*)/m.exec(
    read(root, 'var/lib/dpkg/status'),
  );
  if (core !== null) return core[1];
  let names = [];
  try {
    names = readdirSync(join(root, 'etc/apt/sources.list.d'));
  } catch {
    // A machine without apt.
  }
  const sources = ['etc/apt/sources.list', ...names.map((name) => `etc/apt/sources.list.d/${name}`)];
  const family = sources.map((path) => FAMILY.exec(read(root, path))?.[1]).find((each) => each !== undefined);
  return family === undefined ? undefined : `${family}.999`;
}

function findSoc(root) {
  const paths = ['proc/device-tree/compatible', 'sys/firmware/devicetree/base/compatible'];
  return /\btegra\d{3}\b/.exec(paths.map((path) => read(root, path).replaceAll('\0', ' ')).join(' '))?.[0];
}

/** The entry for this L4T, or the next older one of its major. */
function entryOf(releases, l4t) {
  return releases
    .flatMap((release) =>
      Object.entries(release.l4t).map(([version, jetpack]) => ({ version, jetpack, release })),
    )
    .filter(({ version }) => parts(version)[0] === parts(l4t)[0] && compare(version, l4t) <= 0)
    .sort((a, b) => compare(a.version, b.version))
    .at(-1);
}

function fail(message, cure) {
  process.stderr.write(`error: ${message}\n  ${cure}\n`);
  process.exit(1);
}

function main() {
  const string = { type: 'string' };
  const { values } = parseArgs({ options: { l4t: string, soc: string, root: { ...string, default: '/' } } });
  const table = JSON.parse(readFileSync(new URL('compatibility.json', import.meta.url), 'utf8'));
  const l4t = values.l4t ?? findL4t(values.root);
  if (l4t === undefined)
    fail('this is no Jetson and no L4T container: its L4T is not known.', 'say for which one: --l4t 36.4.4');
  if (!/^\d{1,3}\.\d{1,3}(\.\d{1,3})?$/.test(l4t)) fail(`"${l4t}" is no L4T.`, 'as in: --l4t 36.4.4');
  const entry = entryOf(table.releases, l4t);
  if (entry === undefined)
    fail(`L4T ${l4t} is not in jetson/compatibility.json.`, 'look for a newer detectd');
  const { release } = entry;
  const soc = values.soc ?? findSoc(values.root) ?? (release.socs.length === 1 ? release.socs[0] : undefined);
  if (soc === undefined)
    fail('the SoC is not known.', `say which one: --soc ${release.socs.join(' or --soc ')}`);
  if (!release.socs.includes(soc))
    fail(`L4T ${l4t} does not run on ${soc}.`, `it runs on ${release.socs.join(', ')}`);
  const { build, providers, version } = release.onnxruntime;
  const facts = {
    l4t: l4t.replace(/\.999$/, ''),
    major: parts(l4t)[0],
    jetpack: entry.jetpack,
    soc,
    soc_name: table.socs[soc].name,
    arch: table.socs[soc].computeCapability.replace('.', ''),
    best: release.best,
    providers: providers.join(' '),
    onnxruntime: version,
    cuda: release.cuda,
    cudnn: release.cudnn,
    tensorrt: release.tensorrt,
    container: release.container ?? '',
    need_cuda: build?.cuda ?? '',
    need_gcc: build?.gcc ?? '',
    max_gcc: build?.gccMax ?? '',
    need_cmake: build?.cmake ?? '',
    need_python: build?.python ?? '',
    package_cuda: release.packages.cuda,
    package_cudnn: release.packages.cudnn,
    package_tensorrt: release.packages.tensorrt,
    package_trtexec: release.packages.trtexec,
    unconfirmed: release.unconfirmed.join(' '),
    note: release.notes[0] ?? '',
  };
  const lines = Object.entries(facts).map(([name, value]) => `${name}=${value}\n`);
  process.stdout.write(lines.join(''));
}

main();
