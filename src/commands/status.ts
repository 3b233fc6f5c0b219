/**
 * `detectd status`: what a running daemon says about itself, read from its retained messages. Asks the
 * broker, not the process, so it works from any machine that has the configuration.
 */
import { hostname } from 'node:os';
import { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { printableJson } from '../base/printable.js';
import { deviceId, findConfig } from '../config/folders.js';
import { loadConfig } from '../config/load.js';
import type { MqttConfig } from '../config/schema.js';
import type { DeviceState } from '../publish/device-book.js';
import { readDeviceState } from '../publish/device-state.js';
import { seconds, wholeNumber } from './arguments.js';
import type { Interruption } from './interruption.js';
import { statusFacts } from './status-facts.js';
import { statusLines } from './status-view.js';
import { textWidth, watchStatus } from './status-watch.js';
import { looks, rendered } from './styled-text.js';

interface StatusOptions {
  config?: string;
  json: boolean;
  timeout: number;
  /** true: as often as makes sense. */
  watch?: number | true;
}

export function statusCommand(io: CommandIo, interruption: Pick<Interruption, 'guard'>): Command {
  return new Command('status')
    .description('print what the running daemon says about itself')
    .option('-c, --config <file>', 'configuration file of the daemon')
    .option(
      '--watch [seconds]',
      'stay, and show what changes as it does, at most this often',
      seconds(0.1, 3600),
    )
    .option('--json', 'print one JSON object; with --watch one line for each change', false)
    .option('--timeout <seconds>', 'patience with the broker', wholeNumber(0, 600), 3)
    .action((options: StatusOptions) => status(io, interruption, options));
}

async function status(
  io: CommandIo,
  interruption: Pick<Interruption, 'guard'>,
  options: StatusOptions,
): Promise<void> {
  const { config } = await loadConfig(options.config ?? (await findConfig(io.env)), { env: io.env });
  const device = deviceId(config, hostname());
  const timeoutMs = Math.max(1, options.timeout) * 1000;
  if (options.watch !== undefined) {
    const intervalMs = options.watch === true ? undefined : options.watch * 1000;
    requireFixedPort(config.mqtt);
    const watch = { mqtt: config.mqtt, device, clock: systemClock, intervalMs, timeoutMs };
    await interruption.guard((signal) =>
      watchStatus(io, { ...watch, json: options.json, streams: process }, signal),
    );
    return;
  }
  const state = await readState(config.mqtt, device, timeoutMs);
  io.out(options.json ? `${printableJson(state)}\n` : statusText(io, state));
  const ended = endedError(state);
  if (ended) throw ended;
}

function statusText(io: CommandIo, state: DeviceState): string {
  const look = looks(io.env, io.isTerminal);
  const lines = statusLines(statusFacts(state), { width: textWidth(io), nowMs: systemClock.wallMs() });
  return lines.map((each) => `${rendered(each, look)}\n`).join('');
}

function requireFixedPort(mqtt: MqttConfig): void {
  if (mqtt.broker !== 'embedded' || mqtt.embedded.port !== 0) return;
  throw new DetectdError(
    'NOT_RUNNING',
    'The embedded broker takes a free port with every start, so it cannot be found.',
    'Give mqtt.embedded.port a fixed number.',
  );
}

async function readState(mqtt: MqttConfig, device: string, timeoutMs: number): Promise<DeviceState> {
  requireFixedPort(mqtt);
  let state: DeviceState;
  try {
    state = await readDeviceState(mqtt, device, { timeoutMs });
  } catch (thrown) {
    const error = DetectdError.from(thrown);
    if (mqtt.broker !== 'embedded' || error.code !== 'MQTT_UNREACHABLE') throw error;
    // The embedded broker lives and dies with the daemon.
    throw notRunning(`No daemon listens on ${mqtt.embedded.host}:${mqtt.embedded.port}.`);
  }
  const silent = !state.status && !state.info && !state.health && Object.keys(state.cameras).length === 0;
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
