/** From the configuration to what a worker is told: only enabled cameras and the models they use. Pure. */

import { join } from 'node:path';
import { type DeviceInfo, UNKNOWN_DEVICE } from '../core/device-info.js';
import type { PreprocessMode } from '../core/prepared-graph.js';
import type {
  CameraPlan,
  ModelPlan,
  ProviderName,
  WorkerModelPlan,
  WorkerPlan,
} from '../core/worker-plan.js';
import { type Folders, recordingFolders } from './folders.js';
import { parseModelSource } from './model-source.js';
import type { CameraConfig, Config, ModelConfig, TrackingConfig } from './schema.js';
import { parseSource } from './source.js';

/** Workers are sized for cameras by this many, so that one more seldom means another worker. */
const CAMERA_STEP = 8;

/** Cameras send a picture that needs no other at least this often in seconds, as a rule. */
export const KEY_FRAME_S = 15;

/** Timers end at 2^31 ms; nobody waits longer than a day for a picture. */
const MOST_INTERVAL_MS = 86_400_000;

export type UsedModel = Omit<WorkerModelPlan, 'providers'>;

export interface PlanOptions {
  /** How the daemon's own logs look; default: by `log.format`, JSON for `auto`. */
  pretty?: boolean;
  measureCpu?: boolean;
  /** Default: nothing is known. */
  device?: DeviceInfo;
  /** Those of each model to be trusted here, best first; default: what is configured, the CPU for `auto`. */
  providers?: (model: ModelPlan) => ProviderName[];
  /**
   * Absolute path of the version of a model that is to serve; undefined while there is none, and its cameras wait.
   * Default: the bundle itself where it is used in its place.
   */
  bundleOf?: (name: string, model: ModelConfig) => string | undefined;
  /** A model that is part of the plan even if no camera uses it. */
  also?: string;
}

/** `configDir` is what relative paths in the configuration refer to. Throws CONFIG_INVALID on a bad source. */
export function workerPlan(
  config: Config,
  folders: Pick<Folders, 'cache'>,
  configDir: string,
  options: PlanOptions = {},
): WorkerPlan {
  const { providers = configuredProvider, bundleOf = inPlace(configDir) } = options;
  const models = usedModels(config, options.also).flatMap(({ modes, ...model }) => {
    const bundle = bundleOf(model.name, config.models[model.name] as ModelConfig);
    if (bundle === undefined) return [];
    return [{ ...model, ...faintThreshold(config.tracking), bundle, modes, providers: providers(model) }];
  });
  const loaded = new Set(models.map(({ name }) => name));
  return {
    models,
    cameras: enabledCameras(config)
      .filter(([, { model }]) => loaded.has(model))
      .map(([name, camera]) => ({
        ...cameraPlan(name, camera, configDir),
        ...recordingPlan(name, config, folders),
      })),
    cameraCapacity: Math.max(1, Math.ceil(enabledCameras(config).length / CAMERA_STEP)) * CAMERA_STEP,
    cacheFolder: folders.cache,
    maxEngineBytes: config.engines.max_size_mb * 1e6,
    device: options.device ?? UNKNOWN_DEVICE,
    log: { level: config.log.level, pretty: options.pretty ?? prettyLogs(config, false) },
    measureCpu: options.measureCpu ?? false,
  };
}

function inPlace(configDir: string): NonNullable<PlanOptions['bundleOf']> {
  return (_name, { bundle }) => {
    const source = parseModelSource(bundle, configDir);
    return source.kind === 'place' ? source.path : undefined;
  };
}

/** Those who follow objects want to know of more than is told. */
function faintThreshold({ enabled, low_conf_thres: faint }: TrackingConfig): Pick<ModelPlan, 'faint'> {
  return enabled ? { faint } : {};
}

function configuredProvider({ provider }: ModelPlan): ProviderName[] {
  return [provider === 'auto' ? 'cpu' : provider];
}

/** Every camera, and whether it is to be open. */
export function cameraSwitches({ cameras }: Pick<Config, 'cameras'>): { name: string; enabled: boolean }[] {
  return Object.entries(cameras).map(([name, { enabled }]) => ({ name, enabled }));
}

/** Whether logs are written for people. */
export function prettyLogs(config: Pick<Config, 'log'>, isTerminal: boolean): boolean {
  return config.log.format === 'auto' ? isTerminal : config.log.format === 'pretty';
}

/** The models of enabled cameras, and the one named `also`, in the order of the configuration. */
export function usedModels(config: Config, also?: string): UsedModel[] {
  const cameras = enabledCameras(config).map(([, camera]) => camera);
  return Object.entries(config.models).flatMap(([name, model]) => {
    const used = modesOf(cameras.filter((one) => one.model === name));
    const modes: PreprocessMode[] = used.length === 0 && name === also ? ['live'] : used;
    return modes.length === 0 ? [] : [{ ...modelPlan(name, model), modes }];
  });
}

/** One model, its bundle as the configuration writes it. */
export function modelPlan(name: string, model: ModelConfig): ModelPlan {
  const { bundle, threshold, precision, provider, threads, dla_core: dlaCore } = model;
  const { max_batch: maxBatch, batch_wait_ms: batchWaitMs } = model;
  return {
    name,
    bundle,
    threshold,
    precision,
    provider,
    threads,
    ...(dlaCore === undefined ? {} : { dlaCore }),
    ...(maxBatch === 1 ? {} : { maxBatch, batchWaitMs }),
  };
}

function enabledCameras(config: Config): [string, CameraConfig][] {
  return Object.entries(config.cameras).filter(([, camera]) => camera.enabled);
}

/** What is cut into tiles must arrive at its own size. */
function modesOf(cameras: CameraConfig[]): PreprocessMode[] {
  const modes: PreprocessMode[] = [];
  if (cameras.some(({ slicing }) => slicing === undefined)) modes.push('live');
  if (cameras.some(({ slicing }) => slicing !== undefined)) modes.push('exact');
  return modes;
}

function cameraPlan(name: string, camera: CameraConfig, configDir: string): CameraPlan {
  const { rtsp_transport: rtspTransport, rtsp_latency_ms: rtspLatencyMs, codec } = camera;
  const options = { rtspTransport, rtspLatencyMs, ...(codec === 'auto' ? {} : { codec }), folder: configDir };
  return {
    name,
    source: parseSource(camera.source, options),
    model: camera.model,
    fps: camera.fps,
    everyFrame: camera.every_frame,
    loop: camera.loop,
    stallTimeoutMs: Math.round(camera.stall_timeout_s * 1000 + frameIntervalMs(camera)),
    ...(camera.frozen_after_s === 0 ? {} : { frozenAfterMs: camera.frozen_after_s * 1000 }),
    ...(camera.black_after_s === 0 ? {} : { blackAfterMs: camera.black_after_s * 1000 }),
    slicing: camera.slicing,
    ...(camera.weight === 1 ? {} : { weight: camera.weight }),
    ...cameraView(camera),
  };
}

/** Nothing where pictures are analysed as they come. */
function cameraView({ region, rotate }: CameraConfig): Pick<CameraPlan, 'view'> {
  if (region === undefined && rotate === 0) return {};
  return { view: { ...(region === undefined ? {} : { region }), ...(rotate === 0 ? {} : { rotate }) } };
}

/** Enough to find a whole picture from which what is wanted can begin. */
function recordingPlan(
  name: string,
  config: Config,
  folders: Pick<Folders, 'cache'>,
): Pick<CameraPlan, 'recording'> {
  const recording = config.cameras[name]?.recording;
  if (recording === undefined) return {};
  const { buffer } = recordingFolders(config, { state: '', ...folders });
  const seconds = Math.ceil(recording.before_s) + KEY_FRAME_S;
  return { recording: { folder: join(buffer, name), seconds } };
}

/** A camera that is asked for a frame now and then is not stalled in between. */
function frameIntervalMs({ fps }: CameraConfig): number {
  return fps === undefined ? 0 : Math.min(1000 / fps, MOST_INTERVAL_MS);
}
