/**
 * All that a device says on MQTT, with the broker inside detectd when none is configured. It remembers what
 * was said last, so that a broker which a reload names hears the whole state at once.
 */
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { MqttConfig, OutboxConfig, OutputsConfig } from '../config/schema.js';
import { delivers } from '../core/camera-state.js';
import type { DesiredReport } from '../core/desired-report.js';
import type { DeviceEvent } from '../core/device-event.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { FrameResult } from '../core/frame-result.js';
import type { HealthReport } from '../core/health-report.js';
import type { ModelState } from '../core/model-state.js';
import type { ShadowFacts } from '../core/model-trial.js';
import type { StepDown } from '../core/provider-verdict.js';
import type { Service } from '../core/service.js';
import type { OccupancyEvent, TrackEvent } from '../core/track-event.js';
import type { ModelReport } from '../ipc/protocol.js';
import { OutputDesk } from './adapters/output-desk.js';
import { outputVoice } from './adapters/output-voice.js';
import { brokerUrls } from './broker-address.js';
import { BrokerInbox, type Hear } from './broker-inbox.js';
import { type CameraCounts, COUNTS_MS, Counts, countsPayload } from './counts.js';
import { EmbeddedBroker } from './embedded-broker.js';
import { EventVoice } from './event-voice.js';
import { healthPayload } from './health-payload.js';
import { closed, idle } from './last-words.js';
import { modelStatePayload } from './model-state-payload.js';
import { MqttPublisher, type PublisherCounters } from './mqtt-publisher.js';
import type { OutboxCounters } from './outbox/outbox.js';
import { cameraStatusPayload, type DaemonState, infoPayload } from './payloads.js';
import { reportedPayload } from './reported-payload.js';
import { shadowPayload } from './shadow-payload.js';
import { Topics } from './topics.js';

/** What the camera's status message is made of. */
export type CameraFacts = Omit<Parameters<typeof cameraStatusPayload>[0], keyof Who>;

/** Who speaks, and when. */
type Who = { device: string; bootId: string; nowWallMs: number; nowUs: number };

export interface AnnouncerOptions {
  bootId: string;
  version: string;
  clock: Clock;
  log: Logger;
  /** What is stored until the broker has it, and where. By default only in memory. */
  outbox?: { folder: string; settings: OutboxConfig };
  /** Told what becomes of stored messages, which the stream of events is told, too. */
  onStored?: (event: DeviceEvent) => void;
}

/** What the info message is made of beside the versions. */
export interface InfoFacts {
  models: readonly ModelReport[];
  /** By name of the model. */
  stepsDown: ReadonlyMap<string, readonly StepDown[]>;
  cameras: readonly string[];
  /** Undefined where it is not known yet. */
  fingerprint: DeviceInfo | undefined;
}

/** Frames are worth waiting for the broker for this long at the start, not longer. */
const FIRST_CONNECT_MS = 3000;
const IN_MEMORY: OutboxConfig = {
  ...{ enabled: false, store: ['events', 'tracks'] },
  ...{ max_mb: 64, max_age_h: 168, sync_s: 5, replay_per_s: 100 },
};
const NONE: PublisherCounters = { published: 0, dropped: 0, reconnects: 0, queuedBytes: 0 };

export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #cameras = new Map<string, CameraFacts>();
  readonly #models = new Map<string, ModelState>();
  /** Of all messages since the start, whatever broker they went to. */
  readonly #sequences = new Map<string, number>();
  readonly #inbox: BrokerInbox;
  readonly #counts = new Counts();
  readonly #startedUs: number;
  #counting: Timer | undefined;
  readonly #voice: EventVoice;
  readonly #outputs: OutputDesk;
  #settings: OutboxConfig;
  #now: { mqtt: MqttConfig; device: string } | undefined;
  #broker: EmbeddedBroker | undefined;
  #publisher: MqttPublisher | undefined;
  #status: { state: DaemonState; reason: string } = { state: 'starting', reason: '' };
  #info: InfoFacts | undefined;
  #health: HealthReport | undefined;
  #reported: DesiredReport | undefined;
  /** Of the publishers before. */
  #before = { published: 0, dropped: 0, reconnects: 0 };

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#startedUs = options.clock.monotonicUs();
    this.#inbox = new BrokerInbox(options);
    const { bootId, version, clock, log, outbox = { folder: '', settings: IN_MEMORY } } = options;
    this.#settings = outbox.settings;
    this.#voice = new EventVoice({
      ...{ bootId, version, clock, log, ...outbox, onOwn: options.onStored },
      sequences: this.#sequences,
      pass: (...event) => this.#publisher?.passEvent(...event) ?? false,
    });
    const stores = () => this.#settings.store.includes('tracks');
    const told = { foreign: () => this.#publisher?.foreign, bootId, outbox: this.#voice.outbox, stores };
    this.#outputs = new OutputDesk({ clock, log, voice: outputVoice(told) });
  }

  /** Starts the embedded broker if it is wanted (PORT_TAKEN is thrown) and connects; a broker that is down is waited for shortly. */
  async start(mqtt: MqttConfig, device: string, signal: AbortSignal): Promise<void> {
    this.#broker = await this.#startBroker(mqtt, signal);
    await this.#connect(mqtt, device, signal);
  }

  /** To another broker or with other settings. When that cannot be, its error is thrown and nothing has changed. */
  async move(mqtt: MqttConfig, device: string, signal: AbortSignal): Promise<void> {
    const before = this.#now;
    // Where the port is our own it is only free when the broker on it is gone.
    const ours = this.#broker !== undefined && mqtt.embedded.port === before?.mqtt.embedded.port;
    const early = ours ? undefined : await this.#startBroker(mqtt, signal);
    await this.#leave();
    try {
      this.#broker = early ?? (await this.#startBroker(mqtt, signal));
    } catch (error) {
      if (before !== undefined) await this.start(before.mqtt, before.device, signal);
      throw error;
    }
    if (signal.aborted) await this.#leave();
    else await this.#connect(mqtt, device, signal);
  }

  /** Says that nothing is watched and the device is `stopped`, disconnects and ends the embedded broker. */
  async close(withinMs?: number): Promise<void> {
    await this.#leave(withinMs);
    await this.#voice.outbox.close();
  }

  async #leave(withinMs?: number): Promise<void> {
    this.#counting?.cancel();
    this.#counting = undefined;
    for (const facts of this.#cameras.values()) {
      this.#sayCamera(closed(facts));
      this.#blind(facts.camera);
    }
    for (const state of this.#models.values()) if (state.building !== undefined) this.#sayModel(idle(state));
    await Promise.all([this.#outputs.leave(withinMs), this.#publisher?.close(withinMs)]);
    this.#before = this.counters();
    this.#publisher = undefined;
    await this.#broker?.close();
    this.#broker = undefined;
  }

  /** What is stored, and how much of it, from now on. */
  keep(settings: OutboxConfig): void {
    this.#settings = settings;
    this.#voice.configure(settings);
  }

  /** Something happened; it is told once, also to a broker that comes later. Never throws. */
  event(event: DeviceEvent): void {
    this.#voice.tell(event);
  }

  /** Something became of an object that is followed, or of how many are in a zone. Never throws. */
  track(event: TrackEvent | OccupancyEvent): void {
    this.#voice.track(event);
    if (event.type === 'occupancy') return;
    this.#counts.track(event);
    this.#outputs.track(event);
  }

  /** Of stored messages. */
  stored(): OutboxCounters {
    return this.#voice.outbox.counters();
  }

  /** In which forms results are told from now on. */
  outputs(settings: OutputsConfig): Promise<void> {
    return this.#outputs.configure(settings);
  }

  status(state: DaemonState, reason: string): void {
    this.#status = { state, reason };
    this.#publisher?.publishStatus(state, reason);
  }

  /** As it was told last. */
  get state(): Readonly<{ state: DaemonState; reason: string }> {
    return this.#status;
  }

  info(facts: InfoFacts): void {
    this.#info = facts;
    this.#sayInfo();
  }

  /** Reasons in it must not hold secrets. */
  health(report: HealthReport): void {
    this.#health = report;
    this.#sayHealth();
  }

  camera(facts: CameraFacts): void {
    this.#cameras.set(facts.camera, facts);
    this.#sayCamera(facts);
    if (!delivers(facts.state)) this.#blind(facts.camera);
  }

  /** The camera is no longer configured. */
  forget(camera: string): void {
    this.#cameras.delete(camera);
    this.#counts.forget(camera);
    this.#outputs.forget(camera);
    this.#publisher?.removeCamera(camera);
  }

  model(state: ModelState): void {
    this.#models.set(state.model, state);
    this.#sayModel(state);
  }

  /** What a new version finds beside the one that serves; said once, the broker keeps it. */
  shadow(facts: ShadowFacts): void {
    this.#publisher?.publishShadow(shadowPayload({ ...facts, ...this.#who() }));
  }

  /** What was said last of each, by name. */
  get models(): ReadonlyMap<string, ModelState> {
    return this.#models;
  }

  /** The model is no longer configured. */
  forgetModel(model: string): void {
    this.#models.delete(model);
    this.#publisher?.removeModel(model);
  }

  /** Undefined takes it away: no documents are followed. */
  reported(report: DesiredReport | undefined): void {
    if (report === undefined && this.#reported !== undefined) this.#publisher?.removeReported();
    this.#reported = report;
    this.#sayReported();
  }

  /** Retains a text of another program's form, on whatever broker there is; an empty one takes it away. */
  foreign(topic: string, text: string): void {
    this.#outputs.retain(topic, text);
  }

  /** As BrokerInbox.listen(), whatever broker it is. */
  listen(topic: string, hear: Hear): () => void {
    return this.#inbox.listen(topic, hear);
  }

  /** A JPEG of a camera; returns its topic. Throws SNAPSHOT_UNAVAILABLE or MQTT_TOO_LARGE. */
  snapshot(camera: string, jpeg: Buffer): string {
    if (this.#publisher === undefined)
      throw new DetectdError('SNAPSHOT_UNAVAILABLE', 'There is no connection to the MQTT broker.');
    return this.#publisher.publishSnapshot(camera, jpeg);
  }

  /** To whoever asked, unless there is no connection now. */
  answer(topic: string, payload: object, correlation: Buffer | undefined): void {
    this.#publisher?.answer(topic, payload, correlation);
  }

  detections(result: FrameResult): void {
    this.#counts.frame(result);
    this.#outputs.frame(result);
    if (!this.#outputs.own) return;
    if (this.#publisher === undefined) this.#before.dropped += 1;
    else this.#publisher.publishDetections(result);
  }

  /** Since the start, whatever broker it went to. */
  counters(): PublisherCounters {
    const now = this.#publisher?.counters() ?? NONE;
    const { published, dropped, reconnects } = this.#before;
    return {
      published: published + now.published,
      dropped: dropped + now.dropped,
      reconnects: reconnects + now.reconnects,
      queuedBytes: now.queuedBytes,
    };
  }

  /** The parts that have a health of their own. */
  services(): Pick<Service, 'name' | 'health'>[] {
    const parts = [this.#broker, this.#publisher, this.#voice.outbox, ...this.#outputs.services];
    return parts.filter((service) => service !== undefined);
  }

  async #startBroker(mqtt: MqttConfig, signal: AbortSignal): Promise<EmbeddedBroker | undefined> {
    if (mqtt.broker !== 'embedded') return undefined;
    const { clock, log } = this.#options;
    const { username, password } = mqtt;
    const broker = new EmbeddedBroker({
      ...mqtt.embedded,
      ...(username === undefined || password === undefined ? {} : { credentials: { username, password } }),
      clock,
      log: log.child({ component: 'broker' }),
    });
    try {
      await broker.start(signal);
      return broker;
    } catch (error) {
      await broker.close();
      throw error;
    }
  }

  async #connect(mqtt: MqttConfig, device: string, signal: AbortSignal): Promise<void> {
    const { bootId, clock, log } = this.#options;
    const broker = this.#broker;
    this.#now = { mqtt, device };
    await this.#voice.start(device, new Topics(mqtt.base, device));
    this.#publisher = new MqttPublisher({
      config: mqtt,
      device,
      bootId,
      clock,
      log: log.child({ component: 'mqtt' }),
      sequences: this.#sequences,
      inbox: this.#inbox,
      outbox: this.#voice.outbox,
      storesDetections: () => this.#settings.store.includes('detections'),
      ...(broker === undefined ? {} : { brokerUrl: () => broker.address }),
    });
    await this.#publisher.start(signal);
    const urls = () => (broker === undefined ? brokerUrls(mqtt) : [broker.address]);
    await this.#outputs.connect({ mqtt, device, urls });
    await this.#publisher.connected(FIRST_CONNECT_MS);
    this.#sayAll();
    this.#counting ??= clock.every(COUNTS_MS, () => this.#count(), { background: true });
  }

  #sayAll(): void {
    this.#publisher?.publishStatus(this.#status.state, this.#status.reason);
    for (const facts of this.#cameras.values()) this.#sayCamera(facts);
    for (const [camera, counts] of this.#counts.told()) this.#sayCounts(camera, counts);
    for (const state of this.#models.values()) this.#sayModel(state);
    this.#sayInfo();
    this.#sayHealth();
    this.#sayReported();
  }

  #sayInfo(): void {
    if (this.#info === undefined) return;
    const { version, clock } = this.#options;
    const uptimeMs = (clock.monotonicUs() - this.#startedUs) / 1000;
    this.#publisher?.publishInfo(infoPayload({ ...this.#info, ...this.#who(), version, uptimeMs }));
  }

  #sayHealth(): void {
    if (this.#health === undefined) return;
    this.#publisher?.publishHealth(healthPayload({ report: this.#health, ...this.#who() }));
  }

  #sayReported(): void {
    if (this.#reported === undefined) return;
    this.#publisher?.publishReported(reportedPayload({ ...this.#reported, ...this.#who() }));
  }

  #sayCamera(facts: CameraFacts): void {
    this.#publisher?.publishCameraStatus(cameraStatusPayload({ ...facts, ...this.#who() }));
    this.#outputs.camera(facts.camera, facts.state);
  }

  #count(): void {
    for (const [camera, counts] of this.#counts.changed()) this.#sayCounts(camera, counts);
  }

  #blind(camera: string): void {
    const counts = this.#counts.blind(camera);
    if (counts !== undefined) this.#sayCounts(camera, counts);
  }

  #sayCounts(camera: string, counts: CameraCounts): void {
    this.#publisher?.publishCounts(countsPayload({ camera, counts, ...this.#who() }));
  }

  #sayModel(state: ModelState): void {
    this.#publisher?.publishModelState(modelStatePayload({ ...state, ...this.#who() }));
  }

  #who(): Who {
    const { bootId, clock } = this.#options;
    const device = this.#now?.device ?? '';
    return { device, bootId, nowWallMs: clock.wallMs(), nowUs: clock.monotonicUs() };
  }
}
