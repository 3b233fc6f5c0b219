/** A control group of its own with a limit of memory, for a daemon that is to have no room for two workers. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const VERSIONS = [
  { folder: join(ROOT, 'memory'), limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes' },
  { folder: ROOT, limit: 'memory.max', usage: 'memory.current' },
];

/** Why none can be made; false when one can. */
export function noMemoryGroup() {
  return usable() === undefined ? 'no control group with a limit of memory can be made here' : false;
}

export class MemoryGroup {
  #files = usable();
  #folder;

  /** Processes that `pid` starts from now on belong to it too. */
  add(pid) {
    this.#folder ??= join(this.#files.folder, `detectd-${process.pid}`);
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(join(this.#folder, 'cgroup.procs'), String(pid));
  }

  /** Leaves this much beyond what is used now. */
  leave(bytes) {
    const used = Number(readFileSync(join(this.#folder, this.#files.usage), 'utf8'));
    writeFileSync(join(this.#folder, this.#files.limit), String(Math.round(used + bytes)));
  }

  /** Once its processes are gone. */
  remove() {
    if (this.#folder !== undefined) rmdirSync(this.#folder);
  }
}

function usable() {
  return VERSIONS.find(({ folder, limit }) => {
    try {
      accessSync(folder, constants.W_OK);
      // Of the second version only groups below the root have limits, and only where the controller is handed down.
      if (limit === 'memory.limit_in_bytes') return existsSync(join(folder, limit));
      return readFileSync(join(folder, 'cgroup.subtree_control'), 'utf8').split(/\s/).includes('memory');
    } catch {
      return false;
    }
  });
}
