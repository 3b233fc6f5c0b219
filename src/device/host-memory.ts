/**
 * Memory of the machine that this process lives in, of its control groups and of its swap, in one look. MemAvailable is
 * the common floor: whatever else stays unknown, a leak of anybody ends there.
 */

import { type Meminfo, parseMeminfo } from './meminfo.js';
import { type MemoryPressure, parseMemoryPressure } from './memory-pressure.js';
import { freeMemory } from './memory-room.js';
import type { SystemFiles } from './system-files.js';

export interface HostMemory extends Meminfo {
  /** The least of what the machine and the control groups leave to this process, and which of them that is. */
  roomBytes: number | undefined;
  roomWhere: string | undefined;
  swapUsedBytes: number | undefined;
  pressure: MemoryPressure | undefined;
}

/** Never rejects. */
export async function hostMemory(files: SystemFiles): Promise<HostMemory> {
  const meminfo = parseMeminfo(await files.read('/proc/meminfo').catch(() => ''));
  const room = await freeMemory(files);
  const { swapTotalBytes: total, swapFreeBytes: free } = meminfo;
  return {
    ...meminfo,
    roomBytes: room?.bytes,
    roomWhere: room?.where,
    swapUsedBytes: total === undefined || free === undefined ? undefined : Math.max(0, total - free),
    pressure: parseMemoryPressure(await files.read('/proc/pressure/memory').catch(() => '')),
  };
}
