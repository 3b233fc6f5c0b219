/** Where detectd keeps things: the configuration's word first, then systemd's, then the customs of the system. */
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { DetectdError } from '../base/errors.js';
import type { Config } from './schema.js';

export interface Folders {
  /** What must survive; absolute. */
  state: string;
  /** What can be made again; absolute. */
  cache: string;
}

export interface FolderOptions {
  env: NodeJS.ProcessEnv;
  /** Numeric user; 0 is root. Default: this process's. */
  uid?: number | undefined;
  home?: string;
}

/** The folders of this configuration, user and machine. Nothing is created. */
export function resolveFolders(config: Pick<Config, 'paths'>, options: FolderOptions): Folders {
  const folder = (set: string | undefined, kind: 'STATE' | 'CACHE', system: string, home: string) =>
    set !== undefined ? resolve(set) : ownFolder(options, kind, system, home);
  return {
    state: folder(config.paths.state, 'STATE', '/var/lib/detectd', '.local/state'),
    cache: folder(config.paths.cache, 'CACHE', '/var/cache/detectd', '.cache'),
  };
}

/** Where recordings are kept, and where the last seconds of each camera lie in a folder by its name; absolute. */
export function recordingFolders(
  { recordings }: Pick<Config, 'recordings'>,
  { state, cache }: Folders,
): { kept: string; buffer: string } {
  return {
    kept: resolve(recordings.folder ?? join(state, 'recordings')),
    buffer: resolve(recordings.buffer ?? join(cache, 'recordings')),
  };
}

function ownFolder(options: FolderOptions, kind: 'STATE' | 'CACHE', system: string, home: string): string {
  const { env, uid = process.getuid?.() } = options;
  // systemd lists the folders of the unit separated by colons; the first one is ours.
  const given = env[`${kind}_DIRECTORY`]?.split(':')[0];
  if (given !== undefined && isAbsolute(given)) return given;
  if (uid === 0) return system;
  return join(xdgFolder(options, `XDG_${kind}_HOME`, home), 'detectd');
}

/** The XDG standard wants relative values ignored. */
function xdgFolder(options: FolderOptions, name: string, fallback: string): string {
  const value = options.env[name];
  return value !== undefined && isAbsolute(value) ? value : join(options.home ?? homedir(), fallback);
}

/** Where a configuration is looked for when none is named, in this order. */
export function configCandidates(options: Pick<FolderOptions, 'env' | 'home'>): string[] {
  const user = xdgFolder(options, 'XDG_CONFIG_HOME', '.config');
  return [join(user, 'detectd/detectd.yaml'), '/etc/detectd/detectd.yaml', resolve('detectd.yaml')];
}

/** The configuration to read when none is named: $DETECTD_CONFIG, else the first candidate that exists. */
export async function findConfig(
  env: NodeJS.ProcessEnv,
  exists: (path: string) => Promise<boolean> = fileExists,
): Promise<string> {
  const chosen = env['DETECTD_CONFIG'];
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  const candidates = configCandidates({ env });
  for (const path of candidates) {
    if (await exists(path)) return path;
  }
  throw new DetectdError(
    'CONFIG_NOT_FOUND',
    `There is no configuration at ${candidates.join(', ')}.`,
    'Name one on the command line, or copy config/example.yaml to one of these places.',
  );
}

function fileExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The device's name in every topic: as configured, else the first label of the host name, made to fit. */
export function deviceId(config: Pick<Config, 'device'>, hostname: string): string {
  if (config.device.id !== undefined) return config.device.id;
  const label = hostname.toLowerCase().split('.')[0] ?? '';
  const fitting = label
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+|-+$/g, '')
    .slice(0, 63);
  return fitting === '' ? 'device' : fitting;
}
