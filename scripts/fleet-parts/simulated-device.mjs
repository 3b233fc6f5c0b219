/**
 * A device without cameras: the daemon's own announcer, publisher and client, given recorded results. Used by the fleet
 * and by the proofs of publishing.
 */
import { join } from 'node:path';
import { systemClock } from '../../dist/base/clock.js';
import { createLogger } from '../../dist/base/logger.js';
import { configSchema } from '../../dist/config/schema.js';
import { Announcer } from '../../dist/publish/announcer.js';

const quiet = createLogger({ level: 'silent', pretty: false, fd: 2 });

/** The whole of a configuration with its defaults. */
export function settingsOf(sections) {
  return configSchema.parse({
    models: { shapes: { bundle: 'shapes' } },
    cameras: { gate: { source: 'test:shapes', model: 'shapes' } },
    ...sections,
  });
}

export class SimulatedDevice {
  #settings;
  #device;
  #announcer;

  /** `folder`: what is stored lies there on the disk; without it it is kept in memory alone. */
  constructor({ settings, device, bootId, folder, clock = systemClock, log = quiet }) {
    this.#settings = settings;
    this.#device = device;
    const { outbox } = settings;
    const kept =
      folder === undefined
        ? { folder: '', settings: { ...outbox, enabled: false } }
        : { folder: join(folder, 'outbox'), settings: outbox };
    this.#announcer = new Announcer({ bootId, version: '0.0.0', clock, log, outbox: kept });
  }

  /** Connects, as far as the broker is there; says that it is ready. */
  async start(signal = new AbortController().signal) {
    await this.#announcer.start(this.#settings.mqtt, this.#device, signal);
    this.#announcer.status('ready', '');
  }

  get connected() {
    return this.#announcer.services().every((service) => service.health().state === 'ok');
  }

  detections(result) {
    this.#announcer.detections(result);
  }

  event(event) {
    this.#announcer.event(event);
  }

  /** What the outbox has counted. */
  outbox() {
    return this.#announcer.stored();
  }

  counters() {
    return this.#announcer.counters();
  }

  close(withinMs) {
    return this.#announcer.close(withinMs);
  }
}
