/** What a model runs by, and what would have been better. */
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { openBundle } from '../../dist/bundle/bundle.js';
import type { ProviderName } from '../../dist/core/worker-plan.js';
import { noteRefusal, readRefusals } from '../../dist/engines/engine-refusals.js';
import { type EngineAccess, openModel } from '../../dist/worker/open-model.js';
import { type BuildRigOptions, buildRig } from '../helpers/build-rig.js';
import { modelPlan } from '../helpers/plans.js';

async function rig(t: Parameters<typeof buildRig>[0], options: BuildRigOptions = {}) {
  const built = await buildRig(t, options);
  const { cacheFolder, bundlePath, device, cache } = built;
  const bundle = await openBundle(bundlePath, cacheFolder);
  const { precision = 'fp32', maxBatch = 1 } = options;
  const watched: string[] = [];
  const watch: EngineAccess['watch'] = {
    begun: async (key) => void watched.push(`begun ${key}`),
    survived: async (key) => void watched.push(`survived ${key}`),
  };
  return {
    ...built,
    watched,
    open: async (
      providers: ProviderName[] = ['cpu'],
      mode: 'live' | 'exact' = 'live',
      other?: EngineAccess,
    ) => {
      const engines = other ?? { cache, refusals: await readRefusals(cacheFolder), device, watch };
      return openModel(modelPlan({ bundle: bundlePath, precision, maxBatch }), bundle, {
        ...{ mode, format: 'RGB', providers, engines },
      });
    },
  };
}

t.test('without an engine the graph is prepared, and the engine wanted', async (t) => {
  const { open, wishes } = await rig(t);
  const { provider, precision, engine, wanted, session } = await open();
  t.strictSame([provider, precision, engine], ['cpu', 'fp32', undefined]);
  t.strictSame(wanted, wishes);
  await session.release();
});

t.test(
  'with an engine nothing is prepared and nothing wanted, and it is in use until it is closed',
  async (t) => {
    const { open, build, cache } = await rig(t);
    const { key } = await build();
    const { engine, wanted, session, graph, notes } = await open();
    t.equal(engine?.key, key);
    t.strictSame([wanted, notes], [[], []]);
    t.equal(graph.networkWidth, 32);
    t.equal(await cache.remove(key), 'in use');
    await session.release();
    await engine?.close();
    t.equal(await cache.remove(key), 'removed');
  },
);

t.test('before an engine is loaded it is told, and again when it has run once', async (t) => {
  const { open, build, watched } = await rig(t);
  const { key } = await build();
  const { session, engine, survived } = await open();
  t.strictSame(watched, [`begun ${key}`]);
  await survived();
  t.strictSame(watched, [`begun ${key}`, `survived ${key}`]);
  await session.release();
  await engine?.close();
});

t.test('an engine that took the worker with it three times is left alone', async (t) => {
  const { open, build, cacheFolder, clock } = await rig(t);
  const { key } = await build();
  const died = { code: 'WORKER_CRASHED', reason: 'the worker died', final: false };
  for (const expected of [key, key, undefined]) {
    await noteRefusal(cacheFolder, key, died, clock);
    const { engine, session, notes } = await open();
    t.equal(engine?.key, expected);
    if (expected === undefined) t.match(notes, ['no cpu fp32 engine: the worker died']);
    await session.release();
    await engine?.close();
  }
});

t.test('TensorRT is wanted and waited for by nobody: the next provider serves at once', async (t) => {
  const { open, wishes } = await rig(t, { provider: 'tensorrt', precision: 'fp16' });
  const { provider, wanted, session } = await open(['tensorrt', 'cpu']);
  t.equal(provider, 'cpu');
  t.strictSame(
    wanted.map((wish) => `${wish.provider} ${wish.precision}`),
    ['tensorrt fp16', 'cpu fp32'],
  );
  t.strictSame(wanted[0], wishes[0]);
  await session.release();
});

t.test('an engine that was refused is not wanted again, and the note says why', async (t) => {
  const { open, wishes, cacheFolder, clock } = await rig(t, { provider: 'tensorrt', precision: 'fp16' });
  const refusal = { code: 'ENGINE_REFUSED', reason: 'it finds nothing', final: true };
  await noteRefusal(cacheFolder, wishes[0]?.key ?? '', refusal, clock);
  const { wanted, notes, session } = await open(['tensorrt', 'cpu']);
  t.strictSame(wanted[0], wishes[1], 'the next precision');
  t.match(notes, ['no tensorrt fp16 engine: it finds nothing']);
  await session.release();
});

t.test('a damaged engine is never loaded: it is set aside and wanted anew', async (t) => {
  const { open, build, cacheFolder } = await rig(t);
  const { key } = await build();
  truncateSync(join(cacheFolder, 'engines', key, 'model.onnx'), 10);
  const { engine, wanted, notes, session } = await open();
  t.equal(engine, undefined);
  t.equal(wanted[0]?.key, key);
  t.match(notes, [/the cpu fp32 engine was damaged: model\.onnx has 10 bytes/]);
  t.match(readdirSync(join(cacheFolder, 'engines')), [/bad/]);
  await session.release();
});

t.test('one that is whole and does not load is set aside, too', async (t) => {
  const { open, build, cache, cacheFolder, device } = await rig(t);
  const { key } = await build();
  const found = await cache.open(key);
  if (found.state !== 'usable') throw new Error(found.state);
  const { engine } = found;
  // Whole by its manifest; what is in it is another matter.
  const inside = { file: (name: string) => (name === 'graph.json' ? engine.file(name) : undefined) };
  const lacking = Object.assign(Object.create(engine), inside);
  const access = {
    device,
    refusals: new Map(),
    watch: { begun: async () => {}, survived: async () => {} },
    cache: {
      open: async () => ({ state: 'usable' as const, engine: lacking }),
      setAside: (name: string, reason: string) => cache.setAside(name, reason),
    },
  };
  lacking.close = () => engine.close();
  const opened = await open(['cpu'], 'live', access);
  t.equal(opened.engine, undefined);
  t.match(opened.notes, [/the cpu fp32 engine does not load: it lacks a file/]);
  t.match(readdirSync(join(cacheFolder, 'engines')), [/bad/]);
  await opened.session.release();
});

t.test('an engine for which memory does not do now is kept, and the next best serves', async (t) => {
  const { open, build, cache, device } = await rig(t);
  const { key } = await build();
  const found = await cache.open(key);
  if (found.state !== 'usable') throw new Error(found.state);
  const full = new DetectdError('ENGINE_MEMORY', 'CUDA failure 2: out of memory');
  const heavy = Object.assign(Object.create(found.engine), {
    close: () => found.engine.close(),
    file: () => {
      throw full;
    },
  });
  const access = {
    device,
    refusals: new Map(),
    watch: { begun: async () => {}, survived: async () => {} },
    cache: {
      open: async () => ({ state: 'usable' as const, engine: heavy }),
      setAside: async () => t.fail('it is good') as never,
    },
  };
  const opened = await open(['cpu'], 'live', access);
  t.equal(opened.engine, undefined);
  t.match(opened.notes, ['the cpu fp32 engine does not load: CUDA failure 2: out of memory']);
  t.equal((await cache.open(key)).state, 'usable');
  await opened.session.release();
});

t.test('a cache that cannot be used keeps nobody from running', async (t) => {
  const { open, cacheFolder } = await rig(t);
  writeFileSync(join(cacheFolder, 'engines'), 'a file in its place');
  const { provider, engine, session } = await open();
  t.strictSame([provider, engine], ['cpu', undefined]);
  await session.release();
});

t.test('a provider that is not there is stepped down from, with a note; alone it is an error', async (t) => {
  const { open } = await rig(t);
  const { provider, notes, session } = await open(['cuda', 'cpu']);
  t.equal(provider, 'cpu');
  t.match(notes, [/^not on cuda: .*"cuda" provider/]);
  await session.release();
  await t.rejects(open(['cuda']), { code: 'PROVIDER_UNAVAILABLE' });
  await t.rejects(open(['tensorrt']), { code: 'PROVIDER_UNAVAILABLE', hint: /engines build/ });
  await t.rejects(open(['tensorrt'], 'exact'), { message: /tensorrt .* pictures of one size/ });
});

t.test('a model for several pictures at once wants an engine for them, and runs by it', async (t) => {
  const { open, build, wishes } = await rig(t, { maxBatch: 4, bundle: { batches: true } });
  t.match(wishes, [{ maxBatch: 4 }]);
  const prepared = await open();
  t.equal(prepared.maxBatch, 4);
  t.strictSame(prepared.wanted, wishes);
  await prepared.session.release();
  const { key } = await build();
  const { engine, maxBatch, session, wanted } = await open();
  t.strictSame([engine?.key, maxBatch, wanted], [key, 4, []]);
  await session.release();
  await engine?.close();
});

t.test('one that mixes pictures wants the engine for one, and says why', async (t) => {
  const { open, wishes } = await rig(t, { maxBatch: 4 });
  const { maxBatch, wanted, notes, session } = await open();
  t.equal(maxBatch, 1);
  t.strictSame(
    wanted.map((wish) => [wish.provider, wish.maxBatch]),
    [['cpu', undefined]],
  );
  t.not(wanted[0]?.key, wishes[0]?.key);
  t.match(notes, [/one by one and not 4 at once/]);
  await session.release();
});
