/**
 * What a subscriber sees of the daemon: per camera how many messages came, which numbers are missing and how long it
 * was quiet. It comes back to a broker by itself. Numbers missing while the broker was away count apart: messages of
 * QoS 0 die with it, and the daemon numbers what it hands to its connection.
 */
import mqtt from 'mqtt';

const RECONNECT_MS = 100;

export class Detections {
  #client;
  #cameras = new Map();
  #waiting = new Set();
  #boots = new Set();
  /** Numbers that go missing now do so because the broker was away. */
  brokerAway = false;
  counts = { messages: 0, bytes: 0, gaps: 0, missing: 0, missingAway: 0, outOfOrder: 0 };

  get boots() {
    return this.#boots.size;
  }

  async start(url) {
    this.#client = mqtt.connect(url, { reconnectPeriod: RECONNECT_MS, connectTimeout: 2000 });
    this.#client.on('error', () => {});
    this.#client.on('connect', () => this.#client.subscribe('#', { qos: 1 }, () => {}));
    this.#client.on('message', (topic, payload) => {
      this.counts.messages += 1;
      this.counts.bytes += payload.length;
      if (topic.endsWith('/detections')) this.#take(JSON.parse(payload.toString()));
    });
  }

  close() {
    this.#client?.end(true);
  }

  get connected() {
    return this.#client?.connected === true;
  }

  /** Per camera: detections so far. */
  totals() {
    return Object.fromEntries([...this.#cameras].map(([camera, { total }]) => [camera, total]));
  }

  /**
   * Waits until each camera has a detection captured after `wallMs`; true unless that took longer than `limitMs`.
   */
  async since(cameras, wallMs, limitMs) {
    const lacking = new Set(cameras);
    for (const camera of cameras)
      if ((this.#cameras.get(camera)?.capturedMs ?? 0) > wallMs) lacking.delete(camera);
    if (lacking.size === 0) return true;
    return new Promise((resolve) => {
      const waiter = ({ camera, capturedMs }) => {
        if (capturedMs > wallMs) lacking.delete(camera);
        if (lacking.size === 0) end(true);
      };
      const timer = setTimeout(() => end(false), limitMs);
      const end = (found) => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        resolve(found);
      };
      this.#waiting.add(waiter);
    });
  }

  /** From now on the longest quiet time of each camera is noted; the function returns the longest of `cameras`. */
  watchPauses() {
    const now = performance.now();
    for (const entry of this.#cameras.values()) entry.pauseMs = 0;
    return (cameras) =>
      Math.max(
        0,
        ...cameras.map((camera) => {
          const { pauseMs = 0, at = now } = this.#cameras.get(camera) ?? {};
          return Math.max(pauseMs, performance.now() - at);
        }),
      );
  }

  #take({ camera, seq, ts, boot_id: boot }) {
    this.#boots.add(boot);
    const at = performance.now();
    const entry = this.#cameras.get(camera) ?? { seq: undefined, total: 0, at, pauseMs: 0 };
    const step = entry.seq === undefined ? 1 : seq - entry.seq;
    if (step <= 0) this.counts.outOfOrder += 1;
    else if (step > 1 && this.brokerAway) this.counts.missingAway += step - 1;
    else if (step > 1) {
      this.counts.gaps += 1;
      this.counts.missing += step - 1;
    }
    const capturedMs = Date.parse(ts);
    const pauseMs = Math.max(entry.pauseMs, at - entry.at);
    this.#cameras.set(camera, { seq, total: entry.total + 1, at, pauseMs, capturedMs });
    for (const waiter of [...this.#waiting]) waiter({ camera, capturedMs });
  }
}
