/**
 * Memory of the whole machine as /proc/meminfo has it. On a Jetson the GPU's is part of it: MemAvailable is what
 * both have left, and NvMapMemUsed, where the kernel has it, what was allocated for GPU and video hardware.
 */

/** In bytes; what the kernel does not say is undefined. */
export interface Meminfo {
  totalBytes: number | undefined;
  /** What can be had without swapping, page cache that can be given back included. */
  availableBytes: number | undefined;
  swapTotalBytes: number | undefined;
  swapFreeBytes: number | undefined;
  /** Kernels of Jetsons up to Orin have it, not all of them; Thor's has not. */
  nvmapUsedBytes: number | undefined;
}

export function parseMeminfo(text: string): Meminfo {
  return {
    totalBytes: bytesOf(text, 'MemTotal'),
    availableBytes: bytesOf(text, 'MemAvailable'),
    swapTotalBytes: bytesOf(text, 'SwapTotal'),
    swapFreeBytes: bytesOf(text, 'SwapFree'),
    nvmapUsedBytes: bytesOf(text, 'NvMapMemUsed'),
  };
}

/** "Pss:  246 kB" in a text of such lines, as /proc has several. */
export function bytesOf(text: string, name: string): number | undefined {
  const kilobytes = new RegExp(`^${name}:[ \\t]*(\\d{1,15}) kB[ \\t]*$`, 'm').exec(text)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
