/**
 * Who holds memory for GPU and video hardware on a Jetson up to Orin: nvmap's table of clients, which the kernel shows
 * to root alone, and the two columns of it that the helper unit passes on.
 */

export interface ProcessBytes {
  pid: number;
  bytes: number;
}

export interface NvmapClients {
  /** One per process, in the order of the table. */
  processes: ProcessBytes[];
  /** The kernel's own sum, which counts shared buffers once. */
  totalBytes: number;
}

/** More clients than any board has. */
const MOST_CLIENTS = 4096;
const LONGEST_LINE = 256;
const UNITS: Record<string, number> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/**
 * From the right, since names of processes may hold spaces and digits: SIZE, in some kernels PSS before it, PID. The
 * first column is `user`, or the name of a driver, whose process number is 0.
 */
const CLIENT = /^\S+[ \t]+(?:.*\S[ \t]+)?(\d{1,10})(?:[ \t]+\d{1,15}[KMG])?[ \t]+(\d{1,15})([KMG])$/;
const TOTAL = /^total[ \t]+(?:\d{1,15}[KMG][ \t]+)?(\d{1,15})([KMG])$/;
const SHORT = /^(\d{1,10})[ \t]+(\d{1,15})([KMG])$/;

/** /sys/kernel/debug/nvmap/iovmm/clients in both layouts; undefined when it is none, or was cut off. */
export function parseNvmapClients(text: string): NvmapClients | undefined {
  if (!/^CLIENT[ \t]+PROCESS[ \t]+PID[ \t].*SIZE[ \t]*$/m.test(text.slice(0, 1024))) return undefined;
  return parsed(text, CLIENT);
}

/** "4481 118372K" per client and "total 141896K" at the end, as detectd-gpumem@.service prints them. */
export function parseHelperAnswer(text: string): NvmapClients | undefined {
  return parsed(text, SHORT);
}

/** /sys/kernel/debug/nvmap/stats/total_memory: bytes. */
export function parseNvmapTotal(text: string): number | undefined {
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}

function parsed(text: string, client: RegExp): NvmapClients | undefined {
  const byPid = new Map<number, number>();
  for (const raw of text.split('\n', MOST_CLIENTS)) {
    const line = raw.slice(0, LONGEST_LINE).trim();
    const total = TOTAL.exec(line);
    if (total !== null) return { processes: listed(byPid), totalBytes: bytes(total[1], total[2]) };
    const found = client.exec(line);
    const pid = Number(found?.[1] ?? 0);
    // A process has a line for each time that it opened the device.
    if (pid > 0) byPid.set(pid, (byPid.get(pid) ?? 0) + bytes(found?.[2], found?.[3]));
  }
  return undefined;
}

function listed(byPid: ReadonlyMap<number, number>): ProcessBytes[] {
  return [...byPid].map(([pid, bytes]) => ({ pid, bytes }));
}

function bytes(digits = '', unit = ''): number {
  return Number(digits) * (UNITS[unit] ?? Number.NaN);
}
