/** Hears some devices of the fleet: how old their messages are when they come, and whether a number is missing. */
import { decode } from 'cbor-x/decode';
import mqtt from 'mqtt';

export class Listener {
  #client;
  #heard = new Map();
  #ages = [];
  messages = 0;
  missing = 0;

  async start(url, filters, credentials) {
    this.#client = await mqtt.connectAsync(
      url,
      { reconnectPeriod: 0, protocolVersion: 5, ...credentials },
      false,
    );
    this.#client.on('message', (topic, payload) => this.#take(topic, payload));
    for (let at = 0; at < filters.length; at += 100)
      await this.#client.subscribeAsync(filters.slice(at, at + 100), { qos: 1 });
  }

  /** What was measured before is forgotten; numbers are not. */
  begin() {
    this.#ages = [];
    this.messages = 0;
    this.missing = 0;
  }

  /** Ages in milliseconds, to one millisecond: percentiles of them. */
  ages(...parts) {
    const sorted = this.#ages.toSorted((a, b) => a - b);
    return parts.map((part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]);
  }

  async close() {
    await this.#client?.endAsync(true);
  }

  #take(topic, payload) {
    const { seq, ts, boot_id: boot } = payload[0] === 0x7b ? JSON.parse(payload) : decode(payload);
    this.#ages.push(Date.now() - Date.parse(ts));
    this.messages += 1;
    const key = `${topic} ${boot}`;
    const before = this.#heard.get(key);
    if (before !== undefined && seq > before + 1) this.missing += seq - before - 1;
    this.#heard.set(key, seq);
  }
}
