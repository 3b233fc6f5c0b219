/**
 * The way to a broker that can be closed: a relay on a port of its own. Closed it refuses, so that devices come back only
 * after a subscriber is there; what a broker takes while nobody listens is gone, and would be held against the device.
 */
import { connect, createServer } from 'node:net';

export class Gate {
  #target;
  #server;
  #pairs = new Set();
  #open = true;
  /** Milliseconds that each piece travels, one way. */
  delayMs = 0;
  port;

  /** `target`: `{ port, host }` of the broker, asked for each connection. */
  constructor(target) {
    this.#target = target;
  }

  get url() {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async start() {
    this.#server = createServer((near) => this.#relay(near));
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
  }

  /** Refuses from now on. */
  shut() {
    this.#open = false;
  }

  /** Cuts what is connected, and refuses. */
  close() {
    this.shut();
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  open() {
    this.#open = true;
  }

  async end() {
    this.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #relay(near) {
    if (!this.#open) {
      near.destroy();
      return;
    }
    const far = connect(this.#target());
    const pair = [near, far];
    this.#pairs.add(pair);
    for (const [one, other] of [pair, pair.toReversed()]) {
      one.setNoDelay(true);
      one.on('error', () => {});
      one.on('close', () => {
        this.#pairs.delete(pair);
        other.destroy();
      });
      one.on('data', (chunk) => {
        const write = () => other.destroyed || other.write(chunk) || this.#pause(one, other);
        if (this.delayMs > 0) setTimeout(write, this.delayMs);
        else write();
      });
    }
  }

  #pause(from, to) {
    from.pause();
    to.once('drain', () => from.resume());
  }
}
