/**
 * A connection on which messages that may be what ends connections (see suspects.ts) are sent alone: when all others are
 * acknowledged, and behind a ping, so that nothing else can have been the reason. Others are sent as always.
 */
import type { Clock, Timer } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { BrokerConnection, MqttVersion, Receive, SendOptions } from './broker-connection.js';
import { closesError, mayBlameMessage, type Sent, type Suspects } from './suspects.js';

type Acknowledged = ((error?: DetectdError) => void) | undefined;

interface Trial extends Sent {
  payload: string | Buffer;
  options: SendOptions;
  acknowledged: Acknowledged;
  sentUs?: number;
}

/** More suspects than were under way at once there are not. */
const MAX_TRIALS = 256;

export class CarefulConnection implements BrokerConnection {
  readonly version: MqttVersion;
  readonly display: string;
  readonly over: Promise<DetectdError | undefined>;
  readonly #connection: BrokerConnection;
  readonly #suspects: Suspects;
  readonly #clock: Clock;
  readonly #sinceUs: number;
  /** By name. */
  readonly #underWay = new Map<string, Sent>();
  /** The broker has acknowledged something. */
  #served = false;
  /** To be sent alone, when the connection has lasted. */
  #trials: Trial[] = [];
  #trial: Trial | undefined;
  /** QoS 0, until the trial is over. */
  #held: [topic: string, payload: string | Buffer, options: SendOptions][] = [];
  #heldBytes = 0;
  #holding = false;
  #timer: Timer | undefined;
  #over = false;

  constructor(connection: BrokerConnection, suspects: Suspects, clock: Clock) {
    this.#connection = connection;
    this.#suspects = suspects;
    this.#clock = clock;
    this.#sinceUs = clock.monotonicUs();
    this.version = connection.version;
    this.display = connection.display;
    this.over = connection.over.then((reason) => {
      this.#end(reason);
      return reason;
    });
  }

  get maxPacketBytes(): number {
    return this.#connection.maxPacketBytes;
  }

  get maxInFlight(): number {
    return this.#connection.maxInFlight;
  }

  get certificateEndsMs(): number | undefined {
    return this.#connection.certificateEndsMs;
  }

  get inFlight(): number {
    const { inFlight, maxInFlight } = this.#connection;
    // Until one is acknowledged nobody knows that the broker serves at all.
    const waits = this.#trials.length > 0 && (this.#served || inFlight > 0);
    const full = this.#trial !== undefined || waits || this.#trials.length >= MAX_TRIALS;
    return full ? Math.max(inFlight, maxInFlight) : inFlight;
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes + this.#heldBytes;
  }

  tooLarge(topic: string, payload: string | Buffer): boolean {
    return this.#suspects.tooLarge(topic, Buffer.byteLength(payload));
  }

  send(
    topic: string,
    payload: string | Buffer,
    options: SendOptions,
    acknowledged?: Acknowledged,
    name: string = topic,
  ): void {
    if (options.qos === 0) {
      if (this.#holding) this.#hold(topic, payload, options);
      else this.#connection.send(topic, payload, options);
      acknowledged?.();
      return;
    }
    const sent = { name, topic, bytes: Buffer.byteLength(payload) };
    const code = this.#suspects.verdict(sent);
    if (code !== undefined) acknowledged?.(closesError(sent, this.display, code));
    else if (this.#suspects.has(sent)) {
      this.#trials.push({ ...sent, payload, options, acknowledged });
      this.#nextTrial();
    } else this.#send(sent, payload, options, acknowledged);
  }

  whenRoom(room: () => void): void {
    this.#connection.whenRoom(room);
  }

  ping(answered: () => void): void {
    this.#connection.ping(answered);
  }

  subscribe(filters: string[], receive: Receive): Promise<void> {
    return this.#connection.subscribe(filters, receive);
  }

  unsubscribe(filters: string[]): void {
    this.#connection.unsubscribe(filters);
  }

  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  #send(sent: Sent, payload: string | Buffer, options: SendOptions, acknowledged: Acknowledged): void {
    this.#underWay.set(sent.name, sent);
    this.#connection.send(sent.topic, payload, options, (error) => {
      this.#underWay.delete(sent.name);
      this.#served = true;
      this.#suspects.answered(sent, error);
      if (sent === this.#trial) this.#endTrial();
      acknowledged?.(error);
      this.#drain();
    });
  }

  /** One after the other is found out; but first somebody else has to show that the broker serves. */
  #nextTrial(): void {
    if (this.#trial !== undefined || this.#over) return;
    const ends = this.#trials.map(({ name }) => this.#suspects.endsOf(name));
    const wanted = this.#served ? Math.max(...ends) : Math.min(...ends);
    const [next] = this.#trials.slice(ends.indexOf(wanted));
    if (next === undefined) return;
    const waitMs = this.#suspects.dwellMs(next) - (this.#clock.monotonicUs() - this.#sinceUs) / 1000;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (waitMs > 0) {
      this.#timer = this.#clock.after(waitMs, () => this.#nextTrial());
      return;
    }
    this.#trials = this.#trials.filter((trial) => trial !== next);
    this.#trial = next;
    this.#drain();
  }

  /** Goes on with the trial when nothing else is under way. */
  #drain(): void {
    const trial = this.#trial;
    if (trial === undefined || this.#holding || this.#connection.inFlight > 0) return;
    this.#holding = true;
    this.#connection.ping(() => {
      if (this.#over) return;
      trial.sentUs = this.#clock.monotonicUs();
      this.#send(trial, trial.payload, trial.options, trial.acknowledged);
    });
  }

  #endTrial(): void {
    this.#trial = undefined;
    this.#holding = false;
    this.#heldBytes = 0;
    for (const held of this.#held.splice(0)) this.#connection.send(...held);
    this.#nextTrial();
  }

  #hold(topic: string, payload: string | Buffer, options: SendOptions): void {
    this.#heldBytes += payload.length;
    this.#held.push([topic, payload, options]);
  }

  #end(reason: DetectdError | undefined): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#held = [];
    this.#trials = [];
    if (reason === undefined || !mayBlameMessage(reason)) return;
    const trial = this.#trial;
    if (trial?.sentUs === undefined || this.#underWay.size > 1) {
      this.#suspects.ended(this.#underWay.values());
      return;
    }
    const afterMs = (this.#clock.monotonicUs() - trial.sentUs) / 1000;
    this.#suspects.endedAlone(trial, afterMs, this.#served);
  }
}
