/**
 * One self test under way: the real daemon as a child process, and a subscriber that hears it through the
 * broker as anybody else would. It ends after the time to measure, or with the first fault that makes
 * measuring pointless; either way nothing of it stays behind, on this machine or on the broker.
 */
import type { Clock, Timer } from '../base/clock.js';
import { ERROR_CODES, type ErrorCode } from '../base/error-codes.js';
import { DetectdError } from '../base/errors.js';
import { brokerUrls } from '../publish/broker-address.js';
import { type BrokerConnection, hangUp, within } from '../publish/broker-connection.js';
import { BrokerDialer } from '../publish/broker-dialer.js';
import { Topics } from '../publish/topics.js';
import { DaemonProcess, type LogLine } from './daemon-process.js';
import { SELFTEST_NAME, type SelftestPlan } from './selftest-config.js';
import { parsed, readSelftestMessage, record } from './selftest-message.js';
import { SelftestTally } from './selftest-tally.js';

export interface SelftestSessionOptions {
  plan: SelftestPlan;
  /** Path of the plan's configuration file. */
  configFile: string;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  signal: AbortSignal;
  /** To measure, from the first detections message on. */
  measureMs: number;
  /** Patience until then. */
  startMs: number;
  /** Once a second while it measures. */
  onSecond: (frames: number) => void;
}

/** What the daemon says about its model. */
export interface SelftestModel {
  version: string;
  digest: string;
  provider: string;
  /** Arithmetic that it computes in. */
  arithmetic: string;
  labels: string[];
}

const DIAL_MS = 10_000;
const CLEAN_MS = 2000;
/** Retained topics of one daemon with one camera; more of them are somebody else's. */
const MOST_TOPICS = 256;
const ENDED = 'The daemon ended by itself.';

export class SelftestSession {
  readonly #options: SelftestSessionOptions;
  readonly #topics: Topics;
  readonly #dialer = new BrokerDialer();
  readonly #timers: Timer[] = [];
  readonly #retained = new Set<string>();
  readonly tally = new SelftestTally();
  /** Ends of workers after the first detections message. */
  readonly workerFaults: DetectdError[] = [];
  model: SelftestModel | undefined;
  #connection: BrokerConnection | undefined;
  #over = false;
  /** What the daemon's log said last. */
  #lastWord = 'nothing';
  #settle: { done: () => void; failed: (error: DetectdError) => void } | undefined;

  constructor(options: SelftestSessionOptions) {
    this.#options = options;
    this.#topics = new Topics(options.plan.mqtt.base, options.plan.device);
  }

  /** Rejects with what kept it from measuring, or the reason of the signal; the tally is good in any case. */
  async run(): Promise<void> {
    const { plan, configFile, env, clock, signal, startMs } = this.#options;
    const measured = new Promise<void>((resolve, reject) => {
      this.#settle = { done: resolve, failed: reject };
    });
    // It may fail while something else is waited for.
    measured.catch(() => {});
    const daemon = new DaemonProcess({
      args: ['run', '-c', configFile],
      env: { ...env, ...plan.env },
      signal,
      onLog: (line) => this.#onLog(line),
    });
    let life: Promise<void> | undefined;
    try {
      if (plan.mqtt.broker !== 'embedded') await this.#listen(brokerUrls(plan.mqtt));
      life = daemon.run();
      // Counted in seconds that were lived through: a machine that was suspended gets its patience back.
      let left = startMs;
      const tick = (): void => {
        left -= 1000;
        if (left <= 0) this.#fail(this.#silence());
      };
      this.#timers.push(clock.every(1000, tick));
      const ended = life.then(() => this.#fail(new DetectdError('WORKER_CRASHED', ENDED)));
      await Promise.race([measured, ended]);
      await measured;
      this.#over = true;
      daemon.stop();
      await life;
    } finally {
      this.#over = true;
      for (const timer of this.#timers) timer.cancel();
      if (life !== undefined) {
        daemon.stop();
        await life.catch(() => {});
      }
      await this.#leave();
    }
  }

  async #listen(url: string | readonly string[]): Promise<void> {
    const { plan, clock, signal } = this.#options;
    const config = plan.mqtt;
    const clientId = `${config.client_id}-reader`;
    const dial = { config, url, clientId, timeoutMs: DIAL_MS, clock, signal };
    const connection = await this.#dialer.connect(dial);
    this.#connection = connection;
    void connection.over.then((reason) => {
      // An embedded broker goes with its daemon, whose end says more.
      if (!this.#over && config.broker !== 'embedded')
        this.#fail(reason ?? new DetectdError('MQTT_UNREACHABLE', 'The broker hung up.'));
    });
    const cut = (): void => connection.destroy();
    signal.addEventListener('abort', cut);
    try {
      await connection.subscribe([`${this.#topics.root}/#`], (topic, payload) =>
        this.#onMessage(topic, payload),
      );
    } finally {
      signal.removeEventListener('abort', cut);
    }
  }

  #onLog({ msg, code, hint, address }: LogLine): void {
    if (typeof msg !== 'string' || this.#over) return;
    this.#lastWord = msg;
    if (msg === 'embedded MQTT broker listens' && typeof address === 'string')
      this.#listen(address).catch((thrown) => this.#fail(DetectdError.from(thrown)));
    if (typeof code !== 'string' || !Object.hasOwn(ERROR_CODES, code)) return;
    const fault = /^(?:worker failed|camera "[^"]*" is \w+): (.+)$/s.exec(msg)?.[1];
    if (fault === undefined) return;
    const error = new DetectdError(code as ErrorCode, fault, typeof hint === 'string' ? hint : undefined);
    if (this.tally.frames === 0) this.#fail(error);
    else if (this.workerFaults.length < 20) this.workerFaults.push(error);
  }

  #onMessage(topic: string, payload: Buffer): void {
    if (topic === this.#topics.detections(SELFTEST_NAME)) {
      if (!this.#over) this.#onDetections(payload);
      return;
    }
    if (this.#retained.size < MOST_TOPICS) this.#retained.add(topic);
    const message = record(parsed(payload));
    if (topic === this.#topics.info) this.model = modelOf(message) ?? this.model;
  }

  #onDetections(payload: Buffer): void {
    const { clock, measureMs, onSecond } = this.#options;
    const message = readSelftestMessage(payload);
    if (message === undefined) {
      this.tally.addUnreadable();
      return;
    }
    this.tally.add(message, clock.wallMs(), clock.monotonicUs());
    if (this.tally.frames > 1) return;
    for (const timer of this.#timers.splice(0)) timer.cancel();
    this.#timers.push(clock.after(measureMs, () => this.#settle?.done()));
    this.#timers.push(clock.every(1000, () => onSecond(this.tally.frames)));
  }

  #fail(error: DetectdError): void {
    this.#settle?.failed(error);
  }

  /** Nothing came, and nobody said why in a way that ends the run. */
  #silence(): DetectdError {
    const { startMs } = this.#options;
    const { unreadable } = this.tally.figures();
    const others = unreadable === 0 ? '' : ` ${unreadable} came that hold no truth.`;
    return new DetectdError(
      'WORKER_HUNG',
      `No detections message came within ${Math.round(startMs / 1000)} s.${others} The daemon said last: ${this.#lastWord}`,
      'Run "detectd doctor"; allow a slow machine more with --timeout.',
    );
  }

  /** Takes what the daemon left on the broker away, and says goodbye. */
  async #leave(): Promise<void> {
    const { plan, clock } = this.#options;
    const connection = this.#connection;
    if (connection === undefined) return;
    if (plan.mqtt.broker !== 'embedded') {
      const cleared = [...this.#retained].map(
        (topic) =>
          new Promise<void>((resolve) => {
            connection.send(topic, '', { qos: 1, retain: true }, () => resolve());
          }),
      );
      await within(clock, CLEAN_MS, Promise.all(cleared), connection.over);
    }
    await hangUp(connection, clock);
  }
}

function modelOf(info: Record<string, unknown> | undefined): SelftestModel | undefined {
  const model = record(record(info?.['models'])?.[SELFTEST_NAME]);
  const { version, digest, provider, precision: arithmetic, labels } = model ?? {};
  if (typeof version !== 'string' || typeof digest !== 'string') return undefined;
  if (typeof provider !== 'string' || typeof arithmetic !== 'string') return undefined;
  const known = Array.isArray(labels) ? labels.filter((label) => typeof label === 'string') : [];
  return { version, digest, provider, arithmetic, labels: known };
}
