/**
 * How much an engine's builder may use, and whether another try can help: a builder that ran out of memory gets
 * one more with less, one whose timing cache is bad one without it. Nothing is tried forever.
 */
import type { BuildEffort } from './trtexec-arguments.js';
import type { Remedy } from './trtexec-failure.js';

export interface BuildAttempt extends BuildEffort {
  /** Start with what earlier builds have measured. */
  useTimingCache: boolean;
  /** What was changed since the first attempt. */
  remedies: readonly Remedy[];
}

/** Below this hardly a convolution finds a kernel. */
const LEAST_WORKSPACE_MIB = 64;
/** More helps no network of this size, and takes memory from others on a board. */
const MOST_WORKSPACE_MIB = 8192;
/** CUDA, cuBLAS and cuDNN take this before the first kernel is tried (seen on a Nano with 4 GB). */
const RUNTIME_MIB = 850;
/** Of TensorRT itself. */
const DEFAULT_LEVEL = 3;

/**
 * Workspace from the memory that is free: `availableMiB` of the machine, `gpuFreeMiB` of a card with memory of its
 * own. Half of what the runtime leaves, since weights and what is built need the rest.
 */
export function workspaceMiB(memory: { availableMiB: number; gpuFreeMiB: number | undefined }): number {
  const free = (memory.gpuFreeMiB ?? memory.availableMiB) - RUNTIME_MIB;
  const half = Number.isFinite(free) ? Math.floor(free / 2) : 0;
  return Math.min(MOST_WORKSPACE_MIB, Math.max(LEAST_WORKSPACE_MIB, half));
}

export function firstAttempt(effort: BuildEffort): BuildAttempt {
  return { ...effort, useTimingCache: true, remedies: [] };
}

/** The attempt after one that failed; undefined when there is nothing left to change. */
export function nextAttempt(attempt: BuildAttempt, remedy: Remedy | undefined): BuildAttempt | undefined {
  if (remedy === undefined || attempt.remedies.includes(remedy)) return undefined;
  const remedies = [...attempt.remedies, remedy];
  if (remedy === 'new timing cache')
    return attempt.useTimingCache ? { ...attempt, remedies, useTimingCache: false } : undefined;
  return {
    ...attempt,
    remedies,
    workspaceMiB: Math.max(LEAST_WORKSPACE_MIB, Math.floor(attempt.workspaceMiB / 4)),
    optimizationLevel: Math.max(0, (attempt.optimizationLevel ?? DEFAULT_LEVEL) - 1),
  };
}
