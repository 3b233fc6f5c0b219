/**
 * Whether one more process of a given size fits into memory: into the machine's, which on a Jetson is the GPU's too, and
 * into the limits of the control groups that this process is in. A card's own memory is not looked at.
 */
import { parseMeminfo } from './meminfo.js';
import type { SystemFiles } from './system-files.js';

/** Of a control group, the smallest of what it leaves; of a machine, what can be had without swapping. */
export interface FreeMemory {
  bytes: number;
  /** Where that is the limit: `the machine`, or a control group. */
  where: string;
}

export interface MemoryRoom {
  enough: boolean;
  /** In figures, for people. */
  why: string;
}

/** What a process needs beyond the size of one like it, for what comes and goes: a quarter, and 64 MB. */
const MARGIN_RATIO = 0.25;
const MARGIN_BYTES = 64e6;
/** Nobody nests control groups deeper. */
const MOST_GROUPS = 32;
const GROUPS = '/sys/fs/cgroup';

/** Files of a control group, by the version of the interface, and what the names in its memory.stat begin with. */
const FILES = {
  v2: { limits: ['memory.max', 'memory.high'], usage: 'memory.current', prefix: '' },
  v1: { limits: ['memory.limit_in_bytes'], usage: 'memory.usage_in_bytes', prefix: 'total_' },
} as const;

type Version = keyof typeof FILES;

/** The least of what machine and control groups have free; undefined when neither can be read. Never rejects. */
export async function freeMemory(files: SystemFiles): Promise<FreeMemory | undefined> {
  const found: FreeMemory[] = [];
  const machine = parseAvailable(await text(files, '/proc/meminfo'));
  if (machine !== undefined) found.push({ bytes: machine, where: 'the machine' });
  for (const { version, folder } of parseGroups(await text(files, '/proc/self/cgroup'))) {
    const bytes = await freeOfGroup(files, version, folder);
    if (bytes !== undefined) found.push({ bytes, where: `control group ${folder}` });
  }
  return found.sort((a, b) => a.bytes - b.bytes)[0];
}

/** @param sizeBytes of a process like the one to be started; undefined when it is not known */
export function memoryRoom(sizeBytes: number | undefined, free: FreeMemory | undefined): MemoryRoom {
  // Ending what serves for fear of what nobody knows would be worse than trying.
  if (free === undefined) return { enough: true, why: 'free memory is not known' };
  if (sizeBytes === undefined) return { enough: true, why: `${megabytes(free.bytes)} free, size not known` };
  const neededBytes = sizeBytes * (1 + MARGIN_RATIO) + MARGIN_BYTES;
  const why = `${megabytes(neededBytes)} needed, ${megabytes(free.bytes)} free in ${free.where}`;
  return { enough: free.bytes >= neededBytes, why };
}

/** Bytes of `MemAvailable` in /proc/meminfo. */
export function parseAvailable(meminfo: string): number | undefined {
  return parseMeminfo(meminfo).availableBytes;
}

/** Folders of the control groups that account for a process's memory, innermost first, from /proc/self/cgroup. */
export function parseGroups(cgroup: string): { version: Version; folder: string }[] {
  const found: { version: Version; folder: string }[] = [];
  for (const line of cgroup.split('\n')) {
    const [, id, controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    if (id === '0' && controllers === '')
      found.push(...ancestors(path).map((part) => ({ version: 'v2' as const, folder: `${GROUPS}${part}` })));
    else if (controllers?.split(',').includes('memory'))
      found.push(
        ...ancestors(path).map((part) => ({ version: 'v1' as const, folder: `${GROUPS}/memory${part}` })),
      );
  }
  return found;
}

/** `/a/b` is in `/a/b`, `/a` and the root. Outside a container's own view, a path leads upward: only the root is seen. */
function ancestors(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.includes('..')) return [''];
  const depth = Math.min(parts.length, MOST_GROUPS);
  return Array.from({ length: depth + 1 }, (_, index) =>
    parts
      .slice(0, parts.length - index)
      .map((part) => `/${part}`)
      .join(''),
  );
}

async function freeOfGroup(
  files: SystemFiles,
  version: Version,
  folder: string,
): Promise<number | undefined> {
  const { limits, usage, prefix } = FILES[version];
  const numbers: number[] = [];
  for (const name of limits) {
    const limit = (await text(files, `${folder}/${name}`)).trim();
    if (/^\d+$/.test(limit)) numbers.push(Number(limit));
  }
  const used = (await text(files, `${folder}/${usage}`)).trim();
  if (numbers.length === 0 || !/^\d+$/.test(used)) return undefined;
  const back = reclaimable(await text(files, `${folder}/memory.stat`), prefix);
  return Math.max(0, Math.min(...numbers) - Math.max(0, Number(used) - back));
}

/** Pages of files, which the kernel takes back; those that were read twice, too, unless they are in use as programs are. */
function reclaimable(stat: string, prefix: string): number {
  const bytes = (name: string): number =>
    Number(new RegExp(`^${prefix}${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
  const mapped = bytes(prefix === '' ? 'file_mapped' : 'mapped_file');
  return bytes('inactive_file') + Math.max(0, bytes('active_file') - mapped);
}

function text(files: SystemFiles, path: string): Promise<string> {
  return files.read(path).catch(() => '');
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
