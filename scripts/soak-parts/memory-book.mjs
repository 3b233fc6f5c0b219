/** The memory of supervising process and worker over the run, and what becomes of it. */
import { appendFileSync, readdirSync } from 'node:fs';
import { processMemory } from '../../dist/device/process-memory.js';
import { SystemFiles } from '../../dist/device/system-files.js';
import { growth, judgement } from './memory-growth.mjs';

export class MemoryBook {
  #files = new SystemFiles();
  #samples = { daemon: [], worker: [] };
  #csv;
  #start = performance.now();

  /** Every sample goes into the file `csv` too. */
  constructor(csv) {
    this.#csv = csv;
  }

  async look(pids) {
    for (const [name, pid] of Object.entries(pids)) {
      if (pid === undefined) continue;
      const { memory } = await processMemory(this.#files, pid);
      // A worker that was just killed has none.
      if (memory?.rssBytes === undefined) continue;
      const { rssBytes: rss, pssBytes: pss } = memory;
      const sample = { atMs: performance.now() - this.#start, pid, rss, pss, files: openFiles(pid) };
      this.#samples[name].push(sample);
      appendFileSync(this.#csv, `${[sample.atMs | 0, name, pid, rss, pss, sample.files].join(',')}\n`);
    }
  }

  /** The newest resident size in bytes. */
  rss(name) {
    return this.#samples[name].at(-1)?.rss;
  }

  /**
   * A row per process: of the supervising one all after `warmUpMs`, of workers the one that lived longest, after its
   * own `warmUpMs`.
   */
  rows(warmUpMs, limit) {
    const lives = livesOf(this.#samples.worker);
    const longest = lives.reduce((best, life) => (span(life) > span(best) ? life : best), []);
    return [
      row('supervising process', this.#samples.daemon, warmUpMs, limit),
      row('worker that lived longest', longest, warmUpMs, limit),
    ];
  }
}

function row(name, life, warmUpMs, limit) {
  const settled = life.filter(({ atMs }) => atMs >= life[0].atMs + warmUpMs);
  const trend = (key) => growth(settled.map(({ atMs, [key]: bytes }) => ({ atMs, bytes })));
  const rss = trend('rss');
  return {
    name,
    minutes: span(life) / 60_000,
    measuredMinutes: span(settled) / 60_000,
    rss: {
      first: life[0]?.rss,
      settled: settled[0]?.rss,
      last: life.at(-1)?.rss,
      peak: peak(life, 'rss'),
      trend: rss,
    },
    pss: { settled: settled[0]?.pss, last: life.at(-1)?.pss, trend: trend('pss') },
    files: { settled: settled[0]?.files, last: life.at(-1)?.files },
    verdict: judgement(rss, limit),
  };
}

function span(life) {
  return life.length === 0 ? 0 : life.at(-1).atMs - life[0].atMs;
}

function peak(life, key) {
  return life.reduce((most, sample) => Math.max(most, sample[key]), 0);
}

function openFiles(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}

function livesOf(samples) {
  const lives = new Map();
  for (const sample of samples) {
    const life = lives.get(sample.pid) ?? [];
    life.push(sample);
    lives.set(sample.pid, life);
  }
  return [...lives.values()];
}
