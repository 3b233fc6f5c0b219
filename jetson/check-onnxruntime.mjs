#!/usr/bin/env node
/**
 * Says whether an onnxruntime-node works here: its libraries find all that they need, the binding loads, and a small
 * network runs on each provider with the right result. Each is tried in a process of its own, since a provider that
 * does not fit the machine may crash. Runs anywhere.
 *
 *   node jetson/check-onnxruntime.mjs [--package DIR] [--want PROVIDER,...] [--root DIR] [--json]
 *
 *   --package DIR  the package to check (default: the one that detectd uses here)
 *   --want LIST    providers that must be there, as tensorrt,cuda (default: those whose libraries are there)
 *   --root DIR     look for the devices of the GPU below DIR
 *   --json         one JSON object instead of lines
 *
 * Exit status 0 when nothing failed; what cannot be tried without a GPU does not count.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Conv 3×3 over [1,2,4,4], all weights 0.5, then Relu: small whole numbers, the same in every precision. */
const MODEL =
  'CAc6uQEKDwoBeAoBdxIBYyIEQ29udgoMCgFjEgF5IgRSZWx1EgVjaGVjaypXCAEIAggDCAMQASJIAAAAPwAAAD8AAAA/AAAAPwAAAD8AAAA/' +
  'AAAAPwAAAD8AAAA/AAAAPwAAAD8AAAA/AAAAPwAAAD8AAAA/AAAAPwAAAD8AAAA/QgF3WhsKAXgSFgoUCAESEAoCCAEKAggCCgIIBAoCCARi' +
  'GwoBeRIWChQIARIQCgIIAQoCCAEKAggCCgIIAkIECgAQDQ==';
const NODES = ['nvhost-gpu', 'nvgpu/igpu0', 'nvmap', 'nvidia0', 'nvidiactl', 'dxg'];
const SLOWEST_MS = 300_000;

/** In the process of its own: loads the binding, and runs the network when a provider is named. */
async function attempt(folder, provider) {
  const ort = createRequire(join(folder, 'package.json'))(folder);
  if (provider === undefined)
    return { backends: ort.listSupportedBackends?.().map(({ name }) => name) ?? ['cpu'] };
  const session = await ort.InferenceSession.create(new Uint8Array(Buffer.from(MODEL, 'base64')), {
    executionProviders: [provider],
    logSeverityLevel: 3,
    // Else a provider that takes nothing would look as if it worked.
    ...(provider === 'cpu' ? {} : { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
  });
  const input = Float32Array.from({ length: 32 }, (_value, index) => (index % 5) - 1);
  const { y } = await session.run({ x: new ort.Tensor('float32', input, [1, 2, 4, 4]) });
  const wrong = expected(input).findIndex((value, index) => Math.abs(value - y.data[index]) > 0.01);
  if (wrong >= 0) throw new Error(`wrong result: ${[...y.data]} instead of ${expected(input)}`);
  return {};
}

function expected(input) {
  return [0, 1, 4, 5].map((corner) => {
    let sum = 0;
    for (const channel of [0, 16])
      for (const row of [0, 4, 8])
        for (const column of [0, 1, 2]) sum += input[channel + corner + row + column];
    return Math.max(0, sum / 2);
  });
}

function inOwnProcess(folder, provider) {
  const args = [fileURLToPath(import.meta.url), '--attempt', provider ?? 'load', '--package', folder];
  const ran = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: SLOWEST_MS,
    killSignal: 'SIGKILL',
  });
  const answer = /^answer (.*)$/m.exec(ran.stdout ?? '')?.[1];
  if (answer !== undefined) return JSON.parse(answer);
  if (ran.error?.code === 'ETIMEDOUT') return { error: `no answer within ${SLOWEST_MS / 1000} s` };
  const last = (ran.stderr ?? '').trim().split('\n').at(-1) ?? '';
  return { error: `ended by ${ran.signal ?? `status ${ran.status}`}${last === '' ? '' : `: ${last}`}` };
}

/** Names that the loader does not find for this library; undefined where ldd cannot say. */
function missingFor(file) {
  const { stdout, status } = spawnSync('ldd', [file], { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) return undefined;
  return [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1]);
}

function nativeFolder(folder) {
  const bin = join(folder, 'bin');
  const abis = existsSync(bin) ? readdirSync(bin).filter((name) => name.startsWith('napi-v')) : [];
  return abis
    .map((abi) => join(bin, abi, process.platform, process.arch))
    .find((path) => existsSync(join(path, 'onnxruntime_binding.node')));
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function* findings(folder, want, gpu) {
  const manifest = readJson(join(folder, 'package.json'));
  const native = nativeFolder(folder);
  if (manifest?.name !== 'onnxruntime-node' || native === undefined) {
    yield {
      check: 'package',
      state: 'failed',
      detail: `${folder} is no onnxruntime-node for ${process.arch}`,
    };
    return;
  }
  const info = readJson(join(folder, 'build-info.json'));
  const made =
    info === undefined
      ? 'as published'
      : `built for L4T ${info.l4t}, CUDA ${info.cuda}, TensorRT ${info.tensorrt}`;
  yield { check: 'package', state: 'ok', detail: `${manifest.version}, ${made}: ${folder}` };
  const names = readdirSync(native).filter((name) => /\.so(\.|$)|\.node$/.test(name));
  const shipped = ['tensorrt', 'cuda'].filter((name) =>
    names.includes(`libonnxruntime_providers_${name}.so`),
  );
  for (const name of names.sort()) yield library(native, name, gpu);
  if (shipped.length > 0 && !names.includes('libonnxruntime_providers_shared.so'))
    yield {
      check: 'libonnxruntime_providers_shared.so',
      state: 'failed',
      detail: 'missing: no provider loads',
    };
  for (const name of (want ?? []).filter((each) => each !== 'cpu' && !shipped.includes(each)))
    yield { check: name, state: 'failed', detail: `there is no libonnxruntime_providers_${name}.so` };
  const loaded = inOwnProcess(folder);
  yield loaded.error === undefined
    ? { check: 'binding', state: 'ok', detail: `loads; knows ${loaded.backends.join(', ')}` }
    : { check: 'binding', state: 'failed', detail: loaded.error };
  if (loaded.error !== undefined) return;
  yield tried(folder, 'cpu');
  for (const name of shipped)
    yield gpu
      ? tried(folder, name)
      : { check: name, state: 'skipped', detail: 'not tried: no GPU to be seen here' };
}

function library(native, name, gpu) {
  const missing = missingFor(join(native, name));
  if (missing === undefined) return { check: name, state: 'skipped', detail: 'ldd cannot read it' };
  if (missing.length === 0) return { check: name, state: 'ok', detail: 'finds all that it needs' };
  const ours = missing.some((each) => each.startsWith('libonnxruntime'));
  const remark = gpu || ours ? '' : ' (there is no GPU here: its driver and libraries may be elsewhere)';
  return {
    check: name,
    state: gpu || ours ? 'failed' : 'skipped',
    detail: `not found: ${missing.join(', ')}${remark}`,
  };
}

function tried(folder, provider) {
  const { error } = inOwnProcess(folder, provider);
  return error === undefined
    ? { check: provider, state: 'ok', detail: 'ran a small network, with the right result' }
    : { check: provider, state: 'failed', detail: error };
}

const string = { type: 'string' };
const flag = { type: 'boolean', default: false };
let values;
try {
  const options = { package: string, want: string, root: { ...string, default: '/' }, attempt: string };
  ({ values } = parseArgs({ options: { ...options, json: flag, help: { ...flag, short: 'h' } } }));
} catch (error) {
  process.stderr.write(`error: ${error.message}\n  see: node jetson/check-onnxruntime.mjs --help\n`);
  process.exit(2);
}
if (values.help) {
  const text = readFileSync(fileURLToPath(import.meta.url), 'utf8');
  process.stdout.write(`${text.slice(text.indexOf(' * '), text.indexOf(' */')).replace(/^ \* ?/gm, '')}`);
} else {
  const beside = fileURLToPath(new URL('../node_modules/onnxruntime-node', import.meta.url));
  const folder = resolve(values.package ?? beside);
  if (values.attempt !== undefined) {
    const provider = values.attempt === 'load' ? undefined : values.attempt;
    const answer = await attempt(folder, provider).catch((error) => ({
      error: String(error.message ?? error),
    }));
    process.stdout.write(`answer ${JSON.stringify(answer)}\n`);
  } else {
    const gpu = NODES.some((name) => existsSync(join(values.root, 'dev', name)));
    const found = [];
    for (const finding of findings(folder, values.want?.split(','), gpu)) {
      found.push(finding);
      if (!values.json)
        process.stdout.write(`${finding.state.padEnd(8)} ${finding.check}: ${finding.detail}\n`);
    }
    const failed = found.filter(({ state }) => state === 'failed').length;
    if (values.json)
      process.stdout.write(`${JSON.stringify({ package: folder, gpu, checks: found, failed })}\n`);
    process.exitCode = failed === 0 ? 0 : 1;
  }
}
