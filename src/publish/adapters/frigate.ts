/**
 * Tells of objects and cameras on the topics of Frigate (0.18): events, counts and states. What Frigate sends without
 * retaining it is not retained here either, but said again to every new connection.
 */
import type { OutputsConfig } from '../../config/schema.js';
import { delivers } from '../../core/camera-state.js';
import type { TrackEvent } from '../../core/track-event.js';
import type { CameraStatus } from '../schemas/camera-status-schema.js';
import { filledTopic } from './frame-form.js';
import { type FrigateCount, FrigateCounts } from './frigate-counts.js';
import { FrigateObjects } from './frigate-objects.js';

export interface FrigateVoice {
  /** The latest of its topic, sent now and to each new connection. */
  say(topic: string, text: string, retain: boolean): void;
  /** Nothing is said on topics that begin so any more, and nothing stays at the broker. */
  unsay(beginning: string): void;
  /** Sends an event, once. */
  event(topic: string, payload: object): void;
}

/** What Frigate says of the camera itself. */
interface CameraTopics {
  status: string;
  enabled: string;
  detect: string;
}

export class FrigateForm {
  readonly #topic: string;
  readonly #labels: ReadonlySet<string> | undefined;
  readonly #voice: FrigateVoice;
  readonly #objects = new FrigateObjects();
  readonly #counts = new FrigateCounts();
  readonly #cameras = new Map<string, CameraTopics>();

  constructor(settings: OutputsConfig['frigate'], device: string, voice: FrigateVoice) {
    this.#topic = filledTopic(settings.topic, { device });
    this.#labels = settings.labels === undefined ? undefined : new Set(settings.labels);
    this.#voice = voice;
  }

  get available(): string {
    return `${this.#topic}/available`;
  }

  /** @param at seconds since 1970 of a Clock.monotonicUs() */
  track(event: TrackEvent, at: (us: number) => number): void {
    if (this.#labels?.has(event.label) === false) return;
    this.#voice.event(`${this.#topic}/events`, this.#objects.take(event, at));
    this.#sayCounts(this.#counts.take(event));
  }

  camera(camera: string, state: CameraStatus): void {
    const { status, enabled, detect } = this.#topicsOf(camera);
    this.#sayCounts(this.#counts.begin(camera, [...(this.#labels ?? [])]));
    const on = state === 'disabled' ? 'OFF' : 'ON';
    this.#voice.say(enabled, on, true);
    this.#voice.say(detect, on, true);
    this.#voice.say(status, state === 'disabled' ? state : delivers(state) ? 'online' : 'offline', false);
  }

  forget(camera: string): void {
    this.#cameras.delete(camera);
    this.#counts.forget(camera);
    this.#voice.unsay(`${this.#topic}/${camera}/`);
  }

  #sayCounts(counts: readonly FrigateCount[]): void {
    for (const { camera, label, all, active } of counts) {
      const topic = `${this.#topic}/${camera}/${label}`;
      this.#voice.say(topic, String(all), false);
      this.#voice.say(`${topic}/active`, String(active), false);
    }
  }

  #topicsOf(camera: string): CameraTopics {
    let topics = this.#cameras.get(camera);
    if (topics === undefined) {
      const root = `${this.#topic}/${camera}`;
      topics = {
        status: `${root}/status/detect`,
        enabled: `${root}/enabled/state`,
        detect: `${root}/detect/state`,
      };
      this.#cameras.set(camera, topics);
    }
    return topics;
  }
}
