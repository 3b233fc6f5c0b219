/**
 * The device's voice on MQTT. Retained messages outlive an outage of the broker, detections do not:
 * they are dropped and counted, so that nothing grows while nobody listens.
 */
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { RepeatedFault } from '../base/repeated-fault.js';
import type { MqttConfig } from '../config/schema.js';
import type { FrameResult } from '../core/frame-result.js';
import { HEALTHY, type Health, type Service } from '../core/service.js';
import { FRIGATE_EVENTS } from './adapters/output-voice.js';
import { brokerUrls, shownAddress } from './broker-address.js';
import { type BrokerConnection, fitsPacket, hangUp, type SendOptions, within } from './broker-connection.js';
import { BrokerDialer } from './broker-dialer.js';
import type { BrokerInbox } from './broker-inbox.js';
import { BrokerLink } from './broker-link.js';
import { CarefulDialer } from './careful-dialer.js';
import { CertificateWatch, endComplaint } from './certificate-watch.js';
import { DetectionsLane, MAX_BUFFERED_BYTES } from './detections-lane.js';
import { ForeignVoice } from './foreign-voice.js';
import type { HealthPayload } from './health-payload.js';
import type { ModelStatePayload } from './model-state-payload.js';
import type { Outbox } from './outbox/outbox.js';
import { PayloadCodec } from './payload-codec.js';
import { type CameraStatusPayload, type DaemonState, type InfoPayload, statusPayload } from './payloads.js';
import type { ReportedPayload } from './reported-payload.js';
import { RetainedState } from './retained-state.js';
import type { CountsPayload } from './schemas/counts-schema.js';
import type { ShadowPayload } from './shadow-payload.js';
import { DELIVERY, EVENTS, SCHEMAS, type TopicKind, type TopicPayloads, Topics } from './topics.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** For the last message and its acknowledgement, and then, a quarter of it, for the goodbye. */
const CLOSE_MS = 2000;
export interface PublisherCounters {
  /** Messages of frames, in whatever form, handed to a connection. */
  published: number;
  /** Messages of frames that were not: no connection, a broker that is too slow, or one too large. */
  dropped: number;
  /** Connections after the first. */
  reconnects: number;
  /** Given to the connection, but not yet taken by the system. */
  queuedBytes: number;
}

export interface MqttPublisherOptions {
  config: MqttConfig;
  device: string;
  bootId: string;
  clock: Clock;
  log: Logger;
  /** Where the broker is, asked before each attempt. Default: as configured. */
  brokerUrl?: () => string;
  /** The next number of each stream, for a publisher that goes on where another one ended. */
  sequences?: Map<string, number>;
  /** Uniform in [0, 1), for the jitter between attempts. */
  random?: () => number;
  /** What is stored until the broker has it. */
  outbox?: StoredLane;
  /** Detections are stored, too; asked for each. */
  storesDetections?: () => boolean;
  /** What is listened to, on each connection. */
  inbox?: BrokerInbox;
  /** Injected by tests. */
  dialer?: Pick<BrokerDialer, 'connect'>;
}

export type StoredLane = Pick<Outbox, 'add' | 'connected' | 'disconnected'>;

export class MqttPublisher implements Service {
  readonly name = 'mqtt';
  readonly topics: Topics;
  /** For the forms of other programs. */
  readonly foreign: ForeignVoice;
  readonly #options: MqttPublisherOptions;
  readonly #link: BrokerLink;
  readonly #retained: RetainedState;
  readonly #faults: RepeatedFault;
  readonly #certificates: CertificateWatch | undefined;
  readonly #codec: PayloadCodec;
  readonly #sendOptions = new Map<TopicKind, SendOptions>();
  readonly #detections: DetectionsLane;
  /** Topics that the broker refuses on this connection, and why. */
  readonly #refusals = new Map<string, string>();

  constructor(options: MqttPublisherOptions) {
    const { config, device, clock, log } = options;
    this.#options = options;
    this.topics = new Topics(config.base, device);
    this.#codec = new PayloadCodec(config);
    this.#faults = new RepeatedFault({
      clock,
      report: (key, detail, count) => {
        const error = detail instanceof DetectdError ? detail : undefined;
        log.warn({ code: error?.code, hint: error?.hint, count }, key);
      },
    });
    this.#detections = new DetectionsLane({
      ...{ config, device, clock, bootId: options.bootId, topics: this.topics, codec: this.#codec },
      sequences: options.sequences ?? new Map(),
      store: () => (options.storesDetections?.() ? options.outbox : undefined),
      fault: (why) => this.#faults.note(why),
    });
    const tls = brokerUrls(config).some((url) => /^(mqtts|wss):/.test(url));
    if (tls)
      this.#certificates = new CertificateWatch({
        config,
        clock,
        log,
        renewed: () => void this.#link.renew(),
      });
    this.#retained = new RetainedState({ refused: (topic, error) => this.#refused(topic, error) });
    this.foreign = new ForeignVoice({
      ...{ codec: this.#codec, expiryS: config.detections_expiry_s, retained: this.#retained },
      retain: (...latest) => this.#retain(...latest),
      connection: () => this.#link.connection,
      note: (fault) => this.#faults.note(fault),
    });
    const dialer = new CarefulDialer(options.dialer ?? new BrokerDialer(), clock);
    this.#link = new BrokerLink({
      dialer,
      dialOptions: () => this.#dialOptions(),
      clock,
      log,
      faults: this.#faults,
      random: options.random,
      up: (connection) => this.#up(connection),
      down: () => this.#down(),
      soon: () => dialer.takeAdvance(),
    });
  }

  /** Starts connecting; does not wait for the broker, whose absence is a degraded state and no failure. */
  async start(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    void this.#certificates?.start();
    this.#link.start();
  }

  /** Whether there is a connection, waiting up to `timeoutMs` for one. */
  connected(timeoutMs: number): Promise<boolean> {
    return this.#link.connected(timeoutMs);
  }

  publishStatus(state: DaemonState, reason?: string): void {
    const { device, bootId, clock } = this.#options;
    const payload = statusPayload({ device, bootId, state, reason, nowWallMs: clock.wallMs() });
    this.#publishRetained('status', this.topics.status, payload);
  }

  publishInfo(info: InfoPayload): void {
    this.#publishRetained('info', this.topics.info, info);
  }

  publishHealth(health: HealthPayload): void {
    this.#publishRetained('health', this.topics.health, health);
  }

  publishCameraStatus(status: CameraStatusPayload): void {
    this.#publishRetained('cameras/{camera}/status', this.topics.cameraStatus(status.camera), status);
  }

  publishCounts(counts: CountsPayload): void {
    this.#publishRetained('cameras/{camera}/counts', this.topics.counts(counts.camera), counts);
  }

  /** Takes the retained messages of a camera that is no longer configured away from the broker. */
  removeCamera(camera: string): void {
    // What is there may be of an earlier start, of which nothing is known here.
    const { topics } = this;
    for (const topic of [topics.cameraStatus(camera), topics.counts(camera), topics.snapshot(camera)])
      this.#retained.set(topic, '');
  }

  publishModelState(state: ModelStatePayload): void {
    this.#publishRetained('models/{model}/state', this.topics.modelState(state.model), state);
  }

  publishShadow(shadow: ShadowPayload): void {
    this.#publishRetained('models/{model}/shadow', this.topics.modelShadow(shadow.model), shadow);
  }

  /** Takes the retained state of a model that is no longer configured away from the broker. */
  removeModel(model: string): void {
    for (const topic of [this.topics.modelState(model), this.topics.modelShadow(model)])
      this.#retained.set(topic, '');
  }

  publishReported(reported: ReportedPayload): void {
    this.#publishRetained('config/reported', this.topics.configReported, reported);
  }

  /** Takes what was reported away from the broker. */
  removeReported(): void {
    this.#retained.remove(this.topics.configReported);
  }

  /** Sends or stores one message, or drops and counts it. */
  publishDetections(result: FrameResult): void {
    this.#detections.publish(result, this.#link.connection);
  }

  /** Sends an event that is not stored, if there is a connection. */
  passEvent(kind: TopicKind, topic: string, text: string): boolean {
    const connection = this.#link.connection;
    const payload = this.#codec.encode(text);
    if (connection === undefined || connection.bufferedBytes > MAX_BUFFERED_BYTES) return false;
    if (!fitsPacket(topic, payload, connection)) return false;
    connection.send(topic, payload, { ...this.#optionsOf(kind), qos: 0 });
    return true;
  }

  /** Sends a JPEG, which the broker keeps, and returns its topic. Throws SNAPSHOT_UNAVAILABLE or MQTT_TOO_LARGE. */
  publishSnapshot(camera: string, jpeg: Buffer): string {
    const connection = this.#link.connection;
    if (connection === undefined || connection.bufferedBytes > MAX_BUFFERED_BYTES)
      throw new DetectdError(
        'SNAPSHOT_UNAVAILABLE',
        'There is no connection to the MQTT broker that takes it.',
      );
    const topic = this.topics.snapshot(camera);
    if (!fitsPacket(topic, jpeg, connection))
      throw new DetectdError(
        'MQTT_TOO_LARGE',
        `The picture of ${jpeg.byteLength} bytes is larger than the MQTT broker takes.`,
        'Ask for one of lower quality, or let the broker take larger messages.',
      );
    connection.send(topic, jpeg, { qos: 0, retain: true, properties: { contentType: 'image/jpeg' } });
    return topic;
  }

  /** Sends the answer to a command once, or drops it: whoever asked is gone when the connection is. */
  answer(topic: string, answer: object, correlationData: Buffer | undefined): void {
    const connection = this.#link.connection;
    if (connection === undefined || connection.bufferedBytes > MAX_BUFFERED_BYTES) return;
    const payload = this.#codec.encode(answer);
    if (!fitsPacket(topic, payload, connection)) {
      this.#faults.note('an answer to a command is larger than the MQTT broker allows and is dropped');
      return;
    }
    const qos = connection.inFlight < connection.maxInFlight ? 1 : 0;
    const { properties, ...options } = this.#codec.sendOptions('command-reply', { qos, retain: false });
    const told = { ...properties, ...(correlationData === undefined ? {} : { correlationData }) };
    connection.send(topic, payload, { ...options, properties: told }, (error) => {
      if (error) this.#faults.note('the MQTT broker refuses answers to commands', error);
    });
  }

  health(): Health {
    const { connection, fault } = this.#link;
    if (connection === undefined) {
      return { state: 'degraded', reason: fault?.message ?? 'not connected to the broker yet' };
    }
    if (connection.bufferedBytes > MAX_BUFFERED_BYTES) {
      return { state: 'degraded', reason: 'the broker takes messages too slowly' };
    }
    const standIn = this.#standIn(connection);
    if (standIn !== undefined) return { state: 'degraded', reason: standIn };
    const ending = this.#certificates?.complaint() ?? this.#brokerEnding(connection);
    if (ending !== undefined) return { state: 'degraded', reason: ending };
    const refusal = this.#refusals.values().next().value ?? this.#options.inbox?.refusal?.message;
    return refusal === undefined ? HEALTHY : { state: 'degraded', reason: refusal };
  }

  counters(): PublisherCounters {
    const { reconnects, connection } = this.#link;
    const queuedBytes = connection?.bufferedBytes ?? 0;
    return {
      published: this.#detections.published + this.foreign.published,
      dropped: this.#detections.dropped + this.foreign.dropped,
      ...{ reconnects, queuedBytes },
    };
  }

  /** Publishes `stopped`, waits for the broker to have it, says goodbye. Takes `withinMs` at most. */
  async close(withinMs = CLOSE_MS): Promise<void> {
    const { connection, stopped } = this.#link;
    this.#certificates?.close();
    if (connection && !stopped) {
      this.publishStatus('stopped');
      const { clock } = this.#options;
      await within(clock, withinMs * 0.75, this.#retained.flushed(), connection.over);
      await hangUp(connection, clock, withinMs * 0.25);
    }
    await this.#link.stop();
  }

  #publishRetained<K extends TopicKind>(kind: K, topic: string, payload: TopicPayloads[K]): void {
    this.#retain(topic, this.#codec.encode(payload), this.#optionsOf(kind));
  }

  #retain(topic: string, payload: string | Buffer, options: SendOptions): void {
    if (this.#link.stopped) return;
    this.#refusals.delete(topic);
    if (!this.#retained.set(topic, payload, options)) this.#faults.note('too many retained topics');
  }

  #optionsOf(kind: TopicKind): SendOptions {
    const known = this.#sendOptions.get(kind);
    if (known !== undefined) return known;
    const made = this.#codec.sendOptions(SCHEMAS[kind], DELIVERY[kind]);
    this.#sendOptions.set(kind, made);
    return made;
  }

  #refused(topic: string, error: DetectdError): void {
    this.#refusals.set(topic, error.message);
    this.#faults.note(error.message, error);
  }

  #up(connection: BrokerConnection): void {
    this.#refusals.clear();
    this.#retained.connected(connection);
    this.#options.inbox?.connected(connection, (error) => this.#faults.note(error.message, error));
    this.#options.outbox?.connected(connection, (stream, text) =>
      stream === FRIGATE_EVENTS
        ? { payload: text, options: this.foreign.events }
        : { payload: this.#codec.encode(text), options: this.#storedOptions(stream) },
    );
  }

  #storedOptions(stream: string): SendOptions {
    if (stream === EVENTS) return this.#optionsOf('events');
    return stream.endsWith('/detections')
      ? this.#detections.stored
      : this.#optionsOf('cameras/{camera}/events');
  }

  #down(): void {
    this.#retained.disconnected();
    this.#options.inbox?.disconnected();
    this.#options.outbox?.disconnected();
  }

  #brokerEnding({ certificateEndsMs, display }: BrokerConnection): string | undefined {
    return endComplaint(`the certificate of ${display}`, certificateEndsMs, this.#options.clock.wallMs());
  }

  /** Said when it is not the first of the brokers. */
  #standIn({ display }: BrokerConnection): string | undefined {
    const [first, ...others] = this.#urls();
    if (first === undefined || others.length === 0) return undefined;
    const preferred = shownAddress(first);
    return display === preferred
      ? undefined
      : `connected to ${display}, since ${preferred} could not be used`;
  }

  #urls(): string[] {
    const { config, brokerUrl } = this.#options;
    return brokerUrl === undefined ? brokerUrls(config) : [brokerUrl()];
  }

  #dialOptions() {
    const { config, device, bootId, clock } = this.#options;
    const lost = statusPayload({ device, bootId, state: 'lost', nowWallMs: clock.wallMs() });
    const { properties } = this.#optionsOf('status');
    return {
      config,
      url: this.#urls(),
      sessionExpiryS: config.session_expiry_s,
      clientId: config.client_id ?? `detectd-${device}`,
      will: {
        topic: this.topics.status,
        payload: this.#codec.encode(lost),
        ...(properties === undefined ? {} : { properties }),
      },
      timeoutMs: CONNECT_TIMEOUT_MS,
    };
  }
}
