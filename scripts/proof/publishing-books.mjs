/** The subscriber of a proof: books of all that it hears, back at a broker before any device is let in. */
import { Ledger } from '../reconcile-parts/ledger.mjs';
import { subscribed } from '../reconcile-parts/subscription.mjs';

const BASE = 'proof';
const SETTLE_MS = 60_000;

export class Books {
  ledger = new Ledger({ base: BASE, fromStart: true });
  #connection;
  #url;
  #session;
  #here = false;
  #heardAt = 0;
  #waiting = [];
  /** Called with each message. */
  onMessage = () => {};
  heard = 0;

  get base() {
    return BASE;
  }

  /** `session`: the broker keeps messages for it while it is away. */
  async start(url, { session } = {}) {
    this.#session = session;
    const lasting = session === undefined ? {} : { sessionExpiryInterval: 3600 };
    const options = {
      ...{ protocolVersion: 5, reconnectPeriod: 20, connectTimeout: 2000, keepalive: 15, resubscribe: false },
      clean: session === undefined,
      clientId: session ?? `books-${process.pid}-${Date.now().toString(36)}`,
      properties: { receiveMaximum: 65_535, ...lasting },
    };
    const take = (message) => {
      this.heard += 1;
      this.#heardAt = performance.now();
      this.ledger.take(message);
      this.onMessage(message);
    };
    const lost = () => {
      this.#here = false;
    };
    const back = () => {
      this.#here = true;
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
    this.#url = url;
    const where = { url, filters: [`${BASE}/#`], options };
    this.#connection = await subscribed(where, { say: () => {}, take, lost, back });
  }

  /** It goes away; what comes meanwhile is kept for its session. */
  async leave() {
    await this.#connection.close();
    this.#here = false;
  }

  comeBack() {
    return this.start(this.#url, { session: this.#session });
  }

  /** To another broker. */
  async move(url) {
    await this.leave();
    await this.start(url, { session: this.#session });
  }

  /** Until nothing has come for a while. */
  async quiet(ms = 300) {
    const since = performance.now();
    while (performance.now() - Math.max(since, this.#heardAt) < ms)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** A device had a stream up to `last`, by the word of somebody else than the device's next start. */
  owe(end) {
    this.ledger.endsWith(end);
  }

  /** Until it is subscribed, again. */
  back() {
    return this.#here ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Waits until nothing is unaccounted for, as long as that makes sense; the report, whatever it is. */
  async settled(limitMs = SETTLE_MS) {
    const until = performance.now() + limitMs;
    for (;;) {
      const report = this.ledger.report();
      if (report.totals.unaccounted === 0 || performance.now() > until) return report;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async close() {
    await this.#connection?.close();
  }
}
