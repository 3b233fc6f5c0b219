/** An MQTT client of its own that collects what a test waits for. */
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { Test } from 'tap';

export interface Message {
  topic: string;
  text: string;
  retain: boolean;
  properties?: { messageExpiryInterval?: number };
}

export class MqttWatcher {
  readonly client: MqttClient;
  readonly messages: Message[] = [];
  #wake: (() => void)[] = [];

  constructor(client: MqttClient) {
    this.client = client;
    client.on('error', () => {});
    client.on('message', (topic, payload, { retain, properties }) => {
      this.messages.push({ topic, text: payload.toString(), retain, ...(properties ? { properties } : {}) });
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  /** The first message, past or future, that fits; rejects after `deadlineMs`. */
  async until(fits: (message: Message) => boolean, deadlineMs = 20_000): Promise<Message> {
    const found = await this.collect((messages) => messages.some(fits), deadlineMs);
    return found.find(fits) as Message;
  }

  /** Every message once `enough` of them have come. */
  async collect(enough: (messages: Message[]) => boolean, deadlineMs = 20_000): Promise<Message[]> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      for (const wake of this.#wake.splice(0)) wake();
    }, deadlineMs);
    try {
      while (!enough(this.messages)) {
        if (late) throw new Error(`not in time; last: ${JSON.stringify(this.messages.slice(-3))}`);
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
      return this.messages;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Connects to `url` and subscribes to `filter`. */
export async function mqttWatcher(
  t: Test,
  url: string,
  filter: string,
  options: IClientOptions = {},
): Promise<MqttWatcher> {
  const client = await connectAsync(url, { reconnectPeriod: 0, protocolVersion: 5, ...options }, false);
  t.teardown(() => client.end(true));
  const watcher = new MqttWatcher(client);
  await client.subscribeAsync(filter, { qos: 1 });
  return watcher;
}
