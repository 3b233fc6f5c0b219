/**
 * Asks programs, but never one of which an earlier process is still there: nvidia-smi that waits for a driver cannot be
 * killed, and asking again and again would pile such processes up.
 */
import { type AskProgram, type ProgramOptions, programOutput } from '../base/program-output.js';

/** `run` is replaced by tests alone. */
export function singleAsker(
  options: Omit<ProgramOptions, 'onGone'>,
  run: typeof programOutput = programOutput,
): AskProgram {
  const there = new Set<string>();
  return (program, args) => {
    if (there.has(program)) return Promise.resolve({ ok: false, reason: 'still hangs from before' });
    there.add(program);
    return run(program, args, { ...options, onGone: () => there.delete(program) });
  };
}
