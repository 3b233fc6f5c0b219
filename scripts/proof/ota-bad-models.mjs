/**
 * Bad models in the whole daemon, one after the other while a good one serves a camera: each is refused or rolled back
 * with its code, and a subscriber misses nothing for longer than a second. Archives that are damaged or not to be trusted
 * in themselves are ota-trust's; of those only a few come here.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { create } from 'tar';
import { inFolder, subscribe, withDaemon, withMosquitto } from './programs.mjs';

const HELPER = new URL('../../test/helpers/bad-model-worker.mjs', import.meta.url).href;
const BUNDLES = new URL('../../dist-test/helpers/tiny-bundle.js', import.meta.url);
const MODEL = 'things';
const FPS = 10;
/** A quarter of it is warming up for memory, half of it for what is in the picture. */
const PROBATION_S = 16;
const STANDBY_S = 60;
const GAP_LIMIT_MS = 1000;
const DEADLINE_MS = 150_000;
/** What the good one computes for nothing, so that another can take many times as long. */
const WORK = 4;

/** `make` changes the good bundle, `entry` its configuration, `spoil` the archive before it is hashed. */
const BAD = [
  { name: 'truncated', codes: ['BUNDLE_ARCHIVE'], spoil: (bytes) => bytes.subarray(0, bytes.length / 2) },
  { name: 'wrong-hash', codes: ['MODEL_DIGEST'], entry: () => ({ sha256: 'a'.repeat(64) }) },
  { name: 'wrong-classes', codes: ['MODEL_CLASSES'], make: { labels: ['other'] } },
  { name: 'slow', codes: ['MODEL_SLOW'], make: { work: 15 * WORK } },
  { name: 'out-of-memory', codes: ['MODEL_FAILS', 'ENGINE_MEMORY'], make: { hog: true } },
  { name: 'finds-nothing', codes: ['MODEL_FINDS_NOTHING'], make: { score: 0.01 } },
  { name: 'crashes', codes: ['MODEL_FAILS'], fault: { crash_after_s: 4 } },
  { name: 'leaks', codes: ['MODEL_LEAKS'], fault: { leak_mb_per_s: 20 } },
];

export function otaBadModels() {
  return [
    {
      what: `bad models in the daemon (${BAD.map(({ name }) => name).join(', ')})`,
      limit: `each refused or rolled back with its code, no gap above ${GAP_LIMIT_MS} ms, the good one serves`,
      measure: badModels,
    },
  ];
}

async function badModels() {
  if (!existsSync(BUNDLES)) spawnSync(process.execPath, ['scripts/build-tests'], { stdio: 'ignore' });
  const { tinyBundle } = await import(BUNDLES.href);
  return inFolder((folder) =>
    withMosquitto(folder, async (url) => {
      const seen = new Seen();
      const client = await subscribe(url, (topic, text) => seen.take(topic, text));
      const good = await archive(tinyBundle, folder, { name: 'good' });
      const config = (entry) => ({
        mqtt: { broker: url },
        http: { enabled: false },
        updates: { probation_s: PROBATION_S, standby_s: STANDBY_S },
        models: { [MODEL]: { threads: 1, ...entry } },
        cameras: { gate: { source: 'test:ball', fps: FPS, model: MODEL } },
      });
      try {
        return await withDaemon(
          folder,
          config(good),
          [],
          async ({ child }) => {
            await seen.until(() => seen.update?.phase === 'confirmed', 'the good model is confirmed');
            const outcomes = [];
            for (const bad of BAD)
              outcomes.push(
                await tried(bad, await archive(tinyBundle, folder, bad), { seen, child, folder, config }),
              );
            return verdict(outcomes);
          },
          { NODE_OPTIONS: `--import=${HELPER}` },
        );
      } finally {
        client.end(true);
      }
    }),
  );
}

/** Has the daemon read a configuration with this model, and waits until it is refused and the good one serves. */
async function tried({ name, codes }, entry, { seen, child, folder, config }) {
  const good = seen.frames.at(-1).digest;
  const from = seen.frames.length - 1;
  const paths = { state: join(folder, 'state'), cache: join(folder, 'cache') };
  const next = { device: { id: 'proof' }, log: { format: 'json' }, paths, ...config(entry) };
  writeFileSync(join(folder, 'detectd.yaml'), dump(next));
  child.kill('SIGHUP');
  const isOver = () =>
    ['failed', 'rolled_back'].includes(seen.update?.phase) && seen.update.source.includes(`/${name}.tar.gz`);
  await seen.until(isOver, `${name} is refused`);
  const { phase, error } = seen.update;
  const back = seen.frames.length;
  await seen.until(
    () => seen.frames.slice(back).filter(({ digest }) => digest === good).length >= FPS,
    `${name} is gone`,
  );
  const frames = seen.frames.slice(from);
  // What was never active has never been seen.
  const served = phase === 'rolled_back' || frames.every(({ digest }) => digest === good);
  return { name, code: error?.code, fits: codes.includes(error?.code), served, gapMs: longestGap(frames) };
}

function verdict(outcomes) {
  const bad = outcomes.filter(({ fits, served, gapMs }) => !fits || !served || gapMs > GAP_LIMIT_MS);
  const longest = Math.max(...outcomes.map(({ gapMs }) => gapMs));
  const listed = bad.map(({ name, code, gapMs }) => `${name}: ${code}, ${gapMs} ms`).join('; ');
  const codes = outcomes.map(({ name, code }) => `${name} ${code}`).join(', ');
  return {
    figure: `${outcomes.length - bad.length} of ${outcomes.length}, longest gap ${longest} ms${listed === '' ? ` (${codes})` : `; not ${listed}`}`,
    holds: bad.length === 0,
  };
}

/** @returns its `bundle` and `sha256` for the configuration */
async function archive(
  tinyBundle,
  folder,
  { name, make = {}, fault, spoil = (bytes) => bytes, entry = () => ({}) },
) {
  const bundle = tinyBundle(join(folder, `bundle-${name}`), { work: WORK, ...make });
  writeFileSync(
    join(bundle, 'manifest.json'),
    JSON.stringify({ name: MODEL, version: `1.0.${BAD.findIndex((bad) => bad.name === name) + 1}` }),
  );
  if (fault !== undefined) writeFileSync(join(bundle, 'fault.json'), JSON.stringify(fault));
  const file = join(folder, `${name}.tar.gz`);
  await create({ gzip: true, portable: true, cwd: bundle, file }, readdirSync(bundle));
  writeFileSync(file, spoil(readFileSync(file)));
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  return { bundle: `file:${file}`, sha256, ...entry() };
}

/** Between the capture of one frame and the next that a subscriber was told of. */
function longestGap(frames) {
  return Math.max(...frames.slice(1).map(({ atMs }, index) => atMs - frames[index].atMs));
}

/** What a subscriber has seen. */
class Seen {
  frames = [];
  update;
  #wake = () => {};

  take(topic, text) {
    if (text === '') return;
    if (topic.endsWith('/detections')) {
      const { ts, model } = JSON.parse(text);
      this.frames.push({ atMs: Date.parse(ts), digest: model.digest });
    } else if (topic.endsWith(`/models/${MODEL}/state`)) this.update = JSON.parse(text).update;
    this.#wake();
  }

  async until(condition, what) {
    const end = performance.now() + DEADLINE_MS;
    while (!condition()) {
      const left = end - performance.now();
      if (left <= 0)
        throw new Error(`${what}: not within ${DEADLINE_MS / 1000} s, but ${JSON.stringify(this.update)}`);
      await new Promise((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, Math.min(left, 1000)).unref?.();
      });
    }
  }
}
