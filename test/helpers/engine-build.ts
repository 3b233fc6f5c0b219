/** Every way in which the building of an engine can go, with a program that behaves as trtexec of one release. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type BuildProgress, buildPlan, type PlanBuild } from '../../dist/engines/trtexec.js';
import type { TrtexecRequest } from '../../dist/engines/trtexec-arguments.js';
import { FLOAT, UINT8, valueInfo } from '../../dist/graph/tensors.js';
import { bytesOf, node, tinyModel } from '../fixtures/models/tiny-model.js';
import { FakeClock } from './fake-clock.js';
import { until } from './until.js';

const PROGRAM = join(import.meta.dirname, '../fixtures/trtexec/trtexec.mjs');

export interface EngineBuildSetting {
  act?: string;
  /** Of trtexec itself; that of the library by default. */
  trtexec?: string;
  needsMiB?: number;
  request?: Partial<TrtexecRequest>;
  batch?: boolean;
  signal?: AbortSignal;
  /** The stand-in reads the model, which takes as long as the rest of it. */
  reads?: boolean;
}

/** Reads uint8 by a Cast, as a prepared graph does. */
function model(batch: boolean): Uint8Array {
  const dims = [batch ? 'batch' : 1, 4, 4, 3];
  return bytesOf(
    tinyModel({
      nodes: [node('Cast', ['picture'], ['seen'], { to: { int: FLOAT } })],
      inputs: [valueInfo('picture', UINT8, dims)],
      outputs: [valueInfo('seen', FLOAT, dims)],
    }),
  );
}

export function engineBuild(t: Test, version: string, setting: EngineBuildSetting = {}) {
  const { act = 'build', trtexec = version, needsMiB = 0, batch = false } = setting;
  const folder = t.testdir({ build: {}, timings: {} });
  const record = join(folder, 'record');
  writeFileSync(record, '');
  writeFileSync(join(folder, 'model.onnx'), model(batch));
  const build: PlanBuild = {
    program: PROGRAM,
    tensorrt: version,
    request: {
      model: join(folder, 'model.onnx'),
      inputs: [{ name: 'picture', type: 'uint8', dims: [batch ? null : 1, 4, 4, 3] }],
      shapes: batch ? { picture: { min: [1, 4, 4, 3], opt: [2, 4, 4, 3], max: [4, 4, 4, 3] } } : {},
      precision: 'fp32',
      modelTypes: { float16: false, quantized: false },
      timingCache: join(folder, 'timings', 'cache'),
      ...setting.request,
    },
    effort: { workspaceMiB: 1024, optimizationLevel: undefined },
    folder: join(folder, 'build'),
  };
  const clock = new FakeClock();
  const progress: BuildProgress[] = [];
  const run = () =>
    buildPlan(build, {
      clock,
      env: {
        ...process.env,
        TRTEXEC_VERSION: trtexec,
        TRTEXEC_ACT: act,
        TRTEXEC_NEEDS_MIB: `${needsMiB}`,
        TRTEXEC_RECORD: record,
        ...(setting.reads === true ? {} : { TRTEXEC_TRUST: '1' }),
      },
      ...(setting.signal === undefined ? {} : { signal: setting.signal }),
      limits: { silenceMs: 60_000, totalMs: 600_000, stopMs: 1000, cancelMs: 500 },
      onProgress: (each) => progress.push(each),
    });
  return {
    build,
    clock,
    progress,
    run,
    /** Arguments of each start. */
    starts: () =>
      readFileSync(record, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line).args as string[]).join(' ')),
    left: () => readdirSync(join(folder, 'build')),
  };
}

export function everyBuild(t: Test, version: string): void {
  t.test('an engine is built, tested and kept whole, with its measurements for the next one', async (t) => {
    const { build, run, progress, left, clock } = engineBuild(t, version, { reads: true });
    const built = await run();
    t.match(built, { version, attempts: [{ workspaceMiB: 1024, failure: undefined }], notes: [] });
    t.equal(built.bytes, readFileSync(built.path).length);
    t.same(left(), ['engine.plan']);
    const phases = [...new Set(progress.map(({ phase }) => phase))];
    t.equal(phases[0], 'starting');
    t.equal(phases.at(-1), 'done');
    t.ok(built.log.some((line) => line.startsWith('&&&& PASSED')));
    t.equal(clock.pending, 0);
    const cache = build.request.timingCache ?? '';
    const first = readFileSync(cache, 'utf8');
    const again = await run();
    t.match(again.log.join('\n'), `Loaded ${first.length} bytes of timing cache`);
  });

  t.test('what this release offers is used, and nothing that it refuses', async (t) => {
    const newest = Number.parseInt(version, 10) >= 11;
    const request = {
      precision: 'int8',
      modelTypes: { float16: false, quantized: true },
      verbose: true,
    } as const;
    const { run, starts, build } = engineBuild(t, version, { request, batch: true, reads: true });
    build.effort = { workspaceMiB: 100, optimizationLevel: 2 };
    await run();
    const [line = ''] = starts();
    t.equal(/--int8 --fp16/.test(line), !newest);
    t.match(line, '--maxShapes=picture:4x4x4x3');
    t.match(line, '--memPoolSize=workspace:100');
  });

  const failures: [act: string, code: string, message: RegExp][] = [
    ['unsupported', 'ENGINE_UNSUPPORTED', /cannot take the whole model: .*NonMaxSuppression/],
    ['memory', 'ENGINE_MEMORY', /ran out of memory/],
    ['starved', 'ENGINE_MEMORY', /left out every kernel of a node/],
    ['killed', 'ENGINE_MEMORY', /was killed while building/],
    ['crash', 'ENGINE_BUILD', /was ended by SIGSEGV while building/],
    ['disk', 'ENGINE_DISK', /could not write the engine/],
    ['no-gpu', 'PROVIDER_UNAVAILABLE', /cannot use the GPU/],
    ['no-verdict', 'ENGINE_BUILD', /status 0 and without a verdict/],
    ['no-file', 'ENGINE_BUILD', /is not there/],
    ['no-mark', 'ENGINE_BUILD', /is none of TensorRT/],
    ['other-plan', 'PROVIDER_UNAVAILABLE', /but the library here is/],
  ];
  // It says no size before that, so nothing tells.
  if (!version.startsWith('8.5')) failures.push(['cut', 'ENGINE_DISK', /is cut off/]);
  t.test('every failure has its code and its way out, and leaves nothing', async (t) => {
    for (const [act, code, message] of failures) {
      const { run, left, starts, clock } = engineBuild(t, version, { act });
      await t.rejects(run(), { code, message, hint: /\w/, log: [/^&&&& RUNNING/] }, act);
      t.same(left(), [], `${act} leaves nothing`);
      t.equal(starts().length, code === 'ENGINE_MEMORY' ? 2 : 1, `${act} is tried so often`);
      t.equal(clock.pending, 0);
    }
  });

  t.test('what runs out of memory is built with less', async (t) => {
    for (const act of ['memory', 'killed']) {
      const { run, starts } = engineBuild(t, version, { act, needsMiB: 300 });
      const { attempts } = await run();
      t.match(attempts, [
        { workspaceMiB: 1024, failure: /memory/ },
        { workspaceMiB: 256, failure: undefined },
      ]);
      t.match(starts()[1], 'workspace:256');
      t.equal(/--builderOptimizationLevel=2/.test(starts()[1] ?? ''), !version.startsWith('8.5'));
    }
  });

  t.test('a timing cache of another version or in pieces is left out, and replaced', async (t) => {
    const { run, build } = engineBuild(t, version);
    const cache = build.request.timingCache ?? '';
    writeFileSync(cache, 'half of someth');
    const { attempts } = await run();
    t.match(attempts, [{ failure: /timing cache/ }, { workspaceMiB: 1024, failure: undefined }]);
    t.match(readFileSync(cache, 'utf8'), `timings of ${version}`);
  });

  t.test('a build that hangs or is cancelled ends, and leaves nothing', async (t) => {
    const controller = new AbortController();
    const cancelled = engineBuild(t, version, { act: 'hang', signal: controller.signal });
    const hung = engineBuild(t, version, { act: 'hang' });
    const ends = Promise.all([
      t.rejects(cancelled.run(), { code: 'ENGINE_CANCELLED', message: /stopped while building/ }),
      t.rejects(hung.run(), { code: 'ENGINE_BUILD', message: /said nothing for too long while building/ }),
    ]);
    const building = ({ progress }: typeof hung) => progress.some(({ phase }) => phase === 'building');
    await until(() => building(cancelled) && building(hung));
    controller.abort();
    hung.clock.advance(60_000);
    await ends;
    t.same([...cancelled.left(), ...hung.left()], []);
    const seconds = hung.progress.filter(({ elapsedMs }) => elapsedMs > 0);
    t.ok(seconds.length >= 59, 'it was told on every second');
    t.notOk(existsSync(cancelled.build.request.timingCache ?? ''));
  });
}
