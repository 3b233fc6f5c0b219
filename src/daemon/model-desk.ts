/**
 * Puts together what a daemon does about its models beside running them: trials of providers, builds of engines, and
 * what is said about both.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { ModelState } from '../core/model-state.js';
import { providerFingerprint } from '../engines/provider-fingerprint.js';
import { ProviderTrust } from '../inference/provider-trust.js';
import { VerdictMemory } from '../inference/verdict-memory.js';
import { BuilderHost } from '../supervisor/builder-host.js';
import { EngineKeeper, type EngineKeeperOptions } from '../supervisor/engine-keeper.js';
import { ModelCare, type ModelCareOptions } from '../supervisor/model-care.js';
import { providerTrial } from '../supervisor/provider-trial.js';

export interface ModelDeskOptions {
  /** Of child processes. */
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Logger;
  cacheFolder: string;
  /** Has a fresh worker take over. */
  renew: (reason: string) => Promise<void>;
  /** A provider was tried. */
  onVerdict: () => void;
  publish: (state: ModelState) => void;
  /** An engine was built, or with `error` was not. */
  onBuilt: NonNullable<EngineKeeperOptions['onBuilt']>;
  /** The model is no longer configured. */
  forget: (model: string) => void;
  updates: ModelCareOptions['updates'];
  kept: NonNullable<EngineKeeperOptions['kept']>;
}

const PROBE = new URL('../worker/probe-main.js', import.meta.url);
const BUILDER = new URL('../builder/main.js', import.meta.url);

export function modelDesk(options: ModelDeskOptions): {
  trust: ProviderTrust;
  care: ModelCare;
  keeper: EngineKeeper;
} {
  const { env, clock, log, cacheFolder, renew, onVerdict, publish, forget, updates } = options;
  const trust = new ProviderTrust({
    memory: new VerdictMemory(cacheFolder, clock),
    fingerprint: providerFingerprint,
    tryOut: (provider, signal) => providerTrial(provider, { module: PROBE, env, clock, signal }),
    clock,
    log: log.child({ component: 'providers' }),
    onVerdict,
  });
  const keeper = new EngineKeeper({
    builder: (job, onProgress) =>
      new BuilderHost({ module: BUILDER, env, stdout: 1, clock, job, onProgress }),
    ...{ onBuilt: options.onBuilt, kept: options.kept, renew },
    clock,
    log: log.child({ component: 'engines' }),
  });
  return { trust, keeper, care: new ModelCare({ trust, keeper, clock, publish, forget, updates }) };
}
