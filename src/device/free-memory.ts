/** The memory that is free for a build: that of the machine, and that of a card which has its own. */
import { freemem } from 'node:os';
import type { AskProgram } from '../base/program-output.js';
import type { DeviceInfo } from '../core/device-info.js';

export interface FreeMemory {
  /** Of the machine, or of the control group where that allows less. */
  availableMiB: number;
  /** Of the first card; undefined on boards, whose GPU shares the machine's, and where nothing says it. */
  gpuFreeMiB: number | undefined;
}

const QUERY = ['--query-gpu=memory.free', '--format=csv,noheader,nounits'];

/** Never rejects. `availableBytes` is Node's own figure by default. */
export async function freeMemory(
  device: Pick<DeviceInfo, 'soc' | 'gpu'>,
  ask: AskProgram,
  // Older releases of Node 20 do not know of control groups.
  availableBytes: number = process.availableMemory?.() ?? freemem(),
): Promise<FreeMemory> {
  const hasCard = device.soc === undefined && device.gpu !== undefined;
  const answer = hasCard ? await ask('nvidia-smi', QUERY) : undefined;
  return {
    availableMiB: Math.floor(availableBytes / 2 ** 20),
    gpuFreeMiB: answer?.ok === true ? parseFreeMiB(answer.stdout) : undefined,
  };
}

/** The first line of nvidia-smi's answer; undefined for what is no number, as "[N/A]". */
export function parseFreeMiB(text: string): number | undefined {
  const [line = ''] = text.trim().split('\n');
  return /^\d{1,9}$/.test(line.trim()) ? Number(line) : undefined;
}
