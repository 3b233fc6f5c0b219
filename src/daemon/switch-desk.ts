/** Switches cameras on and off when a command asks for it, by a reload, and keeps what was asked for across restarts. */
import { DetectdError, messageOf } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import {
  isPinned,
  readSwitches,
  switchedCameras,
  switchesPath,
  withSwitches,
  writeSwitches,
} from '../config/camera-switches.js';
import { resolveFolders } from '../config/folders.js';
import type { LoadedConfig } from '../config/load.js';
import type { Overlay } from '../config/overlay.js';

export interface SwitchDeskOptions {
  env: NodeJS.ProcessEnv;
  log: Logger;
  /** In force. */
  loaded: () => LoadedConfig;
  /** Reads the configuration again, with over(); resolves to why it was refused. */
  reload: () => Promise<DetectdError | undefined>;
}

export class SwitchDesk {
  readonly #options: SwitchDeskOptions;
  readonly #log: Logger;
  #switches = new Map<string, boolean>();
  #path = '';
  #written = '';
  #kept = true;
  /** Ends with the last switch that was asked for. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SwitchDeskOptions) {
    this.#options = options;
    this.#log = options.log.child({ component: 'commands' });
  }

  /** Takes up what was kept; never throws. */
  async start({ config }: Pick<LoadedConfig, 'config'>): Promise<void> {
    this.#path = switchesPath(resolveFolders(config, { env: this.#options.env }).state);
    const { switches, problem } = await readSwitches(this.#path, true);
    this.#switches = switches;
    this.#written = textOf(switches);
    if (problem !== undefined) this.#log.warn(`${problem} Cameras are as the configuration has them.`);
  }

  get any(): boolean {
    return this.#switches.size > 0;
  }

  over(below: Overlay | undefined): Overlay | undefined {
    return withSwitches(new Map(this.#switches), below);
  }

  /**
   * This is in force: switches that change nothing in it are over, since the camera is gone, or is by itself as it was
   * switched, or commands may not switch it any more. Never throws.
   */
  async settled({ overlaid }: Pick<LoadedConfig, 'overlaid'>): Promise<void> {
    const effective = new Set(switchedCameras(overlaid));
    for (const camera of this.#switches.keys()) if (!effective.has(camera)) this.#switches.delete(camera);
    const text = textOf(this.#switches);
    if (text === this.#written) return;
    try {
      await writeSwitches(this.#path, this.#switches);
      this.#written = text;
      this.#kept = true;
    } catch (error) {
      this.#kept = false;
      this.#log.warn(`What commands have switched does not survive a restart: ${messageOf(error)}`);
    }
  }

  /**
   * Resolves when it is in force: `changed` is false where it was already, `kept` whether it survives a restart. Throws
   * COMMAND_UNKNOWN, COMMAND_FORBIDDEN for a camera that is pinned, or COMMAND_FAILED; then nothing has changed.
   */
  set(camera: string, enabled: boolean): Promise<Record<string, unknown>> {
    // What is in force tells nothing while another switch is on its way.
    const turn = this.#turn.then(() => this.#set(camera, enabled));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #set(camera: string, enabled: boolean): Promise<Record<string, unknown>> {
    const { loaded, reload } = this.#options;
    const { config } = loaded();
    if (!Object.hasOwn(config.cameras, camera)) throw unknownCamera(camera, Object.keys(config.cameras));
    const answer = { camera, enabled };
    if (config.cameras[camera]?.enabled === enabled) return { ...answer, changed: false, kept: this.#kept };
    if (isPinned(camera, config))
      throw new DetectdError('COMMAND_FORBIDDEN', `"cameras.${camera}.enabled" is pinned by "remote.pin".`);
    const before = this.#switches.get(camera);
    this.#switches.set(camera, enabled);
    const error = await reload();
    if (error === undefined) return { ...answer, changed: true, kept: this.#kept };
    if (before === undefined) this.#switches.delete(camera);
    else this.#switches.set(camera, before);
    throw new DetectdError(
      'COMMAND_FAILED',
      `The camera stays as it is: ${error.code}: ${error.message}`,
      error.hint,
    );
  }
}

/** COMMAND_UNKNOWN, with the names that there are. */
export function unknownCamera(camera: string, cameras: readonly string[]): DetectdError {
  const some = cameras.slice(0, 20).join(', ');
  return new DetectdError(
    'COMMAND_UNKNOWN',
    `There is no camera "${camera.slice(0, 64)}".`,
    cameras.length === 0 ? 'None is configured.' : `There are: ${some}${cameras.length > 20 ? ', …' : ''}.`,
  );
}

function textOf(switches: ReadonlyMap<string, boolean>): string {
  return JSON.stringify([...switches]);
}
