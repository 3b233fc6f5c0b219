/**
 * Makes the files of an engine in a folder: for the CPU and CUDA the optimised graph, for TensorRT the plan that
 * trtexec builds and the model of one node that stands for it.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Bundle } from '../bundle/bundle.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { BuildPhase, EngineWish } from '../core/engine.js';
import type { PreparedGraph } from '../core/prepared-graph.js';
import type { ModelPlan } from '../core/worker-plan.js';
import type { FreeMemory } from '../device/free-memory.js';
import { workspaceMiB } from '../engines/build-attempt.js';
import { CONTEXT_MODEL, ENGINE_PLAN, OPTIMISED_MODEL } from '../engines/engine-files.js';
import { batchShapes } from '../engines/engine-request.js';
import { parseTensorrtVersion } from '../engines/tensorrt-version.js';
import { buildPlan } from '../engines/trtexec.js';
import { trtexecDialect } from '../engines/trtexec-dialect.js';
import type { TrtexecPhase } from '../engines/trtexec-output.js';
import type { TrtexecLimits } from '../engines/trtexec-process.js';
import { epContextModel } from '../graph/ep-context.js';
import { modelTypes } from '../graph/model-types.js';
import { graphSignature, readOnnx } from '../graph/onnx-file.js';
import { writeOptimised } from '../inference/session.js';

export interface EngineOrder {
  graph: PreparedGraph;
  bundle: Bundle;
  model: ModelPlan;
  wish: EngineWish;
  device: DeviceInfo;
  /** What the graph was opened to. */
  maxBatch: number;
  /** Where the files go; on the disk of the cache. */
  folder: string;
  /** Of all engines of this platform; its folder is there. */
  timingCache: string;
  /** Shared with trtexec, so that the key stays locked for as long as that lives. */
  lockFd: number;
}

export interface MakerTools {
  clock: Clock;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Path of trtexec; undefined where there is none. */
  trtexec: string | undefined;
  /** Asked just before it starts. */
  freeMemory: () => Promise<FreeMemory>;
  limits?: TrtexecLimits;
  onPhase: (phase: BuildPhase, attempt: number) => void;
}

export interface MadeEngine {
  /** File in the folder that a session is opened on. */
  file: string;
  phasesMs: Record<string, number>;
  notes: string[];
  log: string[];
}

const PHASES: Record<TrtexecPhase, BuildPhase> = {
  starting: 'parsing',
  parsing: 'parsing',
  building: 'building',
  saving: 'building',
  testing: 'loading',
  done: 'loading',
};
const SCRATCH_MODEL = 'prepared.onnx';

/** Throws MODEL_LOAD, PROVIDER_UNAVAILABLE and what buildPlan() throws; the caller removes the folder then. */
export function makeEngine(order: EngineOrder, tools: MakerTools): Promise<MadeEngine> {
  return order.wish.provider === 'tensorrt' ? makePlan(order, tools) : makeOptimised(order, tools);
}

async function makeOptimised({ graph, bundle, model, wish, folder }: EngineOrder, tools: MakerTools) {
  tools.onPhase('building', 1);
  const startedUs = tools.clock.monotonicUs();
  await writeOptimised(graph.model, join(folder, OPTIMISED_MODEL), {
    provider: wish.provider,
    threads: model.threads,
    where: bundle.modelPath,
  });
  const building = (tools.clock.monotonicUs() - startedUs) / 1000;
  return { file: OPTIMISED_MODEL, phasesMs: { building }, notes: [], log: [] };
}

async function makePlan(order: EngineOrder, tools: MakerTools): Promise<MadeEngine> {
  const { graph, bundle, model, wish, device, maxBatch, folder, timingCache, lockFd } = order;
  const { clock, env, signal, trtexec, freeMemory, limits, onPhase } = tools;
  const { tensorrt } = device;
  if (tensorrt === undefined || trtexec === undefined) throw noBuilder(tensorrt);
  const onnx = readOnnx(graph.model, bundle.modelPath);
  const { inputs } = graphSignature(onnx);
  const scratch = join(folder, SCRATCH_MODEL);
  await writeFile(scratch, graph.model);
  const built = await buildPlan(
    {
      program: trtexec,
      tensorrt,
      request: {
        model: scratch,
        inputs,
        shapes: batchShapes(inputs, maxBatch),
        precision: wish.precision,
        modelTypes: modelTypes(onnx),
        timingCache,
        ...(bundle.calibrationPath === undefined ? {} : { calibration: bundle.calibrationPath }),
        ...(model.dlaCore === undefined ? {} : { dlaCore: model.dlaCore }),
      },
      effort: {
        workspaceMiB: workspaceMiB(await freeMemory()),
        optimizationLevel: undefined,
      },
      folder,
    },
    {
      ...{ clock, env, signal, lockFd },
      ...(limits === undefined ? {} : { limits }),
      onProgress: ({ phase, attempt }) => onPhase(PHASES[phase], attempt),
    },
  );
  await rm(scratch);
  const { computeCapability } = device;
  const context = epContextModel(onnx, { engine: ENGINE_PLAN, computeCapability, tensorrt: built.version });
  await writeFile(join(folder, CONTEXT_MODEL), context);
  const failures = built.attempts.flatMap(({ failure }) => failure ?? []);
  return {
    file: CONTEXT_MODEL,
    phasesMs: built.phasesMs,
    notes: [...failures.map((failure) => `Tried again: ${failure}`), ...built.notes],
    log: built.log,
  };
}

/** Whether this version takes the precision from the model alone, so that the graph has to be in float16. */
export function wantsTypedGraph({ tensorrt }: DeviceInfo): boolean {
  const version = tensorrt === undefined ? undefined : parseTensorrtVersion(tensorrt);
  return version !== undefined && trtexecDialect(version)?.precisionFlags === false;
}

function noBuilder(tensorrt: string | undefined): DetectdError {
  return tensorrt === undefined
    ? new DetectdError(
        'PROVIDER_UNAVAILABLE',
        'TensorRT is not installed here.',
        'Install JetPack with TensorRT ("detectd doctor" names the packages), or set provider: cuda or cpu.',
      )
    : new DetectdError(
        'PROVIDER_UNAVAILABLE',
        `trtexec, which builds the engines of TensorRT ${tensorrt}, is not installed here.`,
        'Install the package libnvinfer-bin of JetPack, or set provider: cuda or cpu.',
      );
}
