/**
 * What becomes of the samples of memory: a row for the supervising process, one for the worker that lived longest, and
 * one for all workers at the same age, since most of them are killed too young to have a slope of their own.
 */
import { growth, judgement } from './memory-growth.mjs';

/**
 * `samples`: { daemon, worker }, each [{ atMs, pid, rss, own, files }]. A process is judged by what follows its first
 * `warmUpMs`, workers are compared at `ageMs`; `limit` and `resolution` are in percent per hour.
 */
export function memoryRows(samples, { warmUpMs, ageMs, limit, resolution }) {
  const lives = livesOf(samples.worker);
  const longest = lives.reduce((best, life) => (span(life) > span(best) ? life : best), []);
  const young = lives.flatMap((life) => life.find(({ atMs }) => atMs >= life[0].atMs + ageMs) ?? []);
  const judged = (row) => ({ ...row, verdict: judgement(row.rss.trend, limit, resolution) });
  return [
    judged(row('supervising process', samples.daemon, afterWarmUp(samples.daemon, warmUpMs))),
    judged(row('worker that lived longest', longest, afterWarmUp(longest, warmUpMs))),
    judged(row(`${young.length} workers, each ${Math.round(ageMs / 1000)} s old`, young, young)),
  ];
}

function row(name, all, measured) {
  const sizes = (key) => ({
    settled: measured[0]?.[key],
    last: all.at(-1)?.[key],
    peak: all.reduce((most, sample) => Math.max(most, sample[key]), 0),
    trend: growth(measured.map(({ atMs, [key]: bytes }) => ({ atMs, bytes }))),
  });
  return {
    name,
    minutes: span(all) / 60_000,
    measuredMinutes: span(measured) / 60_000,
    rss: sizes('rss'),
    own: sizes('own'),
    files: { settled: measured[0]?.files, last: all.at(-1)?.files },
  };
}

function afterWarmUp(life, warmUpMs) {
  return life.filter(({ atMs }) => atMs >= life[0].atMs + warmUpMs);
}

function span(life) {
  return life.length === 0 ? 0 : life.at(-1).atMs - life[0].atMs;
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
