/**
 * CPU time by part of the worker, for benchmarks: the calling thread's time inside session.run(), and the
 * time of GStreamer's threads. Read from /proc/…/schedstat (nanoseconds on the CPU), which only Linux has.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Adds up the CPU time of the calling thread between before() and after(). */
export class ThreadCpuAccount {
  #startNs = 0;
  #totalNs = 0;

  before(): void {
    this.#startNs = threadCpuNs();
  }

  after(): void {
    this.#totalNs += threadCpuNs() - this.#startNs;
  }

  get totalMs(): number {
    return this.#totalNs / 1e6;
  }
}

/**
 * Adds up the CPU time of threads that Node did not start, which are GStreamer's and its decoders'. They end
 * with their pipeline, so sample() must be called now and then while it runs.
 */
export class GstreamerCpuAccount {
  readonly #seen = new Map<string, number>();

  sample(): void {
    for (const task of readdirSync('/proc/self/task')) {
      try {
        const name = readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim();
        if (/^(node|MainThread|libuv|V8)/i.test(name)) continue;
        this.#seen.set(
          `${task} ${name}`,
          scheduledNs(readFileSync(`/proc/self/task/${task}/schedstat`, 'utf8')),
        );
      } catch {
        // The thread ended between the listing and the reading; its last sample counts.
      }
    }
  }

  get totalMs(): number {
    let total = 0;
    for (const ns of this.#seen.values()) total += ns;
    return total / 1e6;
  }
}

function threadCpuNs(): number {
  return scheduledNs(readFileSync('/proc/thread-self/schedstat', 'utf8'));
}

function scheduledNs(text: string): number {
  return Number(text.split(' ', 1)[0]);
}
