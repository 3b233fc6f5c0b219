/** What the device says of itself: the models that a worker has loaded, its cameras, and the machine. */
import type { Logger } from '../base/logger.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { ModelReport } from '../ipc/protocol.js';
import type { InfoFacts } from '../publish/announcer.js';

export interface InfoDeskOptions {
  log: Logger;
  announce: (facts: InfoFacts) => void;
  stepsDown: () => InfoFacts['stepsDown'];
  cameras: () => string[];
  /** Without an architecture nothing is known of it yet. */
  device: () => DeviceInfo;
}

export class InfoDesk {
  readonly #options: InfoDeskOptions;
  #models: readonly ModelReport[] = [];

  constructor(options: InfoDeskOptions) {
    this.#options = options;
  }

  /** A worker has loaded these. */
  loaded(models: readonly ModelReport[]): void {
    this.#models = models;
    for (const { identity, provider, precision, family, loadMs, notes } of models)
      this.#options.log.info(
        { version: identity.version, provider, precision, family, loadMs, notes },
        `model "${identity.name}" ready`,
      );
    this.tell();
  }

  /** Nothing, before a worker has loaded anything. */
  tell(): void {
    const { announce, stepsDown, cameras, device } = this.#options;
    if (this.#models.length === 0) return;
    const machine = device();
    announce({
      models: this.#models,
      stepsDown: stepsDown(),
      cameras: cameras(),
      fingerprint: machine.architecture === undefined ? undefined : machine,
    });
  }
}
