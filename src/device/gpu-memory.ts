/**
 * GPU memory, in all and by process, from the best place that this machine lets us read: nvmap's table (root), the
 * helper unit that reads it for us, /proc/meminfo (the sum alone), or nvidia-smi on Thor and on cards. What nobody says is
 * undefined, never 0.
 */
import type { DeviceInfo } from '../core/device-info.js';
import type { CardUsage } from './card-usage.js';
import type { AskHelper } from './gpu-helper.js';
import type { Meminfo } from './meminfo.js';
import {
  type NvmapClients,
  type ProcessBytes,
  parseHelperAnswer,
  parseNvmapClients,
  parseNvmapTotal,
} from './nvmap-clients.js';
import { fileReason, type SystemFiles } from './system-files.js';

export interface GpuMemory {
  /** Taken by all processes together; of several cards the first. */
  usedBytes: number | undefined;
  /** Of the card; undefined on boards, whose GPU has no memory of its own. */
  totalBytes: number | undefined;
  /** Undefined where nobody tells; a process that is not listed is not known to hold any. */
  processes: ProcessBytes[] | undefined;
  /** Where `usedBytes` and `processes` come from. */
  usedSource: string | undefined;
  processSource: string | undefined;
  /** What was tried in vain for the processes, or for all of it, in words. */
  reason: string | undefined;
}

/** `nvmap` on Jetsons up to Orin, `nvidia-smi` on Thor and cards. */
export type GpuKind = 'nvmap' | 'nvidia-smi' | 'none';

/** The only SoC whose GPU has the driver of cards: nvmap shows nothing of it. */
const SERVER_SOC = 'tegra264';
const NVMAP = '/sys/kernel/debug/nvmap';
export const NVMAP_CLIENTS = `${NVMAP}/iovmm/clients`;
const NVMAP_TOTAL = `${NVMAP}/stats/total_memory`;
const NOTHING: GpuMemory = {
  usedBytes: undefined,
  totalBytes: undefined,
  processes: undefined,
  usedSource: undefined,
  processSource: undefined,
  reason: undefined,
};

/** On an Orin nvidia-smi knows nothing of memory, whatever it says. */
export function gpuKind({ soc, gpu }: Pick<DeviceInfo, 'soc' | 'gpu'>): GpuKind {
  if (soc !== undefined) return soc === SERVER_SOC ? 'nvidia-smi' : 'nvmap';
  return gpu === undefined ? 'none' : 'nvidia-smi';
}

export function noGpuMemory(reason: string): GpuMemory {
  return { ...NOTHING, reason };
}

/** On a Jetson up to Orin. Never rejects. */
export async function nvmapMemory(
  files: SystemFiles,
  askHelper: AskHelper,
  meminfo: Pick<Meminfo, 'nvmapUsedBytes'>,
): Promise<GpuMemory> {
  const { clients, source, reason } = await findClients(files, askHelper);
  const stated =
    source === NVMAP_CLIENTS ? parseNvmapTotal(await files.read(NVMAP_TOTAL).catch(() => '')) : undefined;
  const [usedBytes, usedSource] =
    stated !== undefined
      ? [stated, NVMAP_TOTAL]
      : clients !== undefined
        ? [clients.totalBytes, source]
        : meminfo.nvmapUsedBytes !== undefined
          ? [meminfo.nvmapUsedBytes, 'NvMapMemUsed of /proc/meminfo']
          : [undefined, undefined];
  return {
    ...NOTHING,
    usedBytes,
    usedSource,
    processes: clients?.processes,
    processSource: clients === undefined ? undefined : source,
    reason,
  };
}

async function findClients(
  files: SystemFiles,
  askHelper: AskHelper,
): Promise<{ clients?: NvmapClients; source?: string; reason: string | undefined }> {
  let direct: string;
  try {
    const clients = parseNvmapClients(await files.read(NVMAP_CLIENTS));
    if (clients !== undefined) return { clients, source: NVMAP_CLIENTS, reason: undefined };
    direct = `${NVMAP_CLIENTS}: not understood`;
  } catch (error) {
    direct = `${NVMAP_CLIENTS}: ${fileReason(error)}`;
  }
  const answer = await askHelper();
  const clients = answer.ok ? parseHelperAnswer(answer.stdout) : undefined;
  if (clients !== undefined) return { clients, source: 'detectd-gpumem.socket', reason: undefined };
  const helper = answer.ok ? 'gave no table (see: journalctl -u "detectd-gpumem@*")' : answer.reason;
  return { reason: `${direct}; detectd-gpumem.socket ${helper}` };
}

/** What nvidia-smi said. Thor does not tell the sum, so there it is that of the processes. */
export function cardMemory({ usedBytes, totalBytes, processes }: CardUsage): GpuMemory {
  const sum = processes?.reduce((total, { bytes }) => total + bytes, 0);
  const used = usedBytes ?? sum;
  return {
    usedBytes: used,
    totalBytes,
    processes,
    usedSource:
      used === undefined ? undefined : usedBytes === undefined ? 'nvidia-smi, by process' : 'nvidia-smi',
    processSource: processes === undefined ? undefined : 'nvidia-smi',
    reason: processes === undefined ? 'nvidia-smi lists no process with its memory' : undefined,
  };
}
