/**
 * What has to be there, beside the libraries, before a GPU can be used: the device nodes, which a container
 * gets only from NVIDIA's runtime, and trtexec, which builds engines and is on no search path.
 */
import { SystemFiles } from './system-files.js';

/** nvgpu's by its names over the years, then those of cards and of Windows' subsystem for Linux. */
const NODES = [
  '/dev/nvhost-gpu',
  '/dev/nvgpu/igpu0',
  '/dev/nvmap',
  '/dev/nvidia0',
  '/dev/nvidiactl',
  '/dev/dxg',
];
const TRTEXEC = [
  '/usr/src/tensorrt/bin/trtexec',
  '/opt/tensorrt/bin/trtexec',
  '/usr/local/tensorrt/bin/trtexec',
];

export interface GpuAccess {
  /** Node of the GPU; undefined when this process can see none. */
  node: string | undefined;
  /** Path of trtexec. */
  trtexec: string | undefined;
}

/** Never rejects. */
export async function gpuAccess(files: SystemFiles = new SystemFiles()): Promise<GpuAccess> {
  return { node: await firstThere(files, NODES), trtexec: await firstThere(files, TRTEXEC) };
}

async function firstThere(files: SystemFiles, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await files.exists(path)) return path;
  return undefined;
}
