/**
 * Remembers, in a file, of which cameras and models something is retained at the broker: what left the configuration while
 * the daemon was down would else stay there for ever, a camera's picture too.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../base/atomic-file.js';
import { readBoundedFile } from '../base/bounded-file.js';
import { messageOf, systemCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { deviceId, resolveFolders } from '../config/folders.js';
import type { LoadedConfig } from '../config/load.js';
import { nameSchema } from '../config/name-schema.js';

export interface NameMemoryOptions {
  env: NodeJS.ProcessEnv;
  hostname: string;
  log: Logger;
  announcer: { forget(camera: string): void; forgetModel(model: string): void };
}

const MAX_BYTES = 1 << 20;
const names = z.array(nameSchema).max(4096);
const form = z.strictObject({ base: z.string(), device: z.string(), cameras: names, models: names });
type Names = z.output<typeof form>;

export class NameMemory {
  readonly #options: NameMemoryOptions;
  #written = '';

  constructor(options: NameMemoryOptions) {
    this.#options = options;
  }

  /** Takes away what earlier starts left; once something can be told. Never throws. */
  async start(loaded: LoadedConfig): Promise<void> {
    const { announcer, log } = this.#options;
    const now = this.#names(loaded);
    try {
      const before = await read(this.#path(loaded));
      this.#written = textOf(before);
      if (before !== undefined && before.base === now.base && before.device === now.device) {
        for (const camera of before.cameras) if (!now.cameras.includes(camera)) announcer.forget(camera);
        for (const model of before.models) if (!now.models.includes(model)) announcer.forgetModel(model);
      }
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'what an earlier start told cannot be read');
    }
    await this.configure(loaded);
  }

  /** Never throws. */
  async configure(loaded: LoadedConfig): Promise<void> {
    const text = textOf(this.#names(loaded));
    if (text === this.#written) return;
    try {
      await writeFileAtomic(this.#path(loaded), text);
      this.#written = text;
    } catch (error) {
      this.#options.log.warn({ reason: messageOf(error) }, 'what is told cannot be remembered');
    }
  }

  #names({ config }: LoadedConfig): Names {
    return {
      base: config.mqtt.base,
      device: deviceId(config, this.#options.hostname),
      cameras: Object.keys(config.cameras),
      models: Object.keys(config.models),
    };
  }

  #path({ config }: LoadedConfig): string {
    return join(resolveFolders(config, { env: this.#options.env }).state, 'names.json');
  }
}

function textOf(names: Names | undefined): string {
  return `${JSON.stringify(names)}\n`;
}

/** Undefined where there is none. */
async function read(path: string): Promise<Names | undefined> {
  try {
    return form.parse(JSON.parse((await readBoundedFile(path, MAX_BYTES)).toString()));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
