/** What a device has told the broker about itself: its retained messages, read as any other client would. */
import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { MqttConfig } from '../config/schema.js';
import { brokerUrl } from './broker-address.js';
import { hangUp } from './broker-connection.js';
import { BrokerDialer } from './broker-dialer.js';
import type { ModelStatePayload } from './model-state-payload.js';
import type { CameraStatusPayload, InfoPayload, StatusPayload } from './payloads.js';
import { Topics } from './topics.js';

export interface DeviceState {
  device: string;
  /** Undefined where nothing is retained. */
  status: StatusPayload | undefined;
  info: InfoPayload | undefined;
  cameras: Record<string, CameraStatusPayload>;
  models: Record<string, ModelStatePayload>;
}

export interface ReadDeviceStateOptions {
  /** For the connection, and again for the messages. */
  timeoutMs: number;
  clock?: Clock;
  dialer?: Pick<BrokerDialer, 'connect'>;
}

/** Waits until all that the device lists has come, or the time is over. Rejects when the broker cannot be used. */
export async function readDeviceState(
  config: MqttConfig,
  device: string,
  options: ReadDeviceStateOptions,
): Promise<DeviceState> {
  const { timeoutMs, clock = systemClock, dialer = new BrokerDialer() } = options;
  const topics = new Topics(config.base, device);
  const connection = await dialer.connect({
    config,
    url: brokerUrl(config),
    clientId: `${config.client_id ?? `detectd-${device}`}-status-${randomBytes(6).toString('hex')}`,
    timeoutMs,
    clock,
  });
  const state: DeviceState = { device, status: undefined, info: undefined, cameras: {}, models: {} };
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = clock.after(timeoutMs, resolve);
      const settle = (error?: DetectdError): void => {
        timer.cancel();
        if (error) reject(error);
        else resolve();
      };
      const receive = (topic: string, payload: Buffer): void => {
        take(state, topics, topic, payload);
        if (isComplete(state)) settle();
      };
      void connection.over.then(settle);
      connection
        .subscribe([topics.status, topics.info, topics.everyCameraStatus, topics.everyModelState], receive)
        .catch((error) => settle(DetectdError.from(error, 'MQTT_UNREACHABLE')));
    });
  } finally {
    await hangUp(connection, clock);
  }
  return state;
}

/** Puts one retained message in its place; anything that is not what detectd publishes is passed over. */
function take(state: DeviceState, topics: Topics, topic: string, payload: Buffer): void {
  const message = parsed(payload);
  if (message === undefined) return;
  if (topic === topics.status && typeof message['state'] === 'string') {
    state.status = message as unknown as StatusPayload;
  } else if (topic === topics.info && isInfo(message)) {
    state.info = message as unknown as InfoPayload;
  } else {
    const camera = topics.cameraOfStatus(topic);
    if (camera !== undefined && typeof message['state'] === 'string') put(state.cameras, camera, message);
    const model = topics.modelOfState(topic);
    if (model !== undefined && isModelState(message)) put(state.models, model, message);
  }
}

function put(record: object, name: string, value: unknown): void {
  if (!Object.hasOwn(record, name) && Object.keys(record).length >= 1024) return;
  // defineProperty: a camera may have any name, "__proto__" too.
  Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}

function isModelState({ phase, steps_down: stepsDown }: Record<string, unknown>): boolean {
  return typeof phase === 'string' && Array.isArray(stepsDown) && stepsDown.every(isRecord);
}

function isInfo({ cameras, models }: Record<string, unknown>): boolean {
  if (!Array.isArray(cameras) || !cameras.every((camera) => typeof camera === 'string')) return false;
  return isRecord(models) && Object.values(models).every(isRecord);
}

function isComplete({ status, info, cameras, models }: DeviceState): boolean {
  if (status === undefined || info === undefined) return false;
  if (!info.cameras.every((camera) => Object.hasOwn(cameras, camera))) return false;
  return Object.keys(info.models).every((model) => Object.hasOwn(models, model));
}

function parsed(payload: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(payload.toString());
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
