/**
 * Staged roll-out without a server: every device decides by a hash of its id whether a document is meant for it yet.
 * The same seed asks the same devices first; another seed asks others.
 */
import { createHash } from 'node:crypto';

export interface Rollout {
  /** Of all devices, 0 to 100. */
  percent: number;
  seed: string;
  /** Undefined: whatever a device is tagged. Otherwise one of them must be among its tags. */
  tags: readonly string[] | undefined;
  /** Milliseconds since the Unix epoch. */
  notBeforeMs: number | undefined;
  /** Who has not taken it does not. */
  hold: boolean;
}

export interface RolloutDevice {
  id: string;
  tags: readonly string[];
}

export interface RolloutVerdict {
  bucket: number;
  in: boolean;
  /** Why not, as a clause. */
  waiting: string | undefined;
  /** When it may take part, where only time is missing. */
  atMs: number | undefined;
}

/** Where a device stands among all, 0 to below 100: the first 4 bytes of SHA-256 over seed, a zero byte and id. */
export function rolloutBucket(seed: string, device: string): number {
  const digest = createHash('sha256').update(`${seed}\0${device}`).digest();
  return (digest.readUInt32BE(0) / 2 ** 32) * 100;
}

/** Whether a device that has not taken the document yet is to take it now. Pure. */
export function takesPart(rollout: Rollout, device: RolloutDevice, nowMs: number): RolloutVerdict {
  const bucket = rolloutBucket(rollout.seed, device.id);
  const not = (waiting: string, atMs?: number): RolloutVerdict => ({ bucket, in: false, waiting, atMs });
  if (rollout.hold) return not('the roll-out is on hold');
  if (rollout.tags !== undefined && !rollout.tags.some((tag) => device.tags.includes(tag)))
    return not('it is for devices with other tags');
  if (bucket >= rollout.percent)
    return not(`it is for ${rollout.percent} % of the devices so far, not for this one`);
  const { notBeforeMs } = rollout;
  if (notBeforeMs !== undefined && nowMs < notBeforeMs)
    return not(`it is not to be taken before ${new Date(notBeforeMs).toISOString()}`, notBeforeMs);
  return { bucket, in: true, waiting: undefined, atMs: undefined };
}
