/** Tells everybody in what state the device is: the log and MQTT when it changes, systemd as it goes on. */
import type { Logger } from '../base/logger.js';
import { maskSecrets } from '../config/secrets.js';
import type { SystemdNotifier } from '../health/sd-notify.js';
import { type DeviceParts, type DeviceState, deviceState, statusLine } from '../supervisor/device-state.js';
import type { EventTeller } from './event-teller.js';

export interface StateTellerOptions {
  log: Logger;
  notifier: Pick<SystemdNotifier, 'status' | 'extendTimeout'>;
  events: Pick<EventTeller, 'state'>;
  announce: (state: DeviceState['state'], reason: string) => void;
}

/** What goes on beside the detection, in words; undefined for nothing. */
type Work = string | undefined;

const EXTENSION_US = 10_000_000;

export class StateTeller {
  readonly #options: StateTellerOptions;
  #told: DeviceState = { state: 'starting', reason: '' };

  constructor(options: StateTellerOptions) {
    this.#options = options;
  }

  /** To be called every second. */
  tell(parts: DeviceParts, secrets: Parameters<typeof maskSecrets>[1], work: Work): void {
    const { log, notifier, events, announce } = this.#options;
    const state = deviceState(parts);
    const next = { ...state, reason: maskSecrets(state.reason, secrets) };
    if (next.state !== this.#told.state || next.reason !== this.#told.reason) {
      const level = next.state === this.#told.state ? 'debug' : 'info';
      log[level](next.reason === '' ? next.state : `${next.state}: ${next.reason}`);
      this.#told = next;
      announce(next.state, next.reason);
      events.state(next.state, next.reason);
    }
    notifier.status(statusLine(next, parts.cameras, work));
    // A unit that waits for its first inference, or builds, is not to be killed for it: a restart would not help.
    if (!parts.everReady || work !== undefined) notifier.extendTimeout(EXTENSION_US);
  }
}
