/**
 * What the device listens to on the broker, whatever connection there is: topics are asked for on every new one, and
 * asked for again now and then where the broker refuses.
 */
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { BrokerConnection, PacketFacts, Receive } from './broker-connection.js';

/** The payload is the receiver's to keep. */
export type Hear = (payload: Buffer, packet: PacketFacts, topic: string) => void;

/** Each is somebody's; more are a defect of the caller. */
const MAX_TOPICS = 64;
const RETRY_MS = 60_000;
/** What the broker kept for this device comes before everybody listens who will. */
const MAX_UNHEARD = 64;
const MAX_UNHEARD_BYTES = 256 * 1024;
const UNHEARD_MS = 60_000;

export class BrokerInbox {
  readonly #clock: Clock;
  readonly #hears = new Map<string, Set<Hear>>();
  /** Topics that the broker refuses on this connection, and why. */
  readonly #refusals = new Map<string, DetectdError>();
  /** On topics that nobody listens to, or not yet. */
  #unheard: Parameters<Receive>[] = [];
  #unheardBytes = 0;
  #unheardEnd: Timer | undefined;
  readonly #receive: Receive = (topic, payload, packet) => {
    const hears = this.#hears.get(topic) ?? this.#hears.get(levelOf(topic));
    if (hears === undefined) this.#keep(topic, payload, packet);
    else for (const hear of hears) hear(payload, packet, topic);
  };
  #connection: BrokerConnection | undefined;
  #refused: ((error: DetectdError) => void) | undefined;
  #retry: Timer | undefined;

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  /** Why something cannot be heard; undefined when nothing is wrong, or there is no connection. */
  get refusal(): DetectdError | undefined {
    return this.#refusals.values().next().value;
  }

  /**
   * Hears what is published on `topic`, and what is retained on it, again after each new connection. Its last level may be
   * `+`, for whatever nobody listens to by name. Ends it when called.
   */
  listen(topic: string, hear: Hear): () => void {
    const hears = this.#hears.get(topic);
    if (hears === undefined && this.#hears.size >= MAX_TOPICS)
      throw new DetectdError('INTERNAL', `More than ${MAX_TOPICS} topics are listened to.`);
    if (hears === undefined) this.#hears.set(topic, new Set([hear]));
    else hears.add(hear);
    this.#giveUnheard(topic, hear);
    // Asked for again, the broker sends what is retained to the newcomer as well.
    this.#subscribe([topic]);
    return () => this.#end(topic, hear);
  }

  connected(connection: BrokerConnection, refused: (error: DetectdError) => void): void {
    this.disconnected();
    this.#connection = connection;
    this.#refused = refused;
    for (const topic of this.#hears.keys()) this.#subscribe([topic]);
  }

  disconnected(): void {
    this.#connection = undefined;
    this.#refusals.clear();
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#forgetUnheard();
  }

  #keep(...message: Parameters<Receive>): void {
    const [topic, payload, { retained }] = message;
    this.#unheardEnd ??= this.#clock.after(UNHEARD_MS, () => this.#unwanted(), { background: true });
    this.#unheardBytes += topic.length + payload.length;
    // What is retained is sent again to whoever listens.
    const room = this.#unheard.length < MAX_UNHEARD && this.#unheardBytes <= MAX_UNHEARD_BYTES;
    if (room && !retained) this.#unheard.push(message);
  }

  #giveUnheard(filter: string, hear: Hear): void {
    const fits = (topic: string) => topic === filter || levelOf(topic) === filter;
    const theirs = this.#unheard.filter(([topic]) => fits(topic));
    this.#unheard = this.#unheard.filter(([topic]) => !fits(topic));
    // Nobody expects to hear something while asking to.
    queueMicrotask(() => {
      if (!this.#hears.get(filter)?.has(hear)) return;
      for (const [topic, payload, packet] of theirs) hear(payload, packet, topic);
    });
  }

  /** Nobody came: a session that lasted still has topics of an earlier life. */
  #unwanted(): void {
    const topics = new Set(this.#unheard.map(([topic]) => topic));
    this.#forgetUnheard();
    if (topics.size > 0) this.#connection?.unsubscribe([...topics]);
  }

  #forgetUnheard(): void {
    this.#unheard = [];
    this.#unheardBytes = 0;
    this.#unheardEnd?.cancel();
    this.#unheardEnd = undefined;
  }

  #subscribe(topics: string[]): void {
    const connection = this.#connection;
    connection?.subscribe(topics, this.#receive).then(
      () => {
        if (connection === this.#connection) for (const topic of topics) this.#refusals.delete(topic);
      },
      (thrown) => {
        // Everything is asked for anew on the next connection.
        if (connection !== this.#connection) return;
        const error = DetectdError.from(thrown, 'MQTT_REFUSED');
        for (const topic of topics) if (this.#hears.has(topic)) this.#refusals.set(topic, error);
        this.#refused?.(error);
        this.#retry ??= this.#clock.after(RETRY_MS, () => this.#askAgain(), { background: true });
      },
    );
  }

  #askAgain(): void {
    this.#retry = undefined;
    for (const topic of this.#refusals.keys()) this.#subscribe([topic]);
  }

  #end(topic: string, hear: Hear): void {
    const hears = this.#hears.get(topic);
    if (hears === undefined || !hears.delete(hear) || hears.size > 0) return;
    this.#hears.delete(topic);
    this.#refusals.delete(topic);
    this.#connection?.unsubscribe([topic]);
  }
}

/** The filter for all topics of the same level. */
function levelOf(topic: string): string {
  return `${topic.slice(0, topic.lastIndexOf('/'))}/+`;
}
