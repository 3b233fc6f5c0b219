/** The slots of a configuration's models, for the commands that look at them or change them. */
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { resolveFolders } from '../config/folders.js';
import { modelSourceText } from '../config/model-source.js';
import type { Config } from '../config/schema.js';
import { maskSecrets } from '../config/secrets.js';
import type { ModelTarget } from '../core/model-update.js';
import { type ModelWish, modelWish } from '../models/model-target.js';
import { loadAsDaemon } from './config-documents.js';

export interface ConfiguredSlots {
  config: Config;
  state: string;
  cache: string;
  wishes: Map<string, ModelWish>;
  /** Where a model comes from, without what must not be shown. */
  shown: (target: ModelTarget) => string;
}

/**
 * Reads the configuration `file`, or the one that `run` would read, and over it the documents that the daemon has taken:
 * what it wants is what counts. Throws CONFIG_… errors; makes nothing.
 */
export async function configuredSlots(io: CommandIo, file: string | undefined): Promise<ConfiguredSlots> {
  const { config, secrets } = await loadAsDaemon(io, file);
  const wishes = new Map(Object.entries(config.models).map(([name, model]) => [name, modelWish(model)]));
  const shown = ({ source }: ModelTarget): string => maskSecrets(modelSourceText(source), secrets);
  return { config, ...resolveFolders(config, { env: io.env }), wishes, shown };
}

/** Throws UPDATE_UNKNOWN for a model that is not configured. */
export function requireWish({ wishes }: Pick<ConfiguredSlots, 'wishes'>, model: string): ModelWish {
  const wish = wishes.get(model);
  if (wish !== undefined) return wish;
  throw new DetectdError(
    'UPDATE_UNKNOWN',
    `The configuration has no model ${JSON.stringify(model)}.`,
    `It has ${[...wishes.keys()].join(', ')}.`,
  );
}
