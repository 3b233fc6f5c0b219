/**
 * `detectd status`: what a running daemon says about itself, read from its retained messages. Asks the
 * broker, not the process, so it works from any machine that has the configuration.
 */
import { hostname } from 'node:os';
import { Command } from 'commander';
import { type Clock, systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { deviceId, findConfig } from '../config/folders.js';
import { loadConfig } from '../config/load.js';
import type { MqttConfig } from '../config/schema.js';
import { type DeviceState, readDeviceState } from '../publish/device-state.js';
import type { ModelStatePayload } from '../publish/model-state-payload.js';
import { wholeNumber } from './arguments.js';
import { textTable } from './text-table.js';

interface StatusOptions {
  config?: string;
  json: boolean;
  timeout: number;
}

export function statusCommand(io: CommandIo): Command {
  return new Command('status')
    .description('print what the running daemon says about itself')
    .option('-c, --config <file>', 'configuration file of the daemon')
    .option('--json', 'print one JSON object', false)
    .option('--timeout <seconds>', 'patience with the broker', wholeNumber(0, 600), 3)
    .action((options: StatusOptions) => status(io, options));
}

async function status(io: CommandIo, options: StatusOptions): Promise<void> {
  const { config } = await loadConfig(options.config ?? (await findConfig(io.env)), { env: io.env });
  const device = deviceId(config, hostname());
  const state = await readState(config.mqtt, device, Math.max(1, options.timeout) * 1000);
  io.out(options.json ? `${JSON.stringify(state)}\n` : statusTable(state, systemClock));
  const ended = endedError(state);
  if (ended) throw ended;
}

async function readState(mqtt: MqttConfig, device: string, timeoutMs: number): Promise<DeviceState> {
  if (mqtt.broker === 'embedded' && mqtt.embedded.port === 0) {
    throw new DetectdError(
      'NOT_RUNNING',
      'The embedded broker takes a free port with every start, so it cannot be found.',
      'Give mqtt.embedded.port a fixed number.',
    );
  }
  let state: DeviceState;
  try {
    state = await readDeviceState(mqtt, device, { timeoutMs });
  } catch (thrown) {
    const error = DetectdError.from(thrown);
    if (mqtt.broker !== 'embedded' || error.code !== 'MQTT_UNREACHABLE') throw error;
    // The embedded broker lives and dies with the daemon.
    throw notRunning(`No daemon listens on ${mqtt.embedded.host}:${mqtt.embedded.port}.`);
  }
  const silent = !state.status && !state.info && Object.keys(state.cameras).length === 0;
  if (silent) throw notRunning(`No daemon has published a status for the device "${device}".`);
  return state;
}

function notRunning(message: string): DetectdError {
  return new DetectdError(
    'NOT_RUNNING',
    message,
    'Start it with "detectd run", and check that device.id, mqtt.broker and mqtt.base are those of the daemon.',
  );
}

function endedError({ status, device }: DeviceState): DetectdError | undefined {
  if (status?.state !== 'stopped' && status?.state !== 'lost') return undefined;
  const how = status.state === 'stopped' ? 'was stopped' : 'is gone without having said so';
  return new DetectdError(
    'NOT_RUNNING',
    `The daemon of "${device}" ${how}.`,
    status.state === 'stopped' ? 'Start it with "detectd run".' : 'Look into its log, and at its network.',
  );
}

/** The state for people: the daemon, its models, its cameras. */
export function statusTable(state: DeviceState, clock: Pick<Clock, 'wallMs'>): string {
  const { status, info, cameras } = state;
  const facts: string[][] = [['device', state.device]];
  if (status) {
    facts.push(['state', withReason(status.state, status.reason)]);
    // The date of a last will is that of the connection which was lost.
    const since = status.state === 'lost' ? 'last connected' : 'since';
    facts.push([since, `${status.ts} (${elapsed(clock.wallMs() - Date.parse(status.ts))})`]);
  } else {
    facts.push(['state', 'unknown: no status is retained']);
  }
  if (info) facts.push(['version', `${info.version}, Node ${info.node}, ${info.platform}`]);
  const models = Object.entries(info?.models ?? {}).map(([name, model]) => {
    const size = `${model.input?.w}x${model.input?.h}`;
    const provider = model.precision === undefined ? model.provider : `${model.provider} ${model.precision}`;
    const now = Object.hasOwn(state.models, name) ? modelText(state.models[name]) : undefined;
    return [name, model.version, provider, model.family, size, model.labels?.length, now];
  });
  const names = [...new Set([...(info?.cameras ?? []), ...Object.keys(cameras)])];
  const rows = names.map((name) => {
    const camera = Object.hasOwn(cameras, name) ? cameras[name] : undefined;
    if (camera === undefined) return [name, undefined, undefined, 'unknown'];
    return [name, camera.fps, camera.reconnects, withReason(camera.state, camera.reason)];
  });
  return [
    textTable(facts),
    models.length > 0
      ? `\n${textTable([['MODEL', 'VERSION', 'PROVIDER', 'FAMILY', 'INPUT', 'LABELS', 'STATE'], ...models])}`
      : '',
    rows.length > 0 ? `\n${textTable([['CAMERA', 'FPS', 'RECONNECTS', 'STATE'], ...rows])}` : '',
  ].join('');
}

/** `building the tensorrt fp16 engine, 34 %; cuda is not used: …`. */
function modelText(model: ModelStatePayload | undefined): string | undefined {
  if (model === undefined) return undefined;
  const { phase, provider, precision, percent, elapsed_s: seconds, last_error: error } = model;
  const engine = provider === undefined ? '' : ` the ${provider} ${precision} engine`;
  const far = percent === undefined ? (seconds === undefined ? '' : `, ${seconds} s`) : `, ${percent} %`;
  return [
    `${phase}${engine}${far}`,
    ...(typeof error?.message === 'string' ? [error.message] : []),
    ...model.steps_down.map((step) => `${step.provider} is not used: ${step.reason}`),
  ].join('; ');
}

function withReason(state: string, reason: string | undefined): string {
  return reason ? `${state}: ${reason}` : state;
}

function elapsed(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  if (!Number.isFinite(seconds)) return 'at an unknown time';
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days} d ${hours} h ago`;
  if (hours > 0) return `${hours} h ${minutes} min ago`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s ago` : `${seconds} s ago`;
}
