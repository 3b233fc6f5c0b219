/** A broker's connection under a test's control: remembers what was sent, acknowledges when told to. */
import type { DetectdError } from '../../dist/base/errors.js';
import type {
  BrokerConnection,
  PacketFacts,
  Receive,
  SendOptions,
} from '../../dist/publish/broker-connection.js';

export interface Sent {
  topic: string;
  payload: string;
  options: SendOptions;
  acknowledge: ((error?: DetectdError) => void) | undefined;
}

export class BrokerDouble implements BrokerConnection {
  readonly version = '5';
  display = 'mqtt://double:1883';
  maxPacketBytes = 1_000_000;
  maxInFlight = 16;
  certificateEndsMs: number | undefined;
  inFlight = 0;
  bufferedBytes = 0;
  /** Acknowledge QoS 1 at once. */
  prompt = true;
  ended = false;
  destroyed = false;
  readonly sent: Sent[] = [];
  readonly over: Promise<DetectdError | undefined>;
  #finish: (reason: DetectdError | undefined) => void = () => {};

  constructor() {
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  send(
    topic: string,
    payload: string | Buffer,
    options: SendOptions,
    acknowledge?: (error?: DetectdError) => void,
  ) {
    if (options.qos === 1) this.inFlight += 1;
    let waits = options.qos === 1;
    const answer = (error?: DetectdError) => {
      if (waits) this.inFlight -= 1;
      waits = false;
      acknowledge?.(error);
      for (const room of this.rooms) if (this.inFlight < this.maxInFlight) room();
    };
    this.sent.push({
      topic,
      payload: payload.toString(),
      options,
      acknowledge: options.qos === 1 ? answer : acknowledge,
    });
    if (this.prompt && options.qos === 1) answer();
  }

  ping(answered: () => void): void {
    answered();
  }

  /** Who is told that there is room. */
  readonly rooms: (() => void)[] = [];

  whenRoom(room: () => void): void {
    this.rooms.push(room);
  }

  /** What was subscribed to and not given up. */
  readonly subscribed = new Set<string>();
  /** Why it refuses subscriptions. */
  subscribeRefusal: DetectdError | undefined;
  readonly #receivers = new Set<Receive>();

  async subscribe(filters: string[] = [], receive?: Receive): Promise<void> {
    if (receive) this.#receivers.add(receive);
    if (this.subscribeRefusal) throw this.subscribeRefusal;
    for (const filter of filters) this.subscribed.add(filter);
  }

  unsubscribe(filters: string[]): void {
    for (const filter of filters) this.subscribed.delete(filter);
  }

  /** The broker sends a message, if the topic was subscribed to. */
  deliver(
    topic: string,
    payload: string | Buffer,
    retained = false,
    properties?: PacketFacts['properties'],
  ): void {
    const packet = { retained, ...(properties === undefined ? {} : { properties }) };
    const level = `${topic.slice(0, topic.lastIndexOf('/'))}/+`;
    if (this.subscribed.has(topic) || this.subscribed.has(level))
      for (const receive of this.#receivers) receive(topic, Buffer.from(payload), packet);
  }

  end(): void {
    this.ended = true;
    if (this.prompt) this.#finish(undefined);
  }

  destroy(): void {
    this.destroyed = true;
    this.#finish(undefined);
  }

  /** The connection breaks. */
  lose(reason: DetectdError): void {
    this.#finish(reason);
  }

  topics(): string[] {
    return this.sent.map(({ topic }) => topic);
  }
}
