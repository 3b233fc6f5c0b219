/**
 * The way of detections to the broker: sent with QoS 0 while there is a connection, and otherwise dropped and counted, so
 * that nothing grows while nobody listens; or stored like events, where the configuration wants that.
 */
import type { Clock } from '../base/clock.js';
import type { MqttConfig } from '../config/schema.js';
import type { FrameResult } from '../core/frame-result.js';
import { type BrokerConnection, fitsPacket, type SendOptions } from './broker-connection.js';
import type { Outbox } from './outbox/outbox.js';
import type { PayloadCodec } from './payload-codec.js';
import { type DetectionsContext, type DetectionsPayload, detectionsPayload } from './payloads.js';
import { DELIVERY, SCHEMAS, Topics } from './topics.js';

export interface DetectionsLaneOptions {
  config: Pick<MqttConfig, 'detections_expiry_s' | 'topic_alias'>;
  device: string;
  bootId: string;
  clock: Clock;
  topics: Topics;
  codec: PayloadCodec;
  /** The next number of each stream. */
  sequences: Map<string, number>;
  /** Asked for each message; where it is, messages are stored there. */
  store: () => Pick<Outbox, 'add'> | undefined;
  /** One was dropped, for a reason that is worth a line. */
  fault: (why: string) => void;
}

/** What is kept per camera, so that a frame fills in its numbers alone. */
interface Channel {
  topic: string;
  stream: string;
  context: DetectionsContext;
}

/** Detections that the system has not taken yet; beyond this they are dropped. */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
/** Cameras are configured; more than this is a defect of the caller. */
const MAX_CAMERAS = 1024;
const KIND = 'cameras/{camera}/detections';

export class DetectionsLane {
  /** How stored ones are sent. */
  readonly stored: SendOptions;
  readonly #options: DetectionsLaneOptions;
  readonly #direct: SendOptions;
  readonly #channels = new Map<string, Channel>();
  #published = 0;
  #dropped = 0;

  constructor(options: DetectionsLaneOptions) {
    const { codec, config } = options;
    this.#options = options;
    this.#direct = codec.sendOptions(SCHEMAS[KIND], {
      ...DELIVERY[KIND],
      expiryS: config.detections_expiry_s,
      alias: config.topic_alias,
    });
    this.stored = codec.sendOptions(SCHEMAS[KIND], { ...DELIVERY[KIND], qos: 1 });
  }

  /** Handed to a connection, or stored. */
  get published(): number {
    return this.#published;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Sends or stores one message, or drops and counts it. Numbers are used up by sent and stored messages alone. */
  publish(result: FrameResult, connection: BrokerConnection | undefined): void {
    const store = this.#options.store();
    if (store !== undefined) this.#store(result, store);
    else if (connection === undefined) this.#dropped += 1;
    else if (connection.bufferedBytes > MAX_BUFFERED_BYTES)
      this.#drop('the MQTT broker takes detections too slowly; some are dropped');
    else this.#send(result, connection);
  }

  #store(result: FrameResult, store: Pick<Outbox, 'add'>): void {
    const channel = this.#channelOf(result.camera);
    if (channel === undefined) return;
    const { topic, stream, context } = channel;
    store.add(stream, topic, 0, (seq) => this.#payload(result, context, seq));
    this.#published += 1;
  }

  #send(result: FrameResult, connection: BrokerConnection): void {
    const { sequences, codec } = this.#options;
    const channel = this.#channelOf(result.camera);
    if (channel === undefined) return;
    const { topic, stream, context } = channel;
    const seq = sequences.get(stream) ?? 0;
    const payload = codec.encode(this.#payload(result, context, seq));
    if (!fitsPacket(topic, payload, connection)) {
      this.#drop('detections messages larger than the MQTT broker allows are dropped');
      return;
    }
    connection.send(topic, payload, this.#direct);
    sequences.set(stream, seq + 1);
    this.#published += 1;
  }

  #payload(result: FrameResult, context: DetectionsContext, seq: number): DetectionsPayload {
    const { clock } = this.#options;
    context.seq = seq;
    context.nowMonotonicUs = clock.monotonicUs();
    context.nowWallMs = clock.wallMs();
    return detectionsPayload(result, context);
  }

  #channelOf(camera: string): Channel | undefined {
    const channel = this.#channels.get(camera) ?? this.#openChannel(camera);
    if (channel === undefined) this.#drop('detections of a camera that cannot have a topic are dropped');
    return channel;
  }

  #openChannel(camera: string): Channel | undefined {
    if (this.#channels.size >= MAX_CAMERAS) return undefined;
    const { device, bootId, topics } = this.#options;
    const context = { device, bootId, seq: 0, nowMonotonicUs: 0, nowWallMs: 0 };
    try {
      const stream = Topics.detectionsStream(camera);
      const channel = { topic: topics.detections(camera), stream, context };
      this.#channels.set(camera, channel);
      return channel;
    } catch {
      return undefined;
    }
  }

  #drop(why: string): void {
    this.#dropped += 1;
    this.#options.fault(why);
  }
}
