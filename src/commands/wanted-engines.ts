/** The engines that models want on a machine: by model, the ways its pictures arrive, provider and precision. */
import { DetectdError, type ErrorData } from '../base/errors.js';
import { openBundle } from '../bundle/bundle.js';
import { parseModelSource } from '../config/model-source.js';
import { modelPlan, usedModels } from '../config/plan.js';
import type { Config } from '../config/schema.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { PixelFormat } from '../core/frame.js';
import type { PreprocessMode } from '../core/prepared-graph.js';
import type { ModelPlan, ProviderName } from '../core/worker-plan.js';
import { type EngineChoice, engineChoices } from '../engines/engine-choice.js';
import { needsExactMode } from '../graph/picture-feeds.js';
import { PREPARATION_VERSION } from '../graph/prepare.js';
import { usableProviders } from '../inference/providers.js';
import { servingBundles } from './serving-bundles.js';

/** A model, and how its pictures arrive. */
export interface WantedModel {
  plan: ModelPlan;
  modes: readonly PreprocessMode[];
}

/** What one model wants for pictures that arrive in one way. */
export interface WantedEngines {
  plan: ModelPlan;
  /** As the bundle calls itself, which engines are filed under. */
  bundleName: string;
  mode: PreprocessMode;
  /** Best first; none where no provider can serve them. */
  choices: EngineChoice[];
}

export interface WantedOptions {
  device: DeviceInfo;
  /** Of the frames that cameras deliver here. */
  format: PixelFormat;
  /** Folder for unpacked bundle archives. */
  scratchFolder: string;
  /** For a model, best first. */
  providers: (plan: ModelPlan) => readonly ProviderName[];
}

/** Each model of the configuration, used by a camera or not. Paths in it must be absolute. */
export function configuredModels(config: Config): WantedModel[] {
  const used = new Map(usedModels(config).map(({ name, modes }) => [name, modes]));
  return Object.entries(config.models).map(([name, settings]) => ({
    plan: modelPlan(name, settings),
    modes: used.get(name) ?? ['live'],
  }));
}

/** Each with the version that serves, where it was fetched; one of which there is none yet fails when it is opened. */
export async function servingModels(config: Config, state: string): Promise<WantedModel[]> {
  const bundles = await servingBundles(config, state);
  return configuredModels(config).map(({ plan, modes }) => {
    return { plan: { ...plan, bundle: bundles.get(plan.name) ?? plan.bundle }, modes };
  });
}

/** `problems`: of models whose bundle cannot be read. */
export async function wantedEngines(
  models: readonly WantedModel[],
  options: WantedOptions,
): Promise<{ wanted: WantedEngines[]; problems: { model: string; error: ErrorData }[] }> {
  const { device, format, scratchFolder, providers } = options;
  const wanted: WantedEngines[] = [];
  const problems: { model: string; error: ErrorData }[] = [];
  for (const { plan, modes } of models) {
    try {
      if (parseModelSource(plan.bundle).kind !== 'place') throw notFetched(plan.name);
      const bundle = await openBundle(plan.bundle, scratchFolder);
      const bundleName = bundle.manifest?.name ?? plan.name;
      const { precision, dlaCore } = plan;
      for (const mode of needsExactMode(bundle.inferCfg) ? (['exact'] as const) : modes) {
        const maxBatch = mode === 'live' ? (plan.maxBatch ?? 1) : 1;
        const flags = { maxBatch, ...(dlaCore === undefined ? {} : { dlaCore }) };
        const how = { bundle, mode, format, device, precision, preparation: PREPARATION_VERSION };
        const choices = engineChoices({ ...how, ...flags, providers: providers(plan) });
        wanted.push({ plan, bundleName, mode, choices });
      }
    } catch (error) {
      problems.push({ model: plan.name, error: DetectdError.from(error).toData() });
    }
  }
  return { wanted, problems };
}

function notFetched(model: string): DetectdError {
  return new DetectdError(
    'UPDATE_UNKNOWN',
    `No version of the model "${model}" has been fetched yet.`,
    `Start the daemon, or run "detectd models install ${model} --activate".`,
  );
}

/** `auto` tries what ONNX Runtime brings here, best first. */
export function providersOf(
  setting: ModelPlan['provider'],
  { onnxruntimeProviders }: Pick<DeviceInfo, 'onnxruntimeProviders'>,
): ProviderName[] {
  return setting === 'auto' ? usableProviders('auto', onnxruntimeProviders) : [setting];
}
