/** What Home Assistant is told of this device, from the configuration and what workers have loaded; remembered in a file. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../base/atomic-file.js';
import { readBoundedFile } from '../base/bounded-file.js';
import type { Clock } from '../base/clock.js';
import { systemCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { deviceId, resolveFolders } from '../config/folders.js';
import type { LoadedConfig } from '../config/load.js';
import type { Announcer, InfoFacts } from '../publish/announcer.js';
import { type Announced, HomeAssistant } from '../publish/home-assistant/home-assistant.js';

export interface HomeAssistantDeskOptions {
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Logger;
  hostname: string;
  /** Of detectd. */
  version: string;
  announcer: Pick<Announcer, 'foreign' | 'listen'>;
}

const MAX_BYTES = 1 << 20;
const form = z.strictObject({
  topic: z
    .string()
    .min(1)
    .max(1000)
    .regex(/^[^+#\0]+$/),
  components: z.record(
    z.string().max(300),
    z.enum(['binary_sensor', 'sensor', 'camera', 'switch', 'button', 'update', 'event']),
  ),
});

export class HomeAssistantDesk {
  readonly #options: HomeAssistantDeskOptions;
  readonly #known = new Map<string, readonly string[]>();
  #machine: InfoFacts['fingerprint'];
  #voice: HomeAssistant | undefined;
  #loaded: LoadedConfig | undefined;

  constructor(options: HomeAssistantDeskOptions) {
    this.#options = options;
  }

  async start(loaded: LoadedConfig): Promise<void> {
    const { env, clock, log, announcer } = this.#options;
    const path = join(resolveFolders(loaded.config, { env }).state, 'home-assistant.json');
    this.#voice = new HomeAssistant({
      clock,
      log: log.child({ component: 'home-assistant' }),
      announce: (topic, text) => announcer.foreign(topic, text),
      listen: (topic, hear) => announcer.listen(topic, hear),
      memory: { read: () => read(path), write: (announced) => write(path, announced) },
    });
    await this.#voice.start();
    this.configure(loaded);
  }

  configure(loaded: LoadedConfig): void {
    this.#loaded = loaded;
    this.#tell();
  }

  /** A worker has loaded models, or the machine is known. */
  info({ models, fingerprint }: Pick<InfoFacts, 'models' | 'fingerprint'>): void {
    for (const { identity, labels } of models) this.#known.set(identity.name, labels);
    this.#machine = fingerprint;
    this.#tell();
  }

  async close(): Promise<void> {
    await this.#voice?.close();
  }

  #tell(): void {
    if (this.#loaded === undefined) return;
    const { home_assistant, mqtt, remote, cameras, models, tracking, ...rest } = this.#loaded.config;
    if (!home_assistant.enabled) {
      this.#voice?.tell(undefined);
      return;
    }
    const used = Object.entries(cameras).map(([name, { model }]) => ({ name, model }));
    this.#voice?.tell({
      prefix: home_assistant.prefix,
      base: mqtt.base,
      device: deviceId(rest, this.#options.hostname),
      version: this.#options.version,
      machine: this.#machine,
      labels: home_assistant.labels,
      commands: remote.commands,
      follows: tracking.enabled,
      cameras: used,
      models: Object.keys(models).filter((name) => used.some(({ model }) => model === name)),
      known: this.#known,
    });
  }
}

async function read(path: string): Promise<Announced | undefined> {
  let content: Buffer;
  try {
    content = await readBoundedFile(path, MAX_BYTES);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  return form.parse(JSON.parse(content.toString()));
}

async function write(path: string, announced: Announced | undefined): Promise<void> {
  if (announced === undefined) await rm(path, { force: true });
  else await writeFileAtomic(path, JSON.stringify(announced));
}
