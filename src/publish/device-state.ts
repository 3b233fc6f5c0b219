/** What a device has told the broker about itself: its retained messages, read as any other client would. */
import { randomBytes } from 'node:crypto';
import { type Clock, systemClock, type Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { MqttConfig } from '../config/schema.js';
import { brokerUrls } from './broker-address.js';
import { hangUp, type PacketFacts } from './broker-connection.js';
import { BrokerDialer } from './broker-dialer.js';
import { DeviceBook, type DeviceState } from './device-book.js';
import { Topics } from './topics.js';

export interface ReadDeviceStateOptions {
  /** For the connection, and again for the messages. */
  timeoutMs: number;
  clock?: Clock;
  dialer?: Pick<BrokerDialer, 'connect'>;
}

/** For `health` when all else is there: a device that has just started, or an older one, has none. */
const HEALTH_MS = 300;

/** How one who looks at a device dials its broker; never with the device's own client id, which would end it. */
export function onlookerDial(config: MqttConfig, device: string, timeoutMs: number) {
  const name = config.client_id ?? `detectd-${device}`;
  const clientId = `${name}-status-${randomBytes(6).toString('hex')}`;
  return { config, url: brokerUrls(config), clientId, timeoutMs };
}

/** Waits until all that the device lists has come, or the time is over. Rejects when the broker cannot be used. */
export async function readDeviceState(
  config: MqttConfig,
  device: string,
  options: ReadDeviceStateOptions,
): Promise<DeviceState> {
  const { timeoutMs, clock = systemClock, dialer = new BrokerDialer() } = options;
  const book = new DeviceBook({ device, topics: new Topics(config.base, device), clock });
  const connection = await dialer.connect({ ...onlookerDial(config, device, timeoutMs), clock });
  const timers: Timer[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: DetectdError): void => (error ? reject(error) : resolve());
      timers.push(clock.after(timeoutMs, settle));
      const receive = (topic: string, payload: Buffer, { retained }: PacketFacts): void => {
        book.take(topic, payload, retained);
        if (!book.isComplete) return;
        if (book.state.health !== undefined) settle();
        else if (timers.length === 1) timers.push(clock.after(Math.min(HEALTH_MS, timeoutMs), settle));
      };
      void connection.over.then(settle);
      connection
        .subscribe(book.filters, receive)
        .catch((error) => settle(DetectdError.from(error, 'MQTT_UNREACHABLE')));
    });
  } finally {
    for (const timer of timers) timer.cancel();
    await hangUp(connection, clock);
  }
  return book.state;
}
