/**
 * What should run, from the configuration and from what is known of the machine: its facts, and which providers are to
 * be trusted on it.
 */
import { ensureFolder } from '../base/writable-folder.js';
import { resolveFolders } from '../config/folders.js';
import type { LoadedConfig } from '../config/load.js';
import { workerPlan } from '../config/plan.js';
import type { Config, ModelConfig } from '../config/schema.js';
import { type DeviceInfo, UNKNOWN_DEVICE } from '../core/device-info.js';
import type { ModelPlan, ProviderName, ShadowPlan, WorkerPlan } from '../core/worker-plan.js';

export interface RunPlansOptions {
  env: NodeJS.ProcessEnv;
  pretty: boolean;
  measureCpu: boolean;
  /** To be trusted for a model, best first. */
  providers: (model: ModelPlan) => ProviderName[];
  /** As in PlanOptions. */
  bundleOf: (name: string, model: ModelConfig) => string | undefined;
}

export class RunPlans {
  readonly #options: RunPlansOptions;
  /** What is known of the machine by now. */
  device: DeviceInfo = UNKNOWN_DEVICE;
  /** Frames per second over all cameras; undefined: as many as come. */
  maxRate: number | undefined;
  /** A new version that runs beside the one that serves. */
  shadow: ShadowPlan | undefined;

  constructor(options: RunPlansOptions) {
    this.#options = options;
  }

  /** `instead`: a model with another bundle than the one that is to serve; part of the plan even if no camera uses it. */
  worker({ config, folder }: LoadedConfig, instead?: { model: string; path: string }): WorkerPlan {
    const { env, bundleOf, ...options } = this.#options;
    const plan = workerPlan(config, resolveFolders(config, { env }), folder, {
      ...options,
      bundleOf: (name, model) => (name === instead?.model ? instead.path : bundleOf(name, model)),
      device: this.device,
      ...(instead === undefined ? {} : { also: instead.model }),
    });
    const { maxRate, shadow } = this;
    return {
      ...plan,
      ...(maxRate === undefined ? {} : { maxRate }),
      ...(shadow === undefined ? {} : { shadow }),
    };
  }

  /** Makes the folders that the daemon writes to. Throws FOLDER_UNWRITABLE. */
  async ensureFolders(config: Config): Promise<void> {
    const { cache, state } = resolveFolders(config, { env: this.#options.env });
    await ensureFolder(cache, 'paths.cache');
    await ensureFolder(state, 'paths.state');
  }
}
