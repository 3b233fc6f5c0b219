/**
 * Messages in the forms of other programs, over the connection that a publisher has: texts that are sent as they are,
 * whatever form our own messages have.
 */
import { type BrokerConnection, fitsPacket, type SendOptions } from './broker-connection.js';
import { MAX_BUFFERED_BYTES } from './detections-lane.js';
import type { PayloadCodec } from './payload-codec.js';
import type { RetainedState } from './retained-state.js';

export interface ForeignVoiceOptions {
  codec: PayloadCodec;
  /** After this the broker forgets a message of a frame. */
  expiryS: number;
  retained: Pick<RetainedState, 'remove' | 'forget'>;
  /** Says the latest of a topic, now and on each new connection. */
  retain: (topic: string, text: string, options: SendOptions) => void;
  connection: () => BrokerConnection | undefined;
  note: (fault: string) => void;
}

export class ForeignVoice {
  readonly #options: ForeignVoiceOptions;
  readonly #frame: SendOptions;
  /** How events are sent, and stored ones. */
  readonly events: SendOptions;
  /** Messages of frames that were sent, and that were not. */
  published = 0;
  dropped = 0;

  constructor(options: ForeignVoiceOptions) {
    this.#options = options;
    const { codec, expiryS } = options;
    this.#frame = codec.foreignOptions({ qos: 0, retain: false, expiryS });
    this.events = codec.foreignOptions({ qos: 1, retain: false });
  }

  /** Sends one message of a frame, or drops and counts it. */
  pass(topic: string, text: string): void {
    const connection = this.#connectionFor(topic, text);
    if (connection === undefined) {
      this.dropped += 1;
      return;
    }
    connection.send(topic, text, this.#frame);
    this.published += 1;
  }

  /** Sends an event once, if there is a connection that takes it. */
  event(topic: string, payload: object): void {
    const text = JSON.stringify(payload);
    const connection = this.#connectionFor(topic, text);
    if (connection === undefined) return;
    const full = connection.inFlight >= connection.maxInFlight;
    connection.send(topic, text, full ? { ...this.events, qos: 0 } : this.events);
  }

  /**
   * Says the latest of a topic, now and on each new connection. It is retained, unless it is not to be; an empty one takes
   * it away.
   */
  publish(topic: string, text: string, retain = true): void {
    this.#options.retain(topic, text, { qos: 1, retain });
  }

  /** Says the latest of it to no further connection, and takes it away from the broker where it was retained. */
  remove(topic: string, retained: boolean): void {
    if (retained) this.#options.retained.remove(topic);
    else this.#options.retained.forget(topic);
  }

  #connectionFor(topic: string, text: string): BrokerConnection | undefined {
    const { note } = this.#options;
    const connection = this.#options.connection();
    if (connection === undefined) return undefined;
    if (connection.bufferedBytes > MAX_BUFFERED_BYTES)
      note('the MQTT broker takes messages in other forms too slowly; some are dropped');
    else if (!fitsPacket(topic, text, connection))
      note('messages in other forms that are larger than the MQTT broker allows are dropped');
    else return connection;
    return undefined;
  }
}
