/**
 * Cameras that a command has switched on or off: laid over the configuration last of all, one value each, and kept in a
 * file of their own. They hold only while the local file lets commands switch cameras.
 */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../base/atomic-file.js';
import { readBoundedFile } from '../base/bounded-file.js';
import { messageOf, systemCode } from '../base/errors.js';
import type { Overlaid, Overlay } from './overlay.js';
import { dotted } from './problem.js';
import type { Config } from './schema.js';

/** Whether each is to be open, by name. */
export type CameraSwitches = ReadonlyMap<string, boolean>;

/** What `originOf` says of a value that a command has set. */
export const BY_COMMAND = 'a command';

const MOST_BYTES = 262_144;
const form = z.strictObject({
  schema: z.literal(1),
  cameras: z.record(z.string().min(1).max(200), z.boolean()),
});

export function switchesPath(stateFolder: string): string {
  return join(stateFolder, 'switches.json');
}

/**
 * What was kept. A file that cannot be understood or read counts as none, and `problem` says so in a sentence.
 * @param setAside renames one that cannot be understood
 */
export async function readSwitches(
  path: string,
  setAside: boolean,
): Promise<{ switches: Map<string, boolean>; problem?: string }> {
  const switches = new Map<string, boolean>();
  try {
    const { cameras } = form.parse(JSON.parse((await readBoundedFile(path, MOST_BYTES)).toString()));
    return { switches: new Map(Object.entries(cameras)) };
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return { switches };
    const unreadable = code !== undefined && code !== 'EFBIG';
    if (setAside && !unreadable) await rename(path, `${path}.bad`).catch(() => {});
    const reason = code ?? (error instanceof z.ZodError ? 'it is damaged' : messageOf(error));
    return { switches, problem: `What commands have switched (${path}) cannot be read: ${reason}.` };
  }
}

/** Throws what the file system throws. */
export async function writeSwitches(path: string, switches: CameraSwitches): Promise<void> {
  if (switches.size === 0) return rm(path, { force: true });
  const content = { schema: 1, cameras: Object.fromEntries(switches) };
  await writeFileAtomic(path, `${JSON.stringify(content)}\n`, 0o600);
}

/** Whether the file keeps that camera as it is. */
export function isPinned(camera: string, { remote }: Pick<Config, 'remote'>): boolean {
  const path = ['cameras', camera, 'enabled'];
  return remote.pin.some((pin) => pin.split('.').every((part, at) => part === '*' || part === path[at]));
}

/** The overlay with the switches over what lies over the file otherwise; that itself where there are none. */
export function withSwitches(switches: CameraSwitches, below: Overlay | undefined): Overlay | undefined {
  if (switches.size === 0) return below;
  return (content, local) => {
    const under: Overlaid = below?.(content, local) ?? untouched(content);
    const value = structuredClone(under.value);
    const set = new Set<string>();
    for (const [name, enabled] of local.remote.commands.includes('camera') ? switches : []) {
      const camera = ownObject(ownObject(value, 'cameras'), name);
      if (camera === undefined || isPinned(name, local) || (camera['enabled'] ?? true) === enabled) continue;
      camera['enabled'] = enabled;
      set.add(name);
    }
    const paths = new Map([...set].map((name) => [dotted(['cameras', name, 'enabled']), name]));
    const others = under.changes.filter(({ path }) => !paths.has(dotted(path)));
    const own = [...set].map((name) => ({
      path: ['cameras', name, 'enabled'],
      document: 'command' as const,
    }));
    return {
      ...under,
      value,
      changes: [...others, ...own],
      originOf: (path) => (paths.has(dotted(path)) ? BY_COMMAND : under.originOf(path)),
    };
  };
}

/** Cameras that are as a command has them and not as they would be without it. */
export function switchedCameras(overlaid: Overlaid | undefined): string[] {
  return (overlaid?.changes ?? []).flatMap(({ path, document }) =>
    document === 'command' ? [String(path[1])] : [],
  );
}

function untouched(value: unknown): Overlaid {
  return { value, changes: [], leftOut: [], originOf: () => BY_COMMAND };
}

function ownObject(value: unknown, key: string): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  const found = (value as Record<string, unknown>)[key];
  return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : undefined;
}
