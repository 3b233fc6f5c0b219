/**
 * Memory of one process. Its proportional size (Pss) counts pages that it shares only in part, so that workers which
 * share libraries can be compared and added; where the kernel does not tell that, the resident size stands in.
 */
import { bytesOf } from './meminfo.js';
import { fileReason, type SystemFiles } from './system-files.js';

export interface ProcessMemory {
  /** Undefined where only the resident size is told. */
  pssBytes: number | undefined;
  rssBytes: number | undefined;
  /** Its pages that lie in swap: shrinking by being swapped out is no recovery. */
  swapBytes: number | undefined;
}

/** `reason` says why nothing is known: the process has ended, or is another user's. */
export type ProcessMemoryAnswer = { memory: ProcessMemory; source: string } | { reason: string };

/**
 * Never rejects. The kernel walks the process's page tables for it, a few milliseconds per gigabyte, in a thread of
 * Node's pool; while it does, the process cannot map memory.
 */
export async function processMemory(files: SystemFiles, pid: number): Promise<ProcessMemoryAnswer> {
  try {
    const text = await files.read(`/proc/${pid}/smaps_rollup`);
    const memory = parseRollup(text);
    if (memory.pssBytes !== undefined) return { memory, source: 'smaps_rollup' };
  } catch {
    // Kernels before 4.14 have none, and some processes may not be looked into.
  }
  try {
    const memory = parseStatus(await files.read(`/proc/${pid}/status`));
    if (memory.rssBytes !== undefined) return { memory, source: 'status' };
    return { reason: 'has ended' };
  } catch (error) {
    return { reason: fileReason(error) === 'not there' ? 'has ended' : fileReason(error) };
  }
}

export function parseRollup(text: string): ProcessMemory {
  return {
    pssBytes: bytesOf(text, 'Pss'),
    rssBytes: bytesOf(text, 'Rss'),
    // SwapPss leaves out what other processes share; older kernels have Swap alone.
    swapBytes: bytesOf(text, 'SwapPss') ?? bytesOf(text, 'Swap'),
  };
}

/** A process that ended and was not yet taken note of has no Vm lines. */
export function parseStatus(text: string): ProcessMemory {
  return { pssBytes: undefined, rssBytes: bytesOf(text, 'VmRSS'), swapBytes: bytesOf(text, 'VmSwap') };
}
