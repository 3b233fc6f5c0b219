/** The engines that a configuration wants on a machine: by model, the ways its pictures arrive, and provider. */
import { DetectdError, type ErrorData } from '../base/errors.js';
import { openBundle } from '../bundle/bundle.js';
import { usedModels } from '../config/plan.js';
import type { Config, ModelConfig } from '../config/schema.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { PixelFormat } from '../core/frame.js';
import type { PreprocessMode } from '../core/prepared-graph.js';
import type { ProviderName } from '../core/worker-plan.js';
import { type EngineKey, engineKey } from '../engines/engine-key.js';
import { engineRequest } from '../engines/engine-request.js';
import { needsExactMode } from '../graph/picture-feeds.js';
import { PREPARATION_VERSION } from '../graph/prepare.js';

export interface EngineWish {
  /** As the configuration names it. */
  model: string;
  /** As the bundle does, which engines are filed under. */
  bundleName: string;
  mode: PreprocessMode;
  provider: ProviderName;
  key: EngineKey;
}

export interface WantedEngines {
  wishes: EngineWish[];
  /** Models whose bundle cannot be read. */
  problems: { model: string; error: ErrorData }[];
}

export interface WantedOptions {
  device: DeviceInfo;
  /** Of the frames that cameras deliver here. */
  format: PixelFormat;
  /** Folder for unpacked bundle archives. */
  scratchFolder: string;
}

/** For each model of the configuration, used by a camera or not. Paths in it must be absolute. */
export async function wantedEngines(config: Config, options: WantedOptions): Promise<WantedEngines> {
  const { device, format, scratchFolder } = options;
  const used = new Map(usedModels(config).map(({ name, modes }) => [name, modes]));
  const wanted: WantedEngines = { wishes: [], problems: [] };
  for (const [model, settings] of Object.entries(config.models)) {
    try {
      const bundle = await openBundle(settings.bundle, scratchFolder);
      const modes = needsExactMode(bundle.inferCfg) ? (['exact'] as const) : (used.get(model) ?? ['live']);
      const bundleName = bundle.manifest?.name ?? model;
      for (const mode of modes)
        for (const provider of providersOf(settings.provider, device)) {
          const how = { bundle, mode, provider, format, preparation: PREPARATION_VERSION };
          const key = engineKey(engineRequest({ ...how, precision: settings.precision }), device);
          wanted.wishes.push({ model, bundleName, mode, provider, key });
        }
    } catch (error) {
      wanted.problems.push({ model, error: DetectdError.from(error).toData() });
    }
  }
  return wanted;
}

const PROVIDERS: readonly ProviderName[] = ['tensorrt', 'cuda', 'cpu'];

/** `auto` tries what ONNX Runtime brings here, best first. */
export function providersOf(
  setting: ModelConfig['provider'],
  { onnxruntimeProviders }: Pick<DeviceInfo, 'onnxruntimeProviders'>,
): ProviderName[] {
  if (setting !== 'auto') return [setting];
  const brought = new Set(onnxruntimeProviders?.split(', '));
  return PROVIDERS.filter((provider) => provider === 'cpu' || brought.has(provider));
}
