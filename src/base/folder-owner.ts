/**
 * Root that writes into the folder of a service leaves files there which the service cannot use. Commands that share a
 * folder with the daemon therefore become its user before they write.
 */
import { stat } from 'node:fs/promises';

/** What of `process` this needs; absent where there are no users. */
export interface Identity {
  geteuid?: () => number;
  setgroups?: (groups: number[]) => void;
  initgroups?: (user: number, extraGroup: number) => void;
  setgid?: (group: number) => void;
  setuid?: (user: number) => void;
}

/**
 * For good, and only where this process is root and the folder belongs to somebody else; true then. A folder that is
 * not there belongs to whoever makes it. Throws what the system says when it refuses.
 */
export async function becomeOwnerOf(
  folder: string,
  identity: Identity = process,
  look: (path: string) => Promise<{ uid: number; gid: number }> = stat,
): Promise<boolean> {
  if (identity.geteuid?.() !== 0) return false;
  const owner = await look(folder).catch(() => undefined);
  if (owner === undefined || owner.uid === 0) return false;
  const { uid, gid } = owner;
  try {
    // With its other groups, such as those of the GPU.
    identity.initgroups?.(uid, gid);
  } catch {
    // A user that no list of users knows.
    identity.setgroups?.([gid]);
  }
  identity.setgid?.(gid);
  identity.setuid?.(uid);
  return true;
}
