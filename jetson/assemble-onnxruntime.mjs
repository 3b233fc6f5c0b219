#!/usr/bin/env node
/**
 * Makes the npm package out of what a build of onnxruntime left: the binding, the libraries beside it, where it looks
 * for them, onnxruntime-common inside, and neither install script nor dependency, so that nothing is downloaded when
 * it is installed. `jetson/build-onnxruntime` runs it.
 *
 *   node jetson/assemble-onnxruntime.mjs --source DIR --libraries DIR --target DIR --providers LIST --info JSON
 *
 *   --source DIR     onnxruntime's sources, whose js/ was built
 *   --libraries DIR  where the build left its libraries (build/Release)
 *   --target DIR     the package; made anew
 *   --providers LIST tensorrt,cuda
 *   --info JSON      what it was built for, for build-info.json
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';

class Refusal extends Error {}

function needed(path, why) {
  if (!existsSync(path)) throw new Refusal(`${path} is missing: ${why}`);
  return path;
}

/** Where the build of the binding put it: bin/napi-v6/linux/arm64, with the number of the binding's interface. */
function nativeFolder(node) {
  const bin = join(node, 'bin');
  const found = (existsSync(bin) ? readdirSync(bin) : [])
    .filter((name) => name.startsWith('napi-v'))
    .map((name) => join('bin', name, process.platform, process.arch))
    .find((path) => existsSync(join(node, path, 'onnxruntime_binding.node')));
  if (found === undefined) throw new Refusal(`there is no onnxruntime_binding.node below ${bin}`);
  return found;
}

/** The name by which the binding asks for the library: what the link libonnxruntime.so points to. */
function sonameOf(libraries) {
  const link = needed(join(libraries, 'libonnxruntime.so'), 'the library was not built');
  const names = readdirSync(libraries).filter((name) => /^libonnxruntime\.so\.[\d.]+$/.test(name));
  // Of libonnxruntime.so.1 and libonnxruntime.so.1.25.1 the shorter one is asked for; older releases have one.
  const name = names.sort((a, b) => a.length - b.length)[0];
  if (name === undefined) throw new Refusal(`there is no versioned library beside ${link}`);
  return name;
}

function manifestOf(manifest, common, providers) {
  const { name, version, license, author, repository, description, main, types, binary } = manifest;
  if (name !== 'onnxruntime-node' || common.name !== 'onnxruntime-common')
    throw new Refusal(
      `the sources hold ${name} and ${common.name} where onnxruntime-node and -common belong`,
    );
  return {
    name,
    version,
    description: `${description ?? 'ONNXRuntime Node.js binding'}, built with ${providers.join(' and ')}`,
    license,
    author,
    repository,
    main,
    types,
    binary,
    os: [process.platform],
    cpu: [process.arch],
    dependencies: { 'onnxruntime-common': common.version },
    bundleDependencies: ['onnxruntime-common'],
  };
}

async function sha256(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

async function assemble({ source, libraries, target, providers, info }) {
  const node = join(source, 'js', 'node');
  const common = join(source, 'js', 'common');
  needed(join(node, 'dist', 'index.js'), 'js/node was not built');
  needed(join(common, 'dist'), 'js/common was not built');
  const native = nativeFolder(node);
  const fresh = `${target}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(fresh, native), { recursive: true });

  for (const part of ['dist', 'lib', 'README.md'])
    if (existsSync(join(node, part))) cpSync(join(node, part), join(fresh, part), { recursive: true });
  for (const part of ['LICENSE', 'ThirdPartyNotices.txt'])
    if (existsSync(join(source, part))) copyFileSync(join(source, part), join(fresh, part));

  const inside = join(fresh, 'node_modules', 'onnxruntime-common');
  mkdirSync(inside, { recursive: true });
  for (const part of ['dist', 'lib', 'README.md', 'package.json'])
    if (existsSync(join(common, part))) cpSync(join(common, part), join(inside, part), { recursive: true });

  // Links do not survive npm pack: the files themselves, each under the name by which it is asked for.
  copyFileSync(
    join(node, native, 'onnxruntime_binding.node'),
    join(fresh, native, 'onnxruntime_binding.node'),
  );
  const names = ['shared', ...providers].map((name) => `libonnxruntime_providers_${name}.so`);
  for (const name of [sonameOf(libraries), ...names]) {
    const from = needed(join(libraries, name), 'the provider was not built');
    copyFileSync(realpathSync(from), join(fresh, native, name));
  }

  const commonManifest = readJson(join(inside, 'package.json'));
  const { scripts: _scripts, devDependencies: _devDependencies, ...kept } = commonManifest;
  writeJson(join(inside, 'package.json'), kept);
  const manifest = manifestOf(readJson(join(node, 'package.json')), commonManifest, providers);
  writeJson(join(fresh, 'package.json'), manifest);
  const files = readdirSync(join(fresh, native)).sort();
  const digests = {};
  for (const name of files) digests[`${native}/${name}`] = await sha256(join(fresh, native, name));
  writeJson(join(fresh, 'build-info.json'), { ...info, providers, sha256: digests });

  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
  process.stdout.write(`${basename(target)}: ${files.join(', ')}\n`);
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

const string = { type: 'string' };
try {
  const { values } = parseArgs({
    options: { source: string, libraries: string, target: string, providers: string, info: string },
  });
  for (const name of ['source', 'libraries', 'target', 'providers', 'info'])
    if (values[name] === undefined) throw new Refusal(`--${name} is missing`);
  await assemble({ ...values, providers: values.providers.split(','), info: JSON.parse(values.info) });
} catch (error) {
  const disk = error.code === 'ENOSPC' ? '\n  make room on the disk, then run this again' : '';
  process.stderr.write(`error: ${error.message}${disk}\n`);
  process.exitCode = 1;
}
