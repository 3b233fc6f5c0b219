/**
 * What a device has told about itself, message by message. It comes from a broker, where anybody may have written: a
 * message that is not what detectd publishes is passed over, and beyond that nothing in it is promised to be of its type.
 */
import type { Clock } from '../base/clock.js';
import type { ModelStatePayload } from './model-state-payload.js';
import { decodePayload } from './payload-codec.js';
import type { CameraStatusPayload, InfoPayload, StatusPayload } from './payloads.js';
import type { Topics } from './topics.js';

export interface DeviceState {
  device: string;
  /** Undefined where nothing is retained. */
  status: StatusPayload | undefined;
  info: InfoPayload | undefined;
  /** A HealthPayload of any version of detectd; each field has to be checked by who uses it. */
  health: Record<string, unknown> | undefined;
  cameras: Record<string, CameraStatusPayload>;
  models: Record<string, ModelStatePayload>;
}

/** Nothing that a device says about itself comes near this. */
const MAX_BYTES = 1024 * 1024;
const MAX_NAMES = 1024;

export class DeviceBook {
  readonly state: DeviceState;
  readonly #topics: Topics;
  readonly #clock: Pick<Clock, 'monotonicUs'>;
  #heardUs: number | undefined;
  #healthUs: number | undefined;

  constructor(options: { device: string; topics: Topics; clock: Pick<Clock, 'monotonicUs'> }) {
    const { device, topics, clock } = options;
    this.#topics = topics;
    this.#clock = clock;
    this.state = { device, status: undefined, info: undefined, health: undefined, cameras: {}, models: {} };
  }

  /** What to subscribe to; health first, since it may be missing and is then known to be. */
  get filters(): string[] {
    const { status, info, health, everyCameraStatus, everyModelState } = this.#topics;
    return [health, status, info, everyCameraStatus, everyModelState];
  }

  /** Whether all that the device lists is there; `health` is not listed. */
  get isComplete(): boolean {
    const { status, info, cameras, models } = this.state;
    if (status === undefined || info === undefined) return false;
    if (!info.cameras.every((camera) => Object.hasOwn(cameras, camera))) return false;
    return Object.keys(info.models).every((model) => Object.hasOwn(models, model));
  }

  /** Since the newest message, retained ones included; undefined where none has come. */
  get heardMsAgo(): number | undefined {
    return this.#since(this.#heardUs);
  }

  /** Since `health` was published, by this machine's clock; undefined where only a retained one has come. */
  get healthMsAgo(): number | undefined {
    return this.#since(this.#healthUs);
  }

  /** Puts one message in its place; false when it was passed over. */
  take(topic: string, payload: Buffer, retained: boolean): boolean {
    const taken = payload.length === 0 ? this.#remove(topic) : this.#put(topic, payload, retained);
    if (taken) this.#heardUs = this.#clock.monotonicUs();
    return taken;
  }

  #put(topic: string, payload: Buffer, retained: boolean): boolean {
    const message = parsed(payload);
    if (message === undefined) return false;
    const { status, info, health } = this.#topics;
    if (topic === status && typeof message['state'] === 'string') {
      this.state.status = message as unknown as StatusPayload;
    } else if (topic === info && isInfo(message)) {
      this.state.info = message as unknown as InfoPayload;
    } else if (topic === health) {
      this.state.health = message;
      this.#healthUs = retained ? undefined : this.#clock.monotonicUs();
    } else {
      const camera = this.#topics.cameraOfStatus(topic);
      if (camera !== undefined && typeof message['state'] === 'string')
        return put(this.state.cameras, camera, message);
      const model = this.#topics.modelOfState(topic);
      return model !== undefined && isModelState(message) && put(this.state.models, model, message);
    }
    return true;
  }

  /** An empty message takes away what was retained. */
  #remove(topic: string): boolean {
    const camera = this.#topics.cameraOfStatus(topic);
    if (camera !== undefined) return Reflect.deleteProperty(this.state.cameras, camera);
    const model = this.#topics.modelOfState(topic);
    return model !== undefined && Reflect.deleteProperty(this.state.models, model);
  }

  #since(us: number | undefined): number | undefined {
    return us === undefined ? undefined : (this.#clock.monotonicUs() - us) / 1000;
  }
}

function put(record: object, name: string, value: unknown): boolean {
  if (!Object.hasOwn(record, name) && Object.keys(record).length >= MAX_NAMES) return false;
  // defineProperty: a camera may have any name, "__proto__" too.
  return Reflect.defineProperty(record, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function isModelState({ phase, steps_down: stepsDown }: Record<string, unknown>): boolean {
  return typeof phase === 'string' && Array.isArray(stepsDown) && stepsDown.every(isRecord);
}

function isInfo({ cameras, models }: Record<string, unknown>): boolean {
  if (!Array.isArray(cameras) || !cameras.every((camera) => typeof camera === 'string')) return false;
  return isRecord(models) && Object.values(models).every(isRecord);
}

function parsed(payload: Buffer): Record<string, unknown> | undefined {
  if (payload.length > MAX_BYTES) return undefined;
  try {
    const value: unknown = decodePayload(payload);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
