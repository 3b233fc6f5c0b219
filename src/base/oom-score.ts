/**
 * Who is ended first when the machine has no memory left. The kernel goes by what is resident, and what the GPU of a
 * board holds is not: unasked, it would end everything else before the process that holds gigabytes there.
 */
import { writeFile } from 'node:fs/promises';

/** A worker is replaced within seconds. */
export const WORKER_OOM_SCORE = 500;
/** A build can be repeated, and a machine should lose it rather than the detection. */
export const BUILDER_OOM_SCORE = 800;

/** Puts this process forward, by `score` thousandths of all memory. Anybody may; where not, nothing happens. */
export async function offerToEnd(score: number, path = '/proc/self/oom_score_adj'): Promise<void> {
  try {
    // Without creating it: elsewhere than on Linux there is no such file.
    await writeFile(path, String(score), { flag: 'r+' });
  } catch {
    // It is not allowed, or the score is higher already.
  }
}
