/**
 * An MQTT client of its own that collects what a test waits for. Whatever a device says must fit the schema of its topic;
 * what does not fails the test.
 */
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { Test } from 'tap';
import { messageFault } from './payload-check.js';

export interface Message {
  topic: string;
  text: string;
  retain: boolean;
  properties?: { messageExpiryInterval?: number };
}

export class MqttWatcher {
  readonly client: MqttClient;
  readonly messages: Message[] = [];
  /** What does not fit its schema; the first few. */
  readonly faults: string[] = [];
  #wake: (() => void)[] = [];

  constructor(client: MqttClient) {
    this.client = client;
    client.on('error', () => {});
    client.on('message', (topic, payload, { retain, properties }) => {
      const fault = this.faults.length < 5 ? messageFault(topic, payload) : undefined;
      if (fault !== undefined) this.faults.push(fault);
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
      while (this.faults.length === 0 && !enough(this.messages)) {
        if (late) throw new Error(`not in time; last: ${JSON.stringify(this.messages.slice(-3))}`);
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
      this.mustFit();
      return this.messages;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Throws what does not. */
  mustFit(): void {
    if (this.faults.length > 0) throw new Error(`against their schema: ${this.faults.join('\n')}`);
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
  const watcher = new MqttWatcher(client);
  t.teardown(async () => {
    await client.endAsync(true);
    watcher.mustFit();
  });
  await client.subscribeAsync(filter, { qos: 1 });
  return watcher;
}
