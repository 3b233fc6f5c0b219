/**
 * The real daemon with four cameras whose every detection is stored, a real mosquitto with TLS and the subscriber that
 * keeps the books; what breaks is in publishing-faults.mjs.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SoakedDaemon } from '../soak-parts/daemon.mjs';
import { freePort } from './programs.mjs';
import { Books } from './publishing-books.mjs';
import { Broker } from './publishing-broker.mjs';
import { brokerCertificates } from './publishing-certificates.mjs';
import { Gate } from './publishing-gate.mjs';
import { FAR } from './publishing-network.mjs';

export const DEVICE = 'whole';
const CAMERAS = 4;
const FPS = 4;
const START_MS = 60_000;
/** For the session of the subscriber, while it is away. */
const SESSION = 'books';

export class Stage {
  folder;
  books = new Books();
  daemon;
  broker;
  gate;
  certificates;
  /** Of the broker, for the device. */
  url;
  #tlsPort;
  #keepaliveS = 5;
  /** When each message of a number came last, by the time that it says. */
  #newestMs = 0;
  #waiting = new Set();

  constructor(folder) {
    this.folder = folder;
  }

  async start() {
    const [port, tlsPort] = [await freePort(), await freePort()];
    this.#tlsPort = tlsPort;
    this.certificates = brokerCertificates(this.folder, ['127.0.0.1', FAR.device]);
    this.broker = new Broker(this.folder, port, []);
    this.gate = new Gate(() => ({ host: '127.0.0.1', port: tlsPort }));
    await this.gate.start();
    this.#arrange({});
    await this.broker.start();
    this.books.onMessage = ({ payload }) => this.#heard(payload);
    await this.books.start(this.broker.url, { session: SESSION });
    const daemonFolder = join(this.folder, 'daemon');
    mkdirSync(daemonFolder);
    this.daemon = new SoakedDaemon(daemonFolder);
    this.url = `mqtts://127.0.0.1:${this.gate.port}`;
    this.daemon.start(this.configuration(this.url), () => {});
    if (!(await this.since(Date.now() - 1000, START_MS))) throw new Error('no camera gave a detection');
  }

  /** A reload with another setting of the connection: attempts to connect are soon again after each other. */
  async fresh() {
    this.#keepaliveS = this.#keepaliveS === 5 ? 6 : 5;
    this.daemon.write(this.configuration(this.url));
    this.daemon.signal('SIGHUP');
    if ((await this.since(Date.now() + 200, START_MS)) === undefined)
      throw new Error('nothing comes any more');
  }

  configuration(broker) {
    const cameras = Array.from({ length: CAMERAS }, (_, index) => [
      `cam${index + 1}`,
      { source: `test:shapes?fps=${FPS}&seed=${index + 1}`, model: 'shapes', fps: FPS },
    ]);
    const daemonFolder = join(this.folder, 'daemon');
    return {
      device: { id: DEVICE },
      log: { format: 'json' },
      paths: { state: join(daemonFolder, 'state'), cache: join(daemonFolder, 'cache') },
      mqtt: {
        broker,
        base: this.books.base,
        keepalive_s: this.#keepaliveS,
        ca: this.certificates.ca,
        username: DEVICE,
      },
      outbox: { store: ['events', 'tracks', 'detections'], replay_per_s: 400 },
      models: { shapes: { bundle: resolve('config/bundles/shapes'), threads: 1, threshold: 0.5 } },
      cameras: Object.fromEntries(cameras),
    };
  }

  /** Settings of the broker from its next start on. */
  #arrange({ certificate = this.certificates.good, more = [] }) {
    const { key } = this.certificates;
    this.broker.settings = [
      'allow_anonymous true',
      ...more,
      `listener ${this.#tlsPort} 0.0.0.0`,
      `certfile ${certificate}`,
      `keyfile ${key}`,
    ];
  }

  get tlsPort() {
    return this.#tlsPort;
  }

  /**
   * Ends the broker and starts it again; the device is let in when the subscriber is back, unless it is `away`.
   * `start`: where it runs, as Broker.start() takes it.
   */
  async restart(signal, { away = false, downMs = 300, start, ...settings } = {}) {
    this.gate.shut();
    await this.broker.end(signal);
    this.#arrange(settings);
    await sleep(downMs);
    await this.broker.start(start);
    if (!away) await this.books.back();
    this.gate.open();
  }

  /** The device is cut off, and the broker has handed on all that it took. */
  async quiet() {
    this.gate.close();
    await this.books.quiet();
  }

  /** An access list, in a file of its own. */
  accessList(lines) {
    const file = join(this.folder, 'acl');
    // Others may not read it, or mosquitto complains.
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    return `acl_file ${file}`;
  }

  /** Waits for a message that was made after `wallMs`; how long that took after now, undefined where too long. */
  since(wallMs, limitMs) {
    const start = performance.now();
    if (this.#newestMs > wallMs) return Promise.resolve(0);
    return new Promise((resolve) => {
      const end = (result) => {
        clearTimeout(timer);
        this.#waiting.delete(hear);
        resolve(result);
      };
      const hear = (madeMs) => {
        if (madeMs > wallMs) end(performance.now() - start);
      };
      const timer = setTimeout(() => end(undefined), limitMs);
      this.#waiting.add(hear);
    });
  }

  async close() {
    await this.daemon?.stop();
    await this.books.close();
    await this.broker?.end('SIGKILL');
    await this.gate?.end();
  }

  #heard(payload) {
    const made = /"ts":"([^"]+)"/.exec(payload.toString());
    if (made === null) return;
    this.#newestMs = Math.max(this.#newestMs, Date.parse(made[1]));
    for (const hear of [...this.#waiting]) hear(Date.parse(made[1]));
  }
}
