/**
 * The memory of supervising process and worker over the run. Resident size counts; what of it is the process's own
 * (anonymous) is told beside it, since the rest are pages of files that the kernel takes and gives back as it likes.
 */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { memoryRows } from './memory-rows.mjs';

export class MemoryBook {
  #samples = { daemon: [], worker: [] };
  #csv;
  #start = performance.now();

  /** Every sample goes into the file `csv` too: ms, process, PID, resident and own bytes, open files. */
  constructor(csv) {
    this.#csv = csv;
  }

  look(pids) {
    for (const [name, pid] of Object.entries(pids)) {
      if (pid === undefined) continue;
      const memory = memoryOf(pid);
      // A worker that was just killed has none.
      if (memory?.rss === undefined) continue;
      const sample = { atMs: performance.now() - this.#start, pid, ...memory };
      this.#samples[name].push(sample);
      const { atMs, rss, own, files } = sample;
      appendFileSync(this.#csv, `${[atMs | 0, name, pid, rss, own, files].join(',')}\n`);
    }
  }

  /** The newest resident size in bytes. */
  rss(name) {
    return this.#samples[name].at(-1)?.rss;
  }

  rows(options) {
    return memoryRows(this.#samples, options);
  }
}

function memoryOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const bytes = (key) => {
      const kB = new RegExp(`^${key}: +(\\d+) kB`, 'm').exec(text)?.[1];
      return kB === undefined ? undefined : Number(kB) * 1024;
    };
    const files = readdirSync(`/proc/${pid}/fd`).length;
    return { rss: bytes('Rss'), own: bytes('Anonymous'), files };
  } catch {
    return undefined;
  }
}
