/** The configuration as a daemon has it: the local file, and over it the documents and the switches that it keeps. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { printableText } from '../base/printable.js';
import { type CameraSwitches, readSwitches, switchesPath, withSwitches } from '../config/camera-switches.js';
import { deviceId, findConfig, resolveFolders } from '../config/folders.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { type ConfigPath, dotted } from '../config/problem.js';
import { shownConfig } from '../config/show.js';
import { DesiredBook } from '../models/desired-book.js';
import { DesiredFitting } from '../models/desired-fitting.js';
import { documentName } from '../models/desired-merge.js';
import { DesiredShelf } from '../models/desired-shelf.js';
import { DesiredStore } from '../models/desired-store.js';

/** Of `file`, or of the one that `run` would read; what of the documents cannot be used is said. */
export async function loadAsDaemon(io: CommandIo, file: string | undefined): Promise<LoadedConfig> {
  const path = file ?? (await findConfig(io.env));
  return loadWithDocuments(path, io.env, (text) => io.err(printableText(`# ${text}\n`)));
}

/** `warn` is told of documents that cannot be read or no longer fit. Throws as loadConfig() does. */
export async function loadWithDocuments(
  file: string,
  env: NodeJS.ProcessEnv,
  warn: (text: string) => void,
): Promise<LoadedConfig> {
  const local = await loadConfig(file, { env });
  const { remote } = local.config;
  const switches = await switchesOf(local, env, warn);
  if (!remote.desired) return switched(local, env, switches);
  const { state } = resolveFolders(local.config, { env });
  const device = deviceId(local.config, hostname());
  const book = new DesiredBook({ id: device, tags: remote.tags, signed: remote.signed });
  const store = new DesiredStore(join(state, 'desired'));
  const shelf = new DesiredShelf(store, { warn: (_fields: unknown, text?: string) => warn(text ?? '') });
  await shelf.restore(book, { device, signed: remote.signed });
  const fitting = new DesiredFitting(book.taken, {});
  for (;;) {
    const attempt = fitting.next();
    try {
      const overlay = withSwitches(switches, fitting.overlay(attempt));
      const loaded = await loadConfig(file, { env, overlay });
      for (const [document, { message }] of fitting.why)
        if (document !== attempt[document.scope])
          warn(`${documentName(document)} is not in force: ${message}`);
      return loaded;
    } catch (thrown) {
      if (!fitting.failed(attempt, DetectdError.from(thrown), local.secrets)) throw thrown;
    }
  }
}

/** The file with what commands have switched alone, whatever documents there are. As loadWithDocuments() otherwise. */
export async function loadWithSwitches(
  file: string,
  env: NodeJS.ProcessEnv,
  warn: (text: string) => void,
): Promise<LoadedConfig> {
  const local = await loadConfig(file, { env });
  return switched(local, env, await switchesOf(local, env, warn));
}

async function switchesOf(
  { config }: LoadedConfig,
  env: NodeJS.ProcessEnv,
  warn: (text: string) => void,
): Promise<CameraSwitches> {
  const { switches, problem } = await readSwitches(
    switchesPath(resolveFolders(config, { env }).state),
    false,
  );
  if (problem !== undefined) warn(problem);
  return switches;
}

async function switched(
  local: LoadedConfig,
  env: NodeJS.ProcessEnv,
  switches: CameraSwitches,
): Promise<LoadedConfig> {
  const overlay = withSwitches(switches, undefined);
  return overlay === undefined ? local : await loadConfig(local.path, { env, overlay });
}

/** The places at which documents have set, replaced or deleted something, by the name of the document, and those of commands. */
export function origins({ overlaid }: LoadedConfig): { path: string; document: string }[] {
  return (overlaid?.changes ?? []).map(({ path }) => ({
    path: dotted(path),
    document: (overlaid?.originOf(path) ?? '').replace(/^the document /, ''),
  }));
}

export interface ValueChange {
  path: string;
  /** Absent where there was, or will be, nothing. */
  before?: unknown;
  after?: unknown;
}

/** What documents change in the end, value by value, secrets masked. */
export function changedValues(loaded: LoadedConfig): ValueChange[] {
  const { overlaid } = loaded;
  if (overlaid === undefined) return [];
  const before = values(shownConfig({ ...loaded, config: overlaid.local }));
  const after = values(shownConfig(loaded));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((path): ValueChange[] => {
    if (JSON.stringify(before.get(path)) === JSON.stringify(after.get(path))) return [];
    return [
      {
        path,
        ...(before.has(path) ? { before: before.get(path) } : {}),
        ...(after.has(path) ? { after: after.get(path) } : {}),
      },
    ];
  });
}

/** Lists count as one value. */
function values(root: unknown): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const walk = (value: unknown, path: ConfigPath): void => {
    const inner = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!inner) found.set(dotted(path), value);
    else for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
  };
  walk(root, []);
  return found;
}
