/**
 * Sixteen cameras on one model: equal shares, nothing lost against one camera, results that stay young when three times more
 * comes than can be analysed, and cameras that come and go without the others noticing. Lines of `scripts/prove cameras`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dump, load } from 'js-yaml';
import { inFolder, subscribe, withDaemon, withMosquitto } from './programs.mjs';

const CAMERAS = 16;
const FPS = 5;
const CORES = 2;
const OVERLOAD = 3;
/** Of each camera, where the processor is so fast that they do not overload it. */
const MOST_FPS = 100;
const WEIGHTS = [1, 2, 4];
/** From the last camera's first message on. */
const SETTLE_MS = 3000;
const START_MS = 180_000;
const PAGE_BYTES = 4096;

/** @param options `short` measures for seconds where otherwise a minute is taken. */
export function run({ short = false } = {}) {
  const seconds = short ? 10 : 60;
  const runs = new Map();
  /** One run serves several lines. */
  const once = (name, make) => {
    if (!runs.has(name)) runs.set(name, make());
    return runs.get(name);
  };
  const one = () => once('one', () => play({ cameras: patterns(1, CAMERAS * FPS), seconds }));
  const many = () => once('many', () => play({ cameras: patterns(CAMERAS, FPS), seconds }));
  const over = () => once('over', () => overloaded({ seconds: 2 * seconds }));
  const sixteen = `${CAMERAS} cameras at ${FPS} fps on ${CORES} cores`;
  const tooMany = `${CAMERAS} cameras with ${OVERLOAD} times the frames that can be analysed`;
  return [
    {
      what: `${sixteen}: Jain fairness of their rates`,
      limit: '≥ 0.99',
      measure: async () => fairness(await many()),
    },
    {
      what: `${sixteen} / one camera at ${CAMERAS * FPS} fps: frames a second in all`,
      limit: '≥ 0.95',
      measure: async () => {
        const [alone, all] = [await one(), await many()];
        const ratio = all.perS / alone.perS;
        const figure = `${ratio.toFixed(3)} (${all.perS.toFixed(1)}/s against ${alone.perS.toFixed(1)}/s; load ${loadavg()[0].toFixed(1)})`;
        return { figure, holds: ratio >= 0.95 };
      },
    },
    {
      what: `${sixteen}: latency from frame to MQTT`,
      limit: 'told',
      measure: async () => ({ figure: latency(await many()), holds: true }),
    },
    {
      what: `${tooMany}: p99 of latency / that at ${FPS} fps`,
      limit: `≤ ${OVERLOAD}`,
      measure: async () => {
        const [calm, busy] = [await many(), await over()];
        const ratio = quantile(busy.latencies, 0.99) / quantile(calm.latencies, 0.99);
        const figure = `${ratio.toFixed(2)} (${latency(busy)}; ${busy.factor.toFixed(1)} times too many; lost: ${lost(busy)})`;
        return { figure, holds: ratio <= OVERLOAD && busy.factor >= 0.8 * OVERLOAD };
      },
    },
    {
      what: `${tooMany}: Jain fairness of their rates`,
      limit: '≥ 0.99',
      measure: async () => fairness(await over()),
    },
    {
      what: `${tooMany}: growth of the worker's memory, last third against the second`,
      limit: '≤ 2 %',
      measure: async () => growth(await over()),
    },
    {
      what: `the same of two models, weights ${WEIGHTS.join(', ')}: Jain fairness of rate / weight`,
      limit: '≥ 0.99',
      measure: async () => {
        const { fps } = await over();
        const cameras = patterns(CAMERAS, fps, (index) => ({
          model: ['shapes', 'more'][index % 2],
          weight: WEIGHTS[index % WEIGHTS.length],
        }));
        return fairness(await play({ cameras, seconds }), cameras);
      },
    },
    {
      what: `${sixteen}, of which half come and go: pictures that the other half loses`,
      limit: 'as many as just before, and 0.5 %',
      measure: comings,
    },
  ];
}

/** Raises the cameras' rate until so many times more comes than is analysed. */
async function overloaded({ seconds }) {
  let fps = FPS;
  for (let tries = 0; tries < 6; tries += 1) {
    const { factor } = await play({ cameras: patterns(CAMERAS, fps), seconds: 4 });
    if (factor >= OVERLOAD || fps >= MOST_FPS) break;
    // Taking pictures costs time, too: with more of them, fewer are analysed.
    fps = Math.min(MOST_FPS, Math.ceil(fps * Math.min(2.5, (1.1 * OVERLOAD) / factor)));
  }
  return { ...(await play({ cameras: patterns(CAMERAS, fps), seconds })), fps };
}

/** Half of the cameras leave and others come, by the configuration, while the rest is watched. */
async function comings() {
  const all = patterns(2 * CAMERAS, FPS);
  const names = Object.keys(all);
  const part = (from, to) => Object.fromEntries(names.slice(from, to).map((name) => [name, all[name]]));
  const half = CAMERAS / 2;
  const watched = names.slice(0, half);
  const turns = [part(half, 2 * half), part(2 * half, 3 * half), {}, part(half, 2 * half)];
  let before = 0;
  const during = async ({ child, file, heard }) => {
    await sleep(4000 * turns.length);
    before = lossOf(heard, watched);
    heard.books = new Map();
    for (const others of turns) {
      const config = load(readFileSync(file, 'utf8'));
      writeFileSync(file, dump({ ...config, cameras: { ...part(0, half), ...others } }));
      child.kill('SIGHUP');
      await sleep(4000);
    }
  };
  const played = await play({ cameras: part(0, CAMERAS), during });
  const after = lossOf(played, watched);
  const gaps = watched.filter((name) => !played.books.get(name).gapless).length;
  const figure = `${percent(after)}, and ${percent(before)} before; numbers with a gap: ${gaps} cameras; lost in the worker: ${lost(played, watched)}`;
  return { figure, holds: after <= before + 0.005 && gaps === 0 };
}

/** Part of the pictures of these cameras that did not come. */
function lossOf({ books }, names) {
  const missing = names.reduce((sum, name) => sum + books.get(name).missing(FPS), 0);
  return missing / (missing + names.reduce((sum, name) => sum + books.get(name).count, 0));
}

function patterns(count, fps, more = () => ({})) {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `cam${String(index).padStart(2, '0')}`,
      { source: `test:ball?width=256&height=256&fps=${fps}`, model: 'shapes', ...more(index) },
    ]),
  );
}

/** What was heard of one camera. */
class Book {
  count = 0;
  gapless = true;
  #first;
  #last;
  #seq;

  note(seq, ts) {
    this.count += 1;
    this.#first ??= ts;
    this.#last = ts;
    if (this.#seq !== undefined && seq !== this.#seq + 1) this.gapless = false;
    this.#seq = seq;
  }

  /** Pictures that should have come between the first and the last. */
  missing(fps) {
    return Math.max(0, Math.round(((this.#last - this.#first) * fps) / 1000) + 1 - this.count);
  }
}

/** The daemon with these cameras; what was heard of them in so many seconds, or during `during`. */
function play({ cameras, seconds = 0, during = () => sleep(seconds * 1000) }) {
  return inFolder((folder) =>
    withMosquitto(folder, async (url) => {
      const bundle = resolve('config/bundles/shapes');
      const used = new Set(Object.values(cameras).map(({ model }) => model));
      const config = {
        mqtt: { broker: url },
        engines: { build: false },
        http: { enabled: false },
        health: { interval_s: 1 },
        models: Object.fromEntries([...used].map((name) => [name, { bundle, provider: 'cpu' }])),
        cameras,
      };
      return withDaemon(folder, config, [], async ({ child }) => {
        onCores(child.pid);
        const heard = { books: new Map(), latencies: [], health: undefined };
        const client = await subscribe(url, (topic, text) => hear(heard, topic, text));
        try {
          await until(() => heard.books.size >= Object.keys(cameras).length, START_MS);
          await sleep(SETTLE_MS);
          const before = heard.health;
          heard.books = new Map();
          heard.latencies = [];
          const sizes = [];
          const worker = workerOf(child.pid);
          const sampling = setInterval(() => sizes.push(rssBytes(worker)), 500);
          const begin = performance.now();
          await during({ child, file: join(folder, 'detectd.yaml'), heard });
          const tookS = (performance.now() - begin) / 1000;
          clearInterval(sampling);
          return { ...heard, ...summary(heard, before, tookS), sizes };
        } finally {
          client.end(true);
        }
      });
    }),
  );
}

function hear(heard, topic, text) {
  const nowMs = Date.now();
  const [, , , camera, kind] = topic.split('/');
  if (topic.endsWith('/health')) heard.health = JSON.parse(text);
  if (kind !== 'detections') return;
  const { seq, ts } = JSON.parse(text);
  const atMs = Date.parse(ts);
  heard.latencies.push(nowMs - atMs);
  if (!heard.books.has(camera)) heard.books.set(camera, new Book());
  heard.books.get(camera).note(seq, atMs);
}

function summary({ books, health, latencies }, before, tookS) {
  const lostBy = {};
  let analysed = 0;
  let dropped = 0;
  for (const [name, camera] of Object.entries(health.cameras)) {
    const earlier = before?.cameras[name];
    analysed += camera.analysed - (earlier?.analysed ?? 0);
    dropped += camera.dropped - (earlier?.dropped ?? 0);
    lostBy[name] = Object.fromEntries(
      Object.entries(camera.drops).map(([cause, count]) => [cause, count - (earlier?.drops[cause] ?? 0)]),
    );
  }
  const rates = new Map([...books].map(([name, { count }]) => [name, count / tookS]));
  return { rates, perS: latencies.length / tookS, factor: (analysed + dropped) / analysed, lostBy };
}

function fairness({ rates }, cameras = {}) {
  const shares = [...rates].map(([name, rate]) => rate / (cameras[name]?.weight ?? 1));
  const sum = shares.reduce((a, b) => a + b, 0);
  const jain = sum ** 2 / (shares.length * shares.reduce((a, b) => a + b * b, 0));
  const all = [...rates.values()];
  const spread = `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)} fps`;
  return {
    figure: `${jain.toFixed(4)} of ${all.length} cameras (${spread})`,
    holds: jain >= 0.99 && all.length === CAMERAS,
  };
}

function growth({ sizes }) {
  const third = Math.floor(sizes.length / 3);
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const [second, last] = [mean(sizes.slice(third, 2 * third)), mean(sizes.slice(2 * third))];
  const grown = last / second - 1;
  const figure = `${percent(grown)} (${(second / 1e6).toFixed(1)} MB, then ${(last / 1e6).toFixed(1)} MB)`;
  return { figure, holds: grown <= 0.02 };
}

function latency({ latencies }) {
  const [middle, most] = [0.5, 0.99].map((part) => quantile(latencies, part));
  return `p50 ${middle} ms, p99 ${most} ms of ${latencies.length} frames`;
}

const percent = (part) => `${(100 * part).toFixed(2)} %`;

/** By cause, of all cameras or those named. */
function lost({ lostBy }, names = Object.keys(lostBy)) {
  const sums = {};
  for (const name of names)
    for (const [cause, count] of Object.entries(lostBy[name] ?? {})) sums[cause] = (sums[cause] ?? 0) + count;
  const told = Object.entries(sums).filter(([, count]) => count > 0);
  return told.length === 0 ? 'none' : told.map(([cause, count]) => `${count} ${cause}`).join(', ');
}

function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

/** Where there are more; its processes start on the same ones. */
function onCores(pid) {
  if (availableParallelism() > CORES) execFileSync('taskset', ['-a', '-c', '-p', `0-${CORES - 1}`, `${pid}`]);
}

function workerOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('worker/main'));
}

function rssBytes(pid) {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
}

async function until(holds, ms) {
  const late = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > late) throw new Error('not all cameras were heard of in time');
    await sleep(50);
  }
}
