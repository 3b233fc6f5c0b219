/**
 * A device without cameras: the daemon's own announcer, publisher and client, given recorded results. Used by the fleet
 * and by the proofs of publishing.
 */
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

  constructor({ settings, device, bootId, clock = systemClock, log = quiet }) {
    this.#settings = settings;
    this.#device = device;
    this.#announcer = new Announcer({ bootId, version: '0.0.0', clock, log });
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

  counters() {
    return this.#announcer.counters();
  }

  close(withinMs) {
    return this.#announcer.close(withinMs);
  }
}
