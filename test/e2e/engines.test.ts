/** `detectd engines`, from a user's chair, on a cache filled beforehand. */
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { configuredModels, wantedEngines } from '../../dist/commands/wanted-engines.js';
import { identifyThisMachine } from '../../dist/device/this-machine.js';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { type EngineKey, engineKey } from '../../dist/engines/engine-key.js';
import { testConfig } from '../helpers/config.js';
import { begun, built, kept, madeUpKey } from '../helpers/made-up-engine.js';
import { type CliRun, runCli } from '../helpers/run-cli.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { type Workspace, workspace } from '../helpers/workspace.js';

const { info: device } = await identifyThisMachine(process.env);

interface Rig extends Workspace {
  cache: EngineCache;
  /** Of the engine that the one model of the configuration wants here. */
  key: EngineKey;
  engines(...args: string[]): Promise<CliRun>;
}

async function rig(t: Pick<Test, 'testdir'>, more: Record<string, unknown> = {}): Promise<Rig> {
  const made = workspace(t);
  const { folder, env } = made;
  const models = { people: { bundle: tinyBundle(join(folder, 'things')), provider: 'cpu' } };
  const cameras = { gate: { source: 'test:ball', model: 'people' } };
  const config = { models, cameras, paths: { cache: join(folder, 'cache') }, ...more };
  writeFileSync(join(folder, 'detectd.yaml'), JSON.stringify(config));
  const { wanted } = await wantedEngines(configuredModels(testConfig({ models, cameras })), {
    ...{ device, format: 'RGB', scratchFolder: folder },
    providers: () => ['cpu'],
  });
  const choice = wanted[0]?.choices[0];
  if (choice === undefined) throw new Error('no model');
  return {
    ...made,
    cache: new EngineCache({ folder: join(folder, 'cache'), maxBytes: 1e9 }),
    key: choice.key,
    engines: (...args) => runCli(['engines', ...args, '-c', 'detectd.yaml'], { env, cwd: folder }),
  };
}

t.test('an empty cache: nothing is made by looking', async (t) => {
  const { engines, folder, leftovers } = await rig(t);
  t.match(await engines('list'), { status: 0, stdout: /0\.0 MB of at most 2048\.0 MB\nThere is no engine/ });
  t.match(await engines('verify'), { status: 0, stdout: /no engine/ });
  t.match(await engines('prune'), { status: 0, stdout: /nothing had to go/ });
  const explained = await engines('explain');
  t.match(explained, {
    status: 0,
    stdout: /^people \(live\) on cpu: missing\n .* None was built for this model/,
  });
  t.notOk(existsSync(join(folder, 'cache')));
  t.strictSame(leftovers(), []);
});

t.test('list tells engines in use from others, and what else is there', async (t) => {
  const { engines, cache, key } = await rig(t);
  await kept(cache, madeUpKey(1));
  const engine = await built(cache, key);
  const build = await begun(cache, madeUpKey(2));
  mkdirSync(join(cache.engines.path, 'lost\u001b[31m'));
  const { stdout, status } = await engines('list');
  t.equal(status, 0);
  t.match(stdout, new RegExp(`^${key.digest.slice(0, 12)}  people 1\\.2\\.0  cpu .* in use$`, 'm'));
  t.match(stdout, /not in use$/m);
  t.match(stdout, /^being built or removed: [0-9a-f]{12}$/m);
  t.match(stdout, 'not of detectd, left alone: lost\\x1b[31m');
  const listing = JSON.parse((await engines('list', '--json')).stdout);
  t.match(listing, {
    max_bytes: 2048e6,
    engines: [{ key: key.digest, provider: 'cpu', in_use: true, build_ms: 1500, parts: key.parts }, {}],
    busy: [madeUpKey(2).digest],
  });
  await build.abandon();
  await engine.close();
});

t.test('explain: usable, then another machine, then damaged', async (t) => {
  const { engines, cache, key, folder } = await rig(t);
  const elsewhere = key.parts.find(({ name }) => name === 'device onnxruntime')?.value;
  const request = {
    bundleDigest: String(key.parts.find(({ name }) => name === 'bundle')?.value),
    preparation: Number(key.parts.find(({ name }) => name === 'preparation')?.value),
    provider: 'cpu',
    precision: 'fp32',
    shapes: { picture: [1, 32, 32, 3] },
    flags: { mode: 'live', format: 'RGB' },
  } as const;
  t.equal(engineKey(request, device).digest, key.digest);
  await kept(cache, engineKey(request, { ...device, onnxruntime: '0.0.1' }));
  const missing = await engines('explain');
  const sentence = `ONNX Runtime was 0.0.1 and is ${elsewhere}: it optimises graphs`;
  t.ok(missing.stdout.includes(`None was built for exactly this. ${sentence}`), missing.stdout);
  t.match(missing.stdout, /is there, built .* but:\n {6}ONNX Runtime was 0\.0\.1/);
  await kept(cache, key);
  t.match(await engines('explain'), {
    status: 0,
    stdout: /^people \(live\) on cpu: usable\n .* It is there and whole/,
  });
  truncateSync(join(cache.engines.engine(key.digest), 'engine'), 1);
  t.match(JSON.parse((await engines('explain', '--json')).stdout), {
    engines: [
      { model: 'people', mode: 'live', provider: 'cpu', key: key.digest, state: 'bad', others: [{}] },
    ],
    problems: [],
  });
  writeFileSync(join(folder, 'things/model.onnx'), 'another model');
  t.match(await engines('explain'), { status: 0, stdout: /missing\n/ });
  writeFileSync(join(folder, 'things/infer_cfg.yml'), 'nonsense: [');
  t.match(await engines('explain'), { status: 1, stderr: /^INFER_CFG_INVALID: / });
});

t.test('explain: an engine that was refused says why, and one that failed in passing does not', async (t) => {
  const { engines, cache, key, folder } = await rig(t);
  const refusal = {
    code: 'ENGINE_REFUSED',
    reason: 'It finds nothing.',
    final: true,
    tries: 1,
    at: '2026-01-01',
  };
  const note = (change: object) => {
    mkdirSync(join(folder, 'cache'), { recursive: true });
    writeFileSync(
      join(folder, 'cache/refused-engines.json'),
      JSON.stringify({ [key.digest]: { ...refusal, ...change } }),
    );
  };
  note({});
  t.match(await engines('explain'), {
    status: 0,
    stdout:
      /cpu: refused\n .*neither used nor built again until its key changes: It finds nothing\. "detectd engines build --again"/,
  });
  note({ final: false });
  t.match(await engines('explain'), { status: 0, stdout: /cpu: missing\n/ });
  await kept(cache, key);
  t.match(await engines('explain'), { status: 0, stdout: /cpu: usable\n/ });
  note({ final: false, tries: 3, code: 'WORKER_CRASHED', reason: 'The worker died.' });
  t.match(await engines('explain'), { stdout: /cpu: refused\n .*neither used .*The worker died\./ });
});

t.test('verify sets damaged engines aside and fails', async (t) => {
  const { engines, cache, key } = await rig(t);
  await kept(cache, key);
  await kept(cache, madeUpKey(1));
  t.match(await engines('verify'), { status: 0, stdout: /good\n.*good\n$/ });
  truncateSync(join(cache.engines.engine(key.digest), 'engine'), 1);
  const run = await engines('verify');
  t.match(run, { status: 1, stderr: /^ENGINE_BAD: 1 of 2 engines is damaged\./ });
  t.match(run.stdout, /damaged: engine has 1 bytes, not 10; set aside as [0-9a-f]{64}\.bad-1$/m);
  t.match(JSON.parse((await engines('verify', '--json')).stdout), {
    engines: [{ key: madeUpKey(1).digest, good: true, reason: null }],
  });
});

t.test('prune keeps to the size, and --all to what is in use', async (t) => {
  const { engines, cache, key } = await rig(t, { engines: { max_size_mb: 16 } });
  const engine = await built(cache, key);
  await kept(cache, madeUpKey(1), { engine: 'x'.repeat(9e6) });
  await kept(cache, madeUpKey(2), { engine: 'x'.repeat(9e6) });
  mkdirSync(join(cache.engines.path, `${madeUpKey(3).digest}.tmp`));
  const run = await engines('prune');
  t.equal(run.status, 0, run.stderr);
  t.ok(run.stdout.includes(`removed ${madeUpKey(3).digest}.tmp: left by a process that died`), run.stdout);
  t.ok(run.stdout.includes(`removed ${madeUpKey(1).digest}: least recently used, 9.0 MB`), run.stdout);
  t.match(run.stdout, /^9\.0 MB are left$/m);
  t.match(JSON.parse((await engines('prune', '--all', '--json')).stdout), {
    removed: [{ name: madeUpKey(2).digest }],
    kept: [],
  });
  t.match((await cache.list()).engines, [{ key: key.digest, inUse: true }]);
  t.match(await engines('prune', '--max-size-mb', '-1'), { status: 2, stderr: /^USAGE: / });
  await engine.close();
});

t.test('without a configuration, and with a cache that is no folder, the error says so', async (t) => {
  const { engines, folder, env } = await rig(t);
  writeFileSync(join(folder, 'cache'), '');
  for (const what of ['list', 'verify', 'prune', 'explain'])
    t.match(await engines(what), { status: 1, stderr: /^ENGINE_CACHE: / }, what);
  const none = await runCli(['engines', 'list', '-c', 'none.yaml'], { env, cwd: folder });
  t.match(none, { status: 2, stderr: /^CONFIG_NOT_FOUND: / });
});
