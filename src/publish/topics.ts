/**
 * Every topic of one device, and what travels on it. `TopicPayloads` is the one type from topic to
 * payload; `DELIVERY` says how each is sent.
 */
import { DetectdError } from '../base/errors.js';
import type { HealthPayload } from './health-payload.js';
import type { ModelStatePayload } from './model-state-payload.js';
import type { CameraStatusPayload, DetectionsPayload, InfoPayload, StatusPayload } from './payloads.js';
import type { ReportedPayload } from './reported-payload.js';
import type { CountsPayload } from './schemas/counts-schema.js';
import type { EventPayload } from './schemas/event-schema.js';
import type { TrackPayload } from './schemas/track-schema.js';
import type { ShadowPayload } from './shadow-payload.js';

export interface TopicPayloads {
  status: StatusPayload;
  info: InfoPayload;
  health: HealthPayload;
  events: EventPayload;
  'cameras/{camera}/status': CameraStatusPayload;
  'cameras/{camera}/detections': DetectionsPayload;
  'cameras/{camera}/events': TrackPayload;
  'cameras/{camera}/counts': CountsPayload;
  'models/{model}/state': ModelStatePayload;
  'models/{model}/shadow': ShadowPayload;
  'config/reported': ReportedPayload;
}

export type TopicKind = keyof TopicPayloads;

export interface Delivery {
  qos: 0 | 1;
  retain: boolean;
}

export const DELIVERY: Record<TopicKind, Delivery> = {
  status: { qos: 1, retain: true },
  info: { qos: 1, retain: true },
  health: { qos: 0, retain: true },
  events: { qos: 1, retain: false },
  'cameras/{camera}/status': { qos: 1, retain: true },
  'cameras/{camera}/detections': { qos: 0, retain: false },
  'cameras/{camera}/events': { qos: 1, retain: false },
  'cameras/{camera}/counts': { qos: 1, retain: true },
  'models/{model}/state': { qos: 1, retain: true },
  'models/{model}/shadow': { qos: 0, retain: true },
  'config/reported': { qos: 1, retain: true },
};

/** Name of the schema of each, in config/schemas. */
export const SCHEMAS: Record<TopicKind, string> = {
  status: 'status',
  info: 'info',
  health: 'health',
  events: 'event',
  'cameras/{camera}/status': 'camera-status',
  'cameras/{camera}/detections': 'detections',
  'cameras/{camera}/events': 'track',
  'cameras/{camera}/counts': 'counts',
  'models/{model}/state': 'model-state',
  'models/{model}/shadow': 'shadow',
  'config/reported': 'reported',
};

/** Name of the stream of events of the device. */
export const EVENTS = 'events';

/** Longest topic that is used; brokers allow 65,535 bytes, some services only 256. */
const MAX_TOPIC_BYTES = 1024;

export class Topics {
  /** `<base>/<device>`; a slash at the end of `base` is dropped. */
  readonly root: string;
  readonly base: string;

  constructor(base: string, device: string) {
    this.base = base.replace(/\/+$/, '');
    this.root = checked(`${this.base}/${segment(device)}`);
  }

  get status(): string {
    return `${this.root}/status`;
  }

  get info(): string {
    return `${this.root}/info`;
  }

  get health(): string {
    return `${this.root}/health`;
  }

  /** What happens to the device. */
  get deviceEvents(): string {
    return `${this.root}/${EVENTS}`;
  }

  cameraStatus(camera: string): string {
    return this.#camera(camera, 'status');
  }

  /** Filter that matches the status of every camera. */
  get everyCameraStatus(): string {
    return `${this.root}/cameras/+/status`;
  }

  detections(camera: string): string {
    return this.#camera(camera, 'detections');
  }

  /** Path of the topic of detections below the root, which is the name of their stream. */
  static detectionsStream(camera: string): string {
    return `cameras/${camera}/detections`;
  }

  static eventsStream(camera: string): string {
    return `cameras/${camera}/events`;
  }

  events(camera: string): string {
    return this.#camera(camera, 'events');
  }

  counts(camera: string): string {
    return this.#camera(camera, 'counts');
  }

  /** A JPEG as it is, retained. */
  snapshot(camera: string): string {
    return this.#camera(camera, 'snapshot');
  }

  modelState(model: string): string {
    return checked(`${this.root}/models/${segment(model)}/state`);
  }

  modelShadow(model: string): string {
    return checked(`${this.root}/models/${segment(model)}/shadow`);
  }

  /** Filter that matches the state of every model. */
  get everyModelState(): string {
    return `${this.root}/models/+/state`;
  }

  /** The document for this device. */
  get configDesired(): string {
    return `${this.root}/config/desired`;
  }

  /** The document for all devices of this base, unless another topic is configured for it. */
  get fleetDesired(): string {
    return checked(`${this.base}/fleet/config/desired`);
  }

  get configReported(): string {
    return `${this.root}/config/reported`;
  }

  command(name: string): string {
    return checked(`${this.root}/cmd/${segment(name)}`);
  }

  commandReply(name: string): string {
    return `${this.command(name)}/reply`;
  }

  /** A topic that nobody else uses, for a round trip through the broker. */
  check(token: string): string {
    return checked(`${this.root}/check/${segment(token)}`);
  }

  /** The camera named in a topic of `cameraStatus`, or undefined for any other topic. */
  cameraOfStatus(topic: string): string | undefined {
    return nameBetween(`${this.root}/cameras/`, topic, '/status');
  }

  /** The model named in a topic of `modelState`, or undefined for any other topic. */
  modelOfState(topic: string): string | undefined {
    return nameBetween(`${this.root}/models/`, topic, '/state');
  }

  #camera(camera: string, leaf: string): string {
    return checked(`${this.root}/cameras/${segment(camera)}/${leaf}`);
  }
}

function nameBetween(start: string, topic: string, end: string): string | undefined {
  if (!topic.startsWith(start) || !topic.endsWith(end)) return undefined;
  const name = topic.slice(start.length, -end.length);
  return name === '' || name.includes('/') ? undefined : name;
}

/** One level of a topic: not empty, no separator, no wildcard, no control character. */
function segment(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: brokers close the connection on them
  if (text === '' || /[/+#\u0000-\u001f\u007f]/.test(text)) throw invalid(text);
  return text;
}

function checked(topic: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: brokers close the connection on them
  const bad = topic.startsWith('/') || /[+#\u0000-\u001f\u007f]/.test(topic);
  if (bad || Buffer.byteLength(topic) > MAX_TOPIC_BYTES) throw invalid(topic);
  return topic;
}

function invalid(text: string): DetectdError {
  return new DetectdError(
    'CONFIG_INVALID',
    `${JSON.stringify(text.slice(0, 80))} cannot be part of an MQTT topic.`,
    'Use short names of a-z, 0-9, "_" and "-" for the base topic, the device, models and cameras.',
  );
}
