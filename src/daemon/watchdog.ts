/** systemd hears of us unless something is stuck that a restart of the whole daemon would cure. */
import type { Clock, Timer } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { type Service, worstHealth } from '../core/service.js';
import type { SystemdNotifier } from '../health/sd-notify.js';

export interface WatchdogOptions {
  clock: Clock;
  log: Logger;
  notifier: Pick<SystemdNotifier, 'watchdog' | 'watchdogIntervalMs'>;
  /** All there are at the moment. */
  services: () => Pick<Service, 'name' | 'health'>[];
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  #timer: Timer | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** Does nothing where no watchdog is wanted. */
  start(): void {
    const { clock, notifier } = this.#options;
    const intervalMs = notifier.watchdogIntervalMs;
    if (intervalMs !== undefined) this.#timer = clock.every(intervalMs, () => this.#feed());
  }

  close(): void {
    this.#timer?.cancel();
  }

  #feed(): void {
    const { log, notifier, services } = this.#options;
    const worst = worstHealth(
      services().map((service) => ({ name: service.name, health: service.health() })),
    );
    if (worst.state === 'stuck') log.fatal(`watchdog not fed: ${worst.reason}`);
    else notifier.watchdog();
  }
}
