/** A round trip through the broker: connect, subscribe, publish, receive. What `doctor` tells about MQTT. */
import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { MqttConfig } from '../config/schema.js';
import { brokerUrls } from './broker-address.js';
import { type BrokerConnection, hangUp, type MqttVersion } from './broker-connection.js';
import { BrokerDialer } from './broker-dialer.js';
import { Topics } from './topics.js';

export type BrokerCheck =
  | {
      ok: true;
      /** From publishing a message to receiving it. */
      roundTripMs: number;
      protocol: MqttVersion;
    }
  | { ok: false; error: DetectdError };

export interface BrokerCheckOptions {
  /** For the connection, and again for the round trip. */
  timeoutMs: number;
  /** Where the broker is. Default: as configured, of several the first that can be used. */
  url?: string;
  clock?: Clock;
  /** Aborted, it ends at once. */
  signal?: AbortSignal;
  dialer?: Pick<BrokerDialer, 'connect'>;
}

/** Never rejects. Uses a client identifier and a topic of its own, so that a running daemon is not disturbed. */
export async function checkBroker(
  config: MqttConfig,
  device: string,
  options: BrokerCheckOptions,
): Promise<BrokerCheck> {
  const { timeoutMs, signal, clock = systemClock, dialer = new BrokerDialer() } = options;
  const token = randomBytes(6).toString('hex');
  let connection: BrokerConnection | undefined;
  const cut = (): void => connection?.destroy();
  try {
    const topic = new Topics(config.base, device).check(token);
    connection = await dialer.connect({
      config,
      url: options.url ?? brokerUrls(config),
      clientId: `${config.client_id ?? `detectd-${device}`}-check-${token}`,
      timeoutMs,
      clock,
      ...(signal === undefined ? {} : { signal }),
    });
    signal?.addEventListener('abort', cut);
    const roundTripMs = await roundTrip(connection, topic, token, timeoutMs, clock);
    return { ok: true, roundTripMs, protocol: connection.version };
  } catch (thrown) {
    return { ok: false, error: DetectdError.from(thrown, 'MQTT_UNREACHABLE') };
  } finally {
    signal?.removeEventListener('abort', cut);
    if (connection) await hangUp(connection, clock);
  }
}

function roundTrip(
  connection: BrokerConnection,
  topic: string,
  token: string,
  timeoutMs: number,
  clock: Clock,
): Promise<number> {
  let sentAtUs = 0;
  return new Promise<number>((resolve, reject) => {
    const timer = clock.after(timeoutMs, () => reject(notForwarded(connection.display, topic)));
    const settled = <T>(settle: (value: T) => void) => {
      return (value: T) => {
        timer.cancel();
        settle(value);
      };
    };
    const failed = settled(reject);
    const received = settled(resolve);
    connection.over.then((reason) => failed(reason ?? notForwarded(connection.display, topic)), failed);
    connection
      .subscribe([topic], (_topic, payload) => {
        if (payload.toString() === token) received((clock.monotonicUs() - sentAtUs) / 1000);
      })
      .then(() => {
        sentAtUs = clock.monotonicUs();
        connection.send(topic, token, { qos: 1, retain: false }, (error) => {
          if (error) failed(error);
        });
      })
      .catch(failed);
  });
}

/** Brokers drop what their access rules forbid without a word. */
function notForwarded(display: string, topic: string): DetectdError {
  return new DetectdError(
    'MQTT_REFUSED',
    `The MQTT broker ${display} accepts the connection, but does not return a message on ${topic}.`,
    'Allow this user to publish and subscribe below the base topic in the access rules of the broker.',
  );
}
