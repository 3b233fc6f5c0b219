/** From the wish for an engine to one in the cache: every provider, every way in which it comes to nothing. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import t from 'tap';
import type { TensorValue } from '../../dist/core/prepared-graph.js';
import type { Precision } from '../../dist/core/worker-plan.js';
import { readRefusals } from '../../dist/engines/engine-refusals.js';
import { parseGraphFacts } from '../../dist/engines/graph-facts.js';
import { graphSignature, type OnnxModel } from '../../dist/graph/onnx-file.js';
import { buildRig } from '../helpers/build-rig.js';
import { until } from '../helpers/until.js';

/** As a half-precision engine that overflowed: it finds nothing. */
function blank(...precisions: Precision[]) {
  return (precision: Precision, outputs: TensorValue[]) => {
    if (precisions.includes(precision)) ((outputs[0] as TensorValue).data as Float32Array).fill(0);
  };
}

t.test('the engine of the CPU is the optimised graph, with what has to be known to run it', async (t) => {
  const { build, cache, wishes, progress, opened } = await buildRig(t);
  const built = await build();
  t.match(built, { key: wishes[0]?.key, provider: 'cpu', precision: 'fp32', wasThere: false, notes: [] });
  const found = await cache.open(built.key);
  if (found.state !== 'usable') throw new Error(found.state);
  const { manifest } = found.engine;
  t.strictSame(
    manifest.files.map(({ name }) => name),
    ['graph.json', 'model.onnx'],
  );
  t.match(manifest.acceptance, {
    reference: 'cpu',
    of: 'drawn scenes',
    pictures: 4,
    expected: 4,
    matched: 4,
  });
  t.match(manifest.build, { phases_ms: { preparing: Number, building: Number, accepting: Number } });
  const facts = parseGraphFacts(readFileSync(found.engine.file('graph.json') ?? '', 'utf8'));
  t.match(facts, { mode: 'live', networkWidth: 32, networkHeight: 32 });
  t.strictSame(opened, ['cpu model.onnx', 'cpu graph']);
  t.strictSame(
    [...new Set(progress.map(({ phase }) => phase))],
    ['preparing', 'building', 'accepting', 'saving'],
  );
  await found.engine.close();
});

t.test('one that is there is not built again, and says how long it took', async (t) => {
  const { build, progress } = await buildRig(t);
  const first = await build();
  t.match(await build(), { key: first.key, wasThere: true, bytes: first.bytes });
  t.type(progress.at(-1)?.expectedMs, 'number');
});

t.test('an engine of TensorRT is the plan of trtexec and the one node that stands for it', async (t) => {
  const { build, cache, starts, opened, left } = await buildRig(t, {
    provider: 'tensorrt',
    precision: 'fp16',
  });
  const built = await build();
  t.match(built, { provider: 'tensorrt', precision: 'fp16', notes: [] });
  const [args = []] = starts();
  t.ok(args.includes('--fp16'));
  t.ok(args.includes('--memPoolSize=workspace:1623'), 'half of what is free beyond the runtime');
  const found = await cache.open(built.key);
  if (found.state !== 'usable') throw new Error(found.state);
  const files = found.engine.manifest.files.map(({ name }) => name);
  t.strictSame(files, ['context.onnx', 'engine.plan', 'graph.json']);
  const bytes = readFileSync(found.engine.file('context.onnx') ?? '');
  const context = fromBinary(ModelProtoSchema, bytes) as OnnxModel;
  t.equal(context.graph.node[0]?.opType, 'EPContext');
  t.match(graphSignature(context).inputs[0], { name: 'picture', type: 'uint8', dims: [1, 32, 32, 3] });
  t.strictSame(opened, ['tensorrt context.onnx', 'cpu graph']);
  t.ok(found.engine.manifest.build.log.some((line) => line.startsWith('&&&& PASSED')));
  t.match(found.engine.manifest.build.phases_ms, { parsing: Number, building: Number });
  t.strictSame(left(), [built.key], 'no temporary folder');
  await found.engine.close();
});

t.test(
  'an engine that finds nothing is never kept: its precision goes up, and the reason is told',
  async (t) => {
    const rig = await buildRig(t, { provider: 'tensorrt', precision: 'fp16', distort: blank('fp16') });
    const built = await rig.build();
    t.match(built, { precision: 'fp32', key: rig.wishes[1]?.key });
    t.match(built.notes, [
      /no fp16 engine: On 4 drawn scenes the fp16 engine finds nothing where the CPU finds 4/,
    ]);
    t.strictSame(rig.left(), [built.key]);
    const refusals = await readRefusals(rig.cacheFolder);
    t.match(refusals.get(rig.wishes[0]?.key ?? ''), { code: 'ENGINE_REFUSED', final: true });
    t.test('and the next process does not build it in vain again', async (t) => {
      const before = rig.starts().length;
      t.match(await rig.build(), { precision: 'fp32', wasThere: true, notes: [/not tried again/] });
      t.equal(rig.starts().length, before);
      t.match(await rig.build(rig.wishes[0], { again: true }), { precision: 'fp32' });
      t.equal(rig.starts().length, before + 1, 'unless it is told to');
    });
  },
);

t.test('where no precision agrees with the CPU there is no engine', async (t) => {
  const distort = blank('fp16', 'fp32');
  const rig = await buildRig(t, { provider: 'tensorrt', precision: 'fp16', distort });
  await t.rejects(rig.build(), {
    code: 'ENGINE_REFUSED',
    message: 'On 4 drawn scenes the fp32 engine finds nothing where the CPU finds 4.',
  });
  t.strictSame(rig.left(), []);
  t.equal(rig.starts().length, 2);
  await t.rejects(rig.build(), { code: 'ENGINE_REFUSED', message: /not tried again/, hint: /--again/ });
  t.equal(rig.starts().length, 2);
});

t.test('INT8 without a calibration becomes FP16; with the one of the bundle it is built', async (t) => {
  const rig = await buildRig(t, { provider: 'tensorrt', precision: 'int8' });
  t.match(await rig.build(), { precision: 'fp16', notes: [/no int8 engine: INT8 needs to know the range/] });
  const calibrated = await buildRig(t, {
    ...{ provider: 'tensorrt', precision: 'int8' },
    bundle: { calibration: 'TRT-100300-EntropyCalibration2' },
  });
  t.match(await calibrated.build(), { precision: 'int8', notes: [] });
  const [args = []] = calibrated.starts();
  t.ok(args.includes('--int8') && args.some((arg) => /^--calib=.*calibration\.cache$/.test(arg)));
});

t.test('what trtexec fails at has its code, and leaves nothing but the memory of it', async (t) => {
  const failures: [act: string, code: string, remembered: boolean][] = [
    ['unsupported', 'ENGINE_UNSUPPORTED', true],
    ['memory', 'ENGINE_MEMORY', true],
    ['crash', 'ENGINE_BUILD', true],
    ['disk', 'ENGINE_DISK', false],
    ['other-plan', 'PROVIDER_UNAVAILABLE', false],
    ['no-gpu', 'PROVIDER_UNAVAILABLE', false],
  ];
  for (const [act, code, remembered] of failures) {
    const { build, left, cacheFolder, clock } = await buildRig(t, { provider: 'tensorrt', act });
    await t.rejects(build(), { code }, act);
    t.strictSame(left(), [], act);
    t.equal((await readRefusals(cacheFolder)).size, remembered ? 1 : 0, act);
    t.equal(clock.pending, 0, 'nothing is left running');
  }
});

t.test('without TensorRT, trtexec or the provider nothing is begun', async (t) => {
  const { build, starts } = await buildRig(t, { provider: 'tensorrt', device: { tensorrt: undefined } });
  await t.rejects(build(), { code: 'PROVIDER_UNAVAILABLE', message: /TensorRT is not installed/ });
  t.strictSame(starts(), []);
  const device = { onnxruntimeProviders: 'cpu' };
  const other = await buildRig(t, { provider: 'tensorrt', device });
  await t.rejects(other.build(), { code: 'PROVIDER_UNAVAILABLE', message: /cpu, and not tensorrt/ });
  t.strictSame(other.starts(), []);
});

t.test(
  'a bundle that was changed since the engine was asked for is not built under the old key',
  async (t) => {
    const { build, bundlePath, left } = await buildRig(t);
    writeFileSync(join(bundlePath, 'manifest.json'), '{"version": "2"}');
    await t.rejects(build(), {
      code: 'ENGINE_CANCELLED',
      message: /no longer what the engine was asked for/,
    });
    t.strictSame(left(), []);
  },
);

t.test('from TensorRT 11 on FP16 is in the graph, and no flag asks for it', async (t) => {
  const { build, starts } = await buildRig(t, {
    ...{ provider: 'tensorrt', precision: 'fp16', bundle: { batches: true } },
    device: { tensorrt: '11.1.0.106' },
  });
  t.match(await build(), { precision: 'fp16', notes: [] });
  t.notOk(starts()[0]?.some((arg) => arg.includes('fp16')));
});

t.test('an engine for batches ranges from one picture to all', async (t) => {
  const { build, cache, starts } = await buildRig(t, {
    ...{ provider: 'tensorrt', maxBatch: 4, bundle: { batches: true } },
  });
  const { key } = await build();
  const shapes = starts()[0]?.filter((arg) => arg.includes('Shapes='));
  t.strictSame(shapes, [
    '--minShapes=picture:1x32x32x3',
    '--optShapes=picture:4x32x32x3',
    '--maxShapes=picture:4x32x32x3',
  ]);
  const found = await cache.open(key);
  if (found.state !== 'usable') throw new Error(found.state);
  const bytes = readFileSync(found.engine.file('context.onnx') ?? '');
  const context = fromBinary(ModelProtoSchema, bytes) as OnnxModel;
  t.strictSame(graphSignature(context).inputs[0]?.dims, [null, 32, 32, 3]);
  t.ok(
    found.engine.manifest.parts.some(({ name, value }) => name === 'shape picture' && !Array.isArray(value)),
  );
  await found.engine.close();
});

t.test('a bundle that is changed while its engine is built leaves neither engine nor refusal', async (t) => {
  for (const spoil of [() => {}, blank('fp32')]) {
    let model = '';
    const rig = await buildRig(t, {
      provider: 'tensorrt',
      distort: (precision, outputs) => {
        appendFileSync(model, Buffer.from([0x0a, 0]));
        spoil(precision, outputs);
      },
    });
    model = join(rig.bundlePath, 'model.onnx');
    await t.rejects(rig.build(), {
      code: 'ENGINE_CANCELLED',
      message: /no longer what the engine was asked for/,
    });
    t.strictSame(rig.left(), []);
    t.equal((await readRefusals(rig.cacheFolder)).size, 0);
  }
});

t.test('a model that mixes pictures is refused before anything is built', async (t) => {
  const { build, starts, left } = await buildRig(t, { provider: 'tensorrt', maxBatch: 2 });
  await t.rejects(build(), { code: 'MODEL_INPUT', message: /cannot take batches/ });
  t.strictSame([starts(), left()], [[], []]);
});

t.test('a build that is stopped leaves nothing and is no failure of the engine', async (t) => {
  const ending = new AbortController();
  const rig = await buildRig(t, { provider: 'tensorrt', act: 'hang', signal: ending.signal });
  const build = rig.build();
  await until(() => rig.progress.some(({ phase }) => phase === 'building'));
  ending.abort();
  await t.rejects(build, { code: 'ENGINE_CANCELLED' });
  t.strictSame(rig.left(), []);
  t.equal((await readRefusals(rig.cacheFolder)).size, 0);
});

t.test('each second it is told how far a build is', async (t) => {
  const ending = new AbortController();
  const rig = await buildRig(t, { provider: 'tensorrt', act: 'hang', signal: ending.signal });
  const build = rig.build();
  await until(() => rig.progress.some(({ phase }) => phase === 'building'));
  rig.clock.advance(5000);
  ending.abort();
  await t.rejects(build, { code: 'ENGINE_CANCELLED' });
  const seconds = rig.progress.map(({ elapsedMs }) => Math.round(elapsedMs / 1000));
  for (const second of [1, 2, 3, 4, 5]) t.ok(seconds.includes(second));
});
