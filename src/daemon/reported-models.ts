/** What each configured model should be and is, as `config/reported` tells it. Pure. */
import type { LoadedConfig } from '../config/load.js';
import { maskSecrets } from '../config/secrets.js';
import type { ReportedModel } from '../core/desired-report.js';
import type { ModelState } from '../core/model-state.js';

/** @param states by name, of the models that cameras use */
export function reportedModels(
  { config, secrets }: Pick<LoadedConfig, 'config' | 'secrets'>,
  states: ReadonlyMap<string, ModelState>,
): Record<string, ReportedModel> {
  const entries = Object.entries(config.models).map(
    ([name, { bundle, version }]): [string, ReportedModel] => {
      const state = states.get(name);
      return [
        name,
        {
          wanted: [maskSecrets(bundle, secrets), version].filter(Boolean).join(' '),
          active: state?.active?.digest,
          phase: state?.update?.phase ?? state?.phase ?? 'unused',
          error: state?.update?.error ?? state?.error,
        },
      ];
    },
  );
  return Object.fromEntries(entries);
}
