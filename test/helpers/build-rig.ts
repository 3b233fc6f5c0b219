/**
 * A builder on a bundle of a few nodes, with a program that behaves as trtexec and, in place of TensorRT, the CPU:
 * what an engine of TensorRT computes can be changed on the way out.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type BuilderParts, buildEngine } from '../../dist/builder/build-engine.js';
import type { ProofSession } from '../../dist/builder/contender.js';
import { openBundle } from '../../dist/bundle/bundle.js';
import { type DeviceInfo, UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import type { BuildProgress, EngineWish } from '../../dist/core/engine.js';
import type { TensorValue } from '../../dist/core/prepared-graph.js';
import type { Precision, ProviderName } from '../../dist/core/worker-plan.js';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { engineChoices } from '../../dist/engines/engine-choice.js';
import { PREPARATION_VERSION, prepareGraph } from '../../dist/graph/prepare.js';
import { Session } from '../../dist/inference/session.js';
import type { BuildJob } from '../../dist/ipc/builder-protocol.js';
import { FakeClock } from './fake-clock.js';
import { modelPlan } from './plans.js';
import { type TinyBundleOptions, tinyBundle } from './tiny-bundle.js';

const TRTEXEC = join(import.meta.dirname, '../fixtures/trtexec/trtexec.mjs');

export interface BuildRigOptions {
  provider?: ProviderName;
  precision?: Precision;
  bundle?: TinyBundleOptions;
  device?: Partial<DeviceInfo>;
  /** What trtexec does, see the stand-in. */
  act?: string;
  /** Changes the outputs of an engine of TensorRT of that precision. */
  distort?: (precision: Precision, outputs: TensorValue[]) => void;
  again?: boolean;
  maxBatch?: number;
  signal?: AbortSignal;
}

export async function buildRig(t: Pick<Test, 'testdir'>, options: BuildRigOptions = {}) {
  const { provider = 'cpu', precision = 'fp32', act = 'build', again = false, maxBatch = 1 } = options;
  const root = t.testdir({ cache: {} });
  const cacheFolder = join(root, 'cache');
  const device: DeviceInfo = {
    ...UNKNOWN_DEVICE,
    ...{ architecture: 'arm64', tensorrt: '10.3.0.30', computeCapability: '8.7', onnxruntime: '1.30.0' },
    onnxruntimeProviders: 'tensorrt, cuda, cpu',
    ...options.device,
  };
  const path = tinyBundle(join(root, 'bundle'), options.bundle);
  const model = modelPlan({ bundle: path, provider, precision });
  const bundle = await openBundle(path, cacheFolder);
  const choices = engineChoices({
    ...{ bundle, mode: 'live', format: 'RGB', device, precision, maxBatch, providers: [provider] },
    preparation: PREPARATION_VERSION,
  });
  const wishes = choices.map(({ wish }) => wish);
  const clock = new FakeClock();
  const progress: BuildProgress[] = [];
  const opened: string[] = [];
  const record = join(root, 'record');

  /** Arguments of each start of trtexec. */
  const starts = (): string[][] =>
    existsSync(record)
      ? readFileSync(record, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => (JSON.parse(line) as { args: string[] }).args)
      : [];

  const openSession: BuilderParts['openSession'] = async (file, { provider: on, ...rest }) => {
    opened.push(`${on} ${typeof file === 'string' ? file.split('/').at(-1) : 'graph'}`);
    if (on !== 'tensorrt') return Session.load(file, { provider: 'cpu', ...rest });
    const args = starts().at(-1) ?? [];
    const which = args.includes('--int8') ? 'int8' : args.includes('--fp16') ? 'fp16' : 'fp32';
    const { model: graph } = prepareGraph(readFileSync(bundle.modelPath), bundle.inferCfg, {
      ...{ mode: 'live', format: 'RGB', processor: 'gpu', where: 'the engine' },
    });
    const session = await Session.load(graph, { ...rest, provider: 'cpu', built: false });
    return distorted(session, (outputs) => options.distort?.(which, outputs));
  };

  const job = (wish: EngineWish, change: Partial<BuildJob> = {}): BuildJob => ({
    ...{ model, wish, device, cacheFolder, maxBytes: 1e9, maxBatch, again, ...change },
  });
  const build = (wish = wishes[0] as EngineWish, change: Partial<BuildJob> = {}) => {
    const parts: BuilderParts = {
      clock,
      env: {
        ...process.env,
        TRTEXEC_VERSION: device.tensorrt ?? '',
        TRTEXEC_ACT: act,
        TRTEXEC_RECORD: record,
      },
      signal: options.signal ?? new AbortController().signal,
      trtexec: TRTEXEC,
      limits: { silenceMs: 60_000, totalMs: 600_000, stopMs: 1000, cancelMs: 500 },
      freeMemory: async () => ({ availableMiB: 4096, gpuFreeMiB: undefined }),
      openSession,
      onProgress: (each) => progress.push(each),
    };
    return buildEngine(job(wish, change), parts);
  };
  return {
    ...{ build, job, wishes, clock, progress, opened, device, bundlePath: path, cacheFolder },
    cache: new EngineCache({ folder: cacheFolder, maxBytes: 1e9 }),
    /** Names in the folder of engines. */
    left: () => {
      const engines = join(cacheFolder, 'engines');
      return existsSync(engines) ? readdirSync(engines) : [];
    },
    starts,
  };
}

function distorted(session: Session, change: (outputs: TensorValue[]) => void): ProofSession {
  return {
    inputs: session.inputs,
    outputs: session.outputs,
    run: async (feeds) => {
      const outputs = await session.run(feeds);
      change(outputs);
      return outputs;
    },
    release: () => session.release(),
  };
}
