/**
 * The subscriber of a proof: books of all that it hears, back at a broker before any device is let in. It is two: a broker
 * that is killed resets connections on which acknowledgements of the subscriber wait unread, and with them goes what it has
 * just sent. The second one acknowledges nothing (QoS 0), so that all that a broker sent before its end is heard by one.
 */
import { Ledger } from '../reconcile-parts/ledger.mjs';
import { subscribed } from '../reconcile-parts/subscription.mjs';

const BASE = 'proof';
const SETTLE_MS = 60_000;
const MOST_SPARE = 500_000;
const COMING_BACK = {
  ...{ protocolVersion: 5, reconnectPeriod: 20, connectTimeout: 2000, keepalive: 15, resubscribe: false },
};

export class Books {
  ledger = new Ledger({ base: BASE, fromStart: true });
  #connection;
  #second;
  #secondHere = false;
  #spare = [];
  /** Messages that only the second one heard. */
  bySecond = 0;
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
    await Promise.all([this.#startFirst(url, session), this.#startSecond(url)]);
  }

  async #startSecond(url) {
    const options = {
      ...COMING_BACK,
      clean: true,
      clientId: `second-${process.pid}-${Date.now().toString(36)}`,
    };
    this.#second = await subscribed(
      { url, filters: [`${BASE}/#`], qos: 0, options },
      {
        say: () => {},
        take: ({ topic, payload, retain }) => {
          if (this.#spare.length < MOST_SPARE)
            this.#spare.push({ topic, payload, qos: 1, retain, second: true });
        },
        lost: () => {
          this.#secondHere = false;
        },
        back: () => {
          this.#secondHere = true;
          this.#tellBack();
        },
      },
    );
  }

  async #startFirst(url, session) {
    this.#session = session;
    const lasting = session === undefined ? {} : { sessionExpiryInterval: 3600 };
    const options = {
      ...COMING_BACK,
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
      this.#tellBack();
    };
    this.#url = url;
    const where = { url, filters: [`${BASE}/#`], options };
    this.#connection = await subscribed(where, { say: () => {}, take, lost, back });
  }

  /** It goes away; what comes meanwhile is kept for its session. */
  async leave() {
    await Promise.all([this.#connection.close(), this.#second.close()]);
    this.#here = false;
    this.#secondHere = false;
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
    return this.#allHere ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  get #allHere() {
    return this.#here && this.#secondHere;
  }

  #tellBack() {
    if (this.#allHere) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Waits until nothing is unaccounted for, as long as that makes sense; the report, whatever it is. */
  async settled(limitMs = SETTLE_MS) {
    const until = performance.now() + limitMs;
    for (;;) {
      this.#fill(until);
      const report = this.ledger.report();
      if (report.totals.unaccounted === 0 || performance.now() > until) return report;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** What the first did not get, as soon as it is sure that it will not come to it any more. */
  #fill(until) {
    const open = this.ledger.report().totals.unaccounted;
    if (open === 0 || performance.now() < Math.min(until, this.#heardAt + 2000)) return;
    for (const message of this.#spare.splice(0)) this.ledger.take(message);
    this.bySecond += open - this.ledger.report().totals.unaccounted;
  }

  async close() {
    await Promise.all([this.#connection?.close(), this.#second?.close()]);
  }
}
