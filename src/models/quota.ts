/** Whether another version fits on the disk, and which older ones go for it. Pure. */
import { DetectdError } from '../base/errors.js';

/** Left free on the disk whatever comes, for records, logs and the outbox. */
export const RESERVE_BYTES = 64e6;
/** An archive becomes about this much larger when it is unpacked; model weights hardly compress. */
const UNPACKED_RATIO = 1.5;

export interface StoredBytes {
  archive: string;
  bytes: number;
  /** RFC 3339. */
  adopted: string;
  /** What serves, could be called back or is being tried: it stays. */
  kept: boolean;
}

export interface Room {
  /** Of the archive that is to come. */
  archiveBytes: number;
  /** Of it, what is there already. */
  haveBytes: number;
  quotaBytes: number;
  /** On the disk. */
  freeBytes: number;
  stored: readonly StoredBytes[];
}

/** The versions that go, the oldest first. Throws UPDATE_NO_SPACE where even without them there is no room. */
export function makeRoom({ archiveBytes, haveBytes, quotaBytes, freeBytes, stored }: Room): string[] {
  // Archive and unpacked bundle lie beside each other until it is staged.
  const needed = archiveBytes * (1 + UNPACKED_RATIO);
  const quotaNeeded = archiveBytes * UNPACKED_RATIO;
  let used = stored.reduce((sum, { bytes }) => sum + bytes, 0);
  let free = freeBytes + haveBytes - RESERVE_BYTES;
  const gone: string[] = [];
  const candidates = stored.filter(({ kept }) => !kept).sort((a, b) => (a.adopted < b.adopted ? -1 : 1));
  for (const { archive, bytes } of candidates) {
    if (used + quotaNeeded <= quotaBytes && free >= needed) break;
    gone.push(archive);
    used -= bytes;
    free += bytes;
  }
  if (used + quotaNeeded > quotaBytes)
    throw new DetectdError(
      'UPDATE_NO_SPACE',
      `A model of ${megabytes(archiveBytes)} needs ${megabytes(quotaNeeded)} in the store, which may hold ${megabytes(quotaBytes)} and keeps ${megabytes(used)} in use.`,
      'Raise "updates.max_size_mb".',
    );
  if (free < needed)
    throw new DetectdError(
      'UPDATE_NO_SPACE',
      `A model of ${megabytes(archiveBytes)} needs ${megabytes(needed + RESERVE_BYTES)} of free disk while it is unpacked, and ${megabytes(free + RESERVE_BYTES)} can be had.`,
      'Free some space, or set "paths.state" to another disk.',
    );
  return gone;
}

function megabytes(bytes: number): string {
  return `${(Math.max(0, bytes) / 1e6).toFixed(1)} MB`;
}
