/** Signals to a process and all that it started, where it was given a process group of its own. */

/** False when there is no such group, or none any more. */
export function signalGroup(leader: number | undefined, signal: NodeJS.Signals): boolean {
  // 0 and 1 would mean our own group and every process.
  if (leader === undefined || leader <= 1) return false;
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}
