/**
 * What `detectd doctor` asks of a configuration: folders, broker, models and cameras, each tried for real.
 * Models and cameras are opened in child processes, a few at a time.
 */
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';
import { ensureFolder } from '../base/writable-folder.js';
import { findElements, pixelFormat } from '../capture/elements.js';
import { launchCommand } from '../capture/launch-syntax.js';
import { describePipeline } from '../capture/pipeline-string.js';
import { deviceId, type Folders } from '../config/folders.js';
import type { LoadedConfig } from '../config/load.js';
import type { MqttConfig } from '../config/schema.js';
import type { Slicing } from '../core/slicing.js';
import type { PixelRegion } from '../core/view.js';
import type { CameraPlan, ModelPlan, WorkerPlan } from '../core/worker-plan.js';
import { tileGrid } from '../inference/tiles.js';
import { brokerUrls, parseBrokerAddress } from '../publish/broker-address.js';
import { checkBroker } from '../publish/broker-check.js';
import { DetectorHost, type DetectorOptions } from '../supervisor/detector-host.js';
import { type ProbeOptions, probe } from '../supervisor/probe.js';
import { type Finding, failure, fault, passed } from './finding.js';
import { checkOutbox } from './outbox-check.js';
import { recordingFinding } from './recording-check.js';

export interface ConfigCheckOptions {
  loaded: LoadedConfig;
  folders: Folders;
  plan: WorkerPlan;
  /** Patience with the broker and with each camera. */
  timeoutMs: number;
  probeOptions: (timeoutMs: number) => ProbeOptions;
  detector: Pick<DetectorOptions, 'module' | 'env' | 'clock' | 'signal'>;
}

/** Each is a process with a GStreamer or an ONNX Runtime of its own. */
const AT_ONCE = 4;
/** Old boards take a minute for a large model. */
const MODEL_TIMEOUT_MS = 180_000;
/** Room for a few engines. */
const ENOUGH_BYTES = 512 * 2 ** 20;

export async function* configChecks(options: ConfigCheckOptions): AsyncGenerator<Finding, void> {
  const { loaded, folders, plan, timeoutMs } = options;
  const state = await checkFolder('state', folders.state);
  yield state;
  yield checkFolder('cache', folders.cache);
  if (state.state !== 'failed') yield checkOutbox(loaded.config.outbox, folders.state);
  yield* inOrder(brokerUrls(loaded.config.mqtt), (url) => checkMqtt(loaded, timeoutMs, url));
  yield* inOrder(plan.models, (model) => checkModel(model, options));
  yield* inOrder(plan.cameras, (camera) => checkCamera(camera, options));
  yield* checkRecordings(plan.cameras);
}

/** Runs a few at a time and yields what comes of them in the order given; `check` must not throw. */
async function* inOrder<T>(items: T[], check: (item: T) => Promise<Finding>): AsyncGenerator<Finding, void> {
  const running: Promise<Finding>[] = [];
  for (const item of items) {
    running.push(check(item));
    if (running.length === AT_ONCE) yield (await running.shift()) as Finding;
  }
  for (const finding of running) yield await finding;
}

async function checkFolder(name: 'state' | 'cache', path: string): Promise<Finding> {
  const check = `${name} folder`;
  try {
    await ensureFolder(path, `paths.${name}`);
    const { bavail, bsize } = await statfs(path);
    return folderFinding(check, path, bavail * bsize);
  } catch (error) {
    return failure(check, error);
  }
}

export function folderFinding(check: string, path: string, freeBytes: number): Finding {
  const free = `${(freeBytes / 1e9).toFixed(1)} GB free`;
  if (freeBytes >= ENOUGH_BYTES) return passed(check, `${path} can be written, ${free}`);
  return fault(check, 'warning', `${path} has only ${free}`, 'Free some space; engines and models need it.');
}

async function checkMqtt(loaded: LoadedConfig, timeoutMs: number, url: string): Promise<Finding> {
  const check = 'mqtt broker';
  const { mqtt } = loaded.config;
  if (mqtt.broker === 'embedded') return checkEmbedded(check, mqtt.embedded);
  const answer = await checkBroker(mqtt, deviceId(loaded.config, hostname()), { timeoutMs, url });
  if (!answer.ok) return failure(check, answer.error);
  const which = Array.isArray(mqtt.broker) ? `${parseBrokerAddress(url).display}: ` : '';
  return passed(check, `${which}round trip in ${answer.roundTripMs.toFixed(1)} ms, MQTT ${answer.protocol}`);
}

async function checkEmbedded(check: string, { host, port }: MqttConfig['embedded']): Promise<Finding> {
  const error = await listenError(host, port);
  if (error === undefined) return passed(check, `embedded, on ${host}:${port} when the daemon runs`);
  if (systemCode(error) === 'EADDRINUSE')
    return fault(
      check,
      'warning',
      `something listens on ${host}:${port} already; that is fine when it is detectd itself`,
      'Otherwise end it, or set "mqtt.embedded.port" to another port.',
    );
  return fault(
    check,
    'failed',
    `the embedded broker cannot listen on ${host}:${port}: ${messageOf(error)}`,
    'Set "mqtt.embedded.host" to an address of this machine and "mqtt.embedded.port" to a free port.',
  );
}

function listenError(host: string, port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

async function checkModel(model: ModelPlan, options: ConfigCheckOptions): Promise<Finding> {
  const check = `model ${model.name}`;
  const host = new DetectorHost({
    ...options.detector,
    model,
    scratchFolder: options.plan.cacheFolder,
  });
  try {
    const { family, networkWidth, networkHeight, labels, provider, loadMs } =
      await host.start(MODEL_TIMEOUT_MS);
    return passed(
      check,
      `${family}, ${networkWidth}×${networkHeight}, ${labels.length} labels, ready in ${loadMs} ms on ${provider}`,
    );
  } catch (error) {
    return failure(check, error);
  } finally {
    await host.close();
  }
}

async function* checkRecordings(cameras: readonly CameraPlan[]): AsyncGenerator<Finding, void> {
  for (const camera of cameras.filter(({ recording }) => recording !== undefined)) {
    const found = await findElements().then(
      (elements) => recordingFinding(camera, elements),
      (error) => failure(`recording ${camera.name}`, error),
    );
    if (found !== undefined) yield found;
  }
}

async function checkCamera(plan: CameraPlan, options: ConfigCheckOptions): Promise<Finding> {
  const check = `camera ${plan.name}`;
  const { timeoutMs } = options;
  // The camera's own word on what is wrong comes before the process is given up on.
  const { recording: _, ...bare } = plan;
  const patient = { ...bare, stallTimeoutMs: Math.min(plan.stallTimeoutMs, 0.8 * timeoutMs) };
  try {
    const answer = await probe({ type: 'camera', plan: patient }, options.probeOptions(timeoutMs));
    const tiles = plan.slicing === undefined ? [] : [tilesOf(plan.slicing, answer.region ?? answer)];
    const parts = [...viewOf(plan, answer), ...tiles, `first frame after ${answer.openMs} ms`];
    return { ...passed(check, parts.join(', ')), launch: launchCommand(answer.pipeline) };
  } catch (error) {
    return { ...failure(check, silent(error, timeoutMs)), ...(await unasked(plan)) };
  }
}

/** What would be played as far as that is known without the camera. */
async function unasked({ source, view, fps }: CameraPlan): Promise<Pick<Finding, 'launch'>> {
  try {
    const elements = await findElements();
    const target = { kind: 'source-size', format: pixelFormat(elements) } as const;
    const input = { source, target, fps, everyFrame: false, ...(view === undefined ? {} : { view }) };
    return { launch: launchCommand(describePipeline(input, elements)) };
  } catch {
    return {};
  }
}

function viewOf(
  { view }: CameraPlan,
  { width, height, region }: { width: number; height: number; region?: PixelRegion },
): string[] {
  const turned = view?.rotate === undefined ? [] : [`turned by ${view.rotate}°`];
  const part =
    region === undefined ? [] : [`of that ${region.width}×${region.height} from ${region.x}, ${region.y} on`];
  return [`${width}×${height}`, ...turned, ...part];
}

/** Throws SLICING_TOO_FINE. How many they are by the size of the network is known to the model alone. */
function tilesOf({ tile, overlap }: Slicing, picture: { width: number; height: number }): string {
  if (tile === 'auto') return 'in tiles';
  return `in ${tileGrid(picture, { width: tile, height: tile }, overlap).length} tiles`;
}

function silent(thrown: unknown, timeoutMs: number): unknown {
  if (!(thrown instanceof DetectdError) || thrown.code !== 'WORKER_HUNG') return thrown;
  return new DetectdError(
    'CAMERA_OPEN',
    `It gave no picture within ${timeoutMs / 1000} s.`,
    'Check that it is switched on, reachable and not used by another program; --timeout waits longer.',
    { cause: thrown },
  );
}
