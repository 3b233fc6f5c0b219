/**
 * Tells in the forms of other systems what is told in ours, as configured. A form that is off costs nothing per frame. It
 * lives as long as the daemon; brokers come and go.
 */
import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/logger.js';
import type { MqttConfig, OutputsConfig } from '../../config/schema.js';
import type { FrameResult } from '../../core/frame-result.js';
import type { Service } from '../../core/service.js';
import type { TrackEvent } from '../../core/track-event.js';
import type { CameraStatus } from '../schemas/camera-status-schema.js';
import { DeepstreamForm } from './deepstream.js';
import { DlstreamerForm } from './dlstreamer.js';
import type { FrameForm } from './frame-form.js';
import { FrigateForm } from './frigate.js';
import { FrigateAvailable } from './frigate-available.js';
import type { OutputVoice } from './output-voice.js';

/** Where the broker is, and who speaks. */
export interface OutputBroker {
  mqtt: MqttConfig;
  device: string;
  /** Asked before each attempt to reach it. */
  urls: () => string[];
}

/** Cameras times labels; the broker is not flooded with more. */
const MAX_SAID = 2048;
/** Longest age of a picture that is believed. */
const DAY_MS = 86_400_000;

export class OutputDesk {
  readonly #options: { clock: Clock; log: Logger; voice: OutputVoice };
  readonly #said = new Map<string, { text: string; retain: boolean }>();
  #settings: OutputsConfig | undefined;
  #broker: OutputBroker | undefined;
  /** There is a publisher, which remembers what it is told. */
  #up = false;
  /** Texts that others retain through it, by topic. */
  readonly #retained = new Map<string, string>();
  readonly #cameras = new Map<string, CameraStatus>();
  #frames: FrameForm[] = [];
  #frigate: FrigateForm | undefined;
  #available: FrigateAvailable | undefined;

  constructor(options: { clock: Clock; log: Logger; voice: OutputVoice }) {
    this.#options = options;
  }

  /** Whether detections are told in our own form, too. */
  get own(): boolean {
    return this.#settings?.detections ?? true;
  }

  /** The parts that have a health of their own. */
  get services(): Service[] {
    return this.#available === undefined ? [] : [this.#available];
  }

  /** Other forms from now on. */
  async configure(settings: OutputsConfig): Promise<void> {
    this.#settings = settings;
    if (this.#broker === undefined) return;
    await this.#leaveForms();
    await this.connect(this.#broker);
  }

  /** Speaks to this broker from now on. */
  async connect(broker: OutputBroker): Promise<void> {
    const { clock, log, voice } = this.#options;
    const { device, mqtt, urls } = broker;
    const renamed = this.#broker !== undefined && this.#broker.device !== device;
    if (renamed) this.#said.clear();
    this.#broker = broker;
    this.#up = true;
    for (const [topic, text] of this.#retained) this.#sayRetained(topic, text);
    const settings = this.#settings;
    if (settings === undefined) return;
    const pass = (topic: string, text: string) => voice.pass(topic, text);
    this.#frames = [];
    if (settings.deepstream.enabled) this.#frames.push(new DeepstreamForm(settings.deepstream, device, pass));
    if (settings.dlstreamer.enabled) this.#frames.push(new DlstreamerForm(settings.dlstreamer, device, pass));
    if (!settings.frigate.enabled) return;
    for (const [topic, { text, retain }] of this.#said) voice.say(topic, text, retain);
    if (renamed || this.#frigate === undefined) {
      this.#frigate = this.#makeFrigate(settings, device);
      for (const [camera, state] of this.#cameras) this.#frigate.camera(camera, state);
    }
    this.#available = new FrigateAvailable({
      ...{ topic: this.#frigate.available, config: mqtt, urls, clock },
      clientId: `${mqtt.client_id ?? `detectd-${device}`}-frigate`,
      log: log.child({ component: 'frigate' }),
    });
    await this.#available.start(new AbortController().signal);
  }

  /** The connection is about to be closed in order. */
  async leave(withinMs?: number): Promise<void> {
    this.#up = false;
    await this.#available?.close(withinMs);
    this.#available = undefined;
  }

  /** Retains a text of another program's form, on whatever broker there is; an empty one takes it away. */
  retain(topic: string, text: string): void {
    this.#retained.set(topic, text);
    if (this.#up) this.#sayRetained(topic, text);
  }

  frame(result: FrameResult): void {
    if (this.#frames.length === 0) return;
    const { clock } = this.#options;
    const ageMs = (clock.monotonicUs() - result.capturedAtUs) / 1000;
    const capturedMs = clock.wallMs() - (ageMs > 0 ? Math.min(ageMs, DAY_MS) : 0);
    for (const form of this.#frames) form.frame(result, capturedMs);
  }

  track(event: TrackEvent): void {
    if (this.#frigate === undefined) return;
    const { clock } = this.#options;
    const [nowUs, nowMs] = [clock.monotonicUs(), clock.wallMs()];
    const at = (us: number) => Math.round(nowMs * 1000 - Math.max(0, nowUs - us)) / 1e6;
    this.#frigate.track(event, at);
  }

  camera(camera: string, state: CameraStatus): void {
    this.#cameras.set(camera, state);
    this.#frigate?.camera(camera, state);
  }

  /** The camera is no longer configured. */
  forget(camera: string): void {
    for (const form of this.#frames) form.forget(camera);
    this.#cameras.delete(camera);
    this.#frigate?.forget(camera);
  }

  async #leaveForms(): Promise<void> {
    this.#frames = [];
    this.#frigate = undefined;
    this.#unsay('');
    await this.leave();
  }

  #sayRetained(topic: string, text: string): void {
    this.#options.voice.say(topic, text, true);
    if (text === '') this.#retained.delete(topic);
  }

  #makeFrigate({ frigate }: OutputsConfig, device: string): FrigateForm {
    const { voice } = this.#options;
    return new FrigateForm(frigate, device, {
      say: (topic, text, retain) => {
        if (!this.#said.has(topic) && this.#said.size >= MAX_SAID) return;
        this.#said.set(topic, { text, retain });
        voice.say(topic, text, retain);
      },
      unsay: (beginning) => this.#unsay(beginning),
      event: (topic, payload) => voice.event(topic, payload),
    });
  }

  #unsay(beginning: string): void {
    for (const [topic, { retain }] of this.#said) {
      if (!topic.startsWith(beginning)) continue;
      this.#said.delete(topic);
      this.#options.voice.unsay(topic, retain);
    }
  }
}
