/**
 * CPU time by part of the worker, for benchmarks: the calling thread's time inside session.run(), and the
 * time of GStreamer's threads. Read from /proc/…/schedstat (nanoseconds on the CPU), which only Linux has;
 * where a kernel is built without it, the totals are NaN.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Clock, Timer } from '../base/clock.js';

/** A thread's time since its last sample is lost when it ends. */
const SAMPLE_MS = 200;

/** Adds up the CPU time of the calling thread between before() and after(). */
export class ThreadCpuAccount {
  readonly #threadFolder: string;
  #startNs = 0;
  #totalNs = 0;

  constructor(threadFolder = '/proc/thread-self') {
    this.#threadFolder = threadFolder;
  }

  before(): void {
    this.#startNs = this.#nowNs();
  }

  after(): void {
    this.#totalNs += this.#nowNs() - this.#startNs;
  }

  /** The account of a running thread is brought up to date at every tick only, or when its process is asked. */
  #nowNs(): number {
    process.cpuUsage();
    return scheduledNs(this.#threadFolder);
  }

  get totalMs(): number {
    return this.#totalNs / 1e6;
  }
}

/**
 * Adds up the CPU time of threads that appear after start(): once models are loaded, only GStreamer starts
 * any. Names would not do, since a thread is called like its parent until it renames itself.
 */
export class GstreamerCpuAccount {
  readonly #taskFolder: string;
  /** Threads of Node and of the inference. */
  #others: ReadonlySet<string> = new Set();
  #supported = true;
  /** Of threads that live, and of all that have ended. */
  #liveNs = new Map<string, number>();
  #endedNs = 0;
  #timer: Timer | undefined;

  constructor(taskFolder = '/proc/self/task') {
    this.#taskFolder = taskFolder;
  }

  start(clock: Clock): void {
    this.#others = new Set(readdirSync(this.#taskFolder));
    // Without that account the files are missing or hold zeros; this very thread has run.
    this.#supported = [...this.#others].some((task) => scheduledNs(`${this.#taskFolder}/${task}`) > 0);
    this.#timer = clock.every(SAMPLE_MS, () => this.sample(), { background: true });
  }

  sample(): void {
    // Before start() nobody knows whose thread is whose.
    if (this.#timer === undefined) return;
    const live = new Map<string, number>();
    for (const task of readdirSync(this.#taskFolder)) {
      if (this.#others.has(task)) continue;
      const ns = scheduledNs(`${this.#taskFolder}/${task}`);
      // It ended between the listing and the reading.
      if (Number.isNaN(ns)) continue;
      const before = this.#liveNs.get(task) ?? 0;
      // The number of an ended thread is given to another one sooner or later, whose time starts anew.
      if (ns >= before) this.#liveNs.delete(task);
      live.set(task, ns);
    }
    for (const ns of this.#liveNs.values()) this.#endedNs += ns;
    this.#liveNs = live;
  }

  close(): void {
    this.#timer?.cancel();
  }

  get totalMs(): number {
    if (!this.#supported) return Number.NaN;
    let totalNs = this.#endedNs;
    for (const ns of this.#liveNs.values()) totalNs += ns;
    return totalNs / 1e6;
  }
}

/** NaN where there is no such account, or no such thread any more. */
function scheduledNs(folder: string): number {
  try {
    return Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ', 1)[0]);
  } catch {
    return Number.NaN;
  }
}
