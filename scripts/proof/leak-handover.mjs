/**
 * A worker that really loses host memory, from its start until another one has taken over, as a subscriber sees it:
 * `leak-handover.mjs [both|one]`, with room for two workers or for one. The daemon looks at its memory fifty times more often
 * than it would, which makes the leak detector's windows as many times shorter: 24 minutes become 29 seconds.
 */
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dump } from 'js-yaml';
import { MemoryGroup } from './memory-group.mjs';
import { inFolder, subscribe, withDaemon, withMosquitto } from './programs.mjs';

const helper = (name) => new URL(`../../test/helpers/${name}.mjs`, import.meta.url).href;
/** Host memory goes fast and is looked at often; a GPU's driver is asked so rarely that hours stay hours. */
const KINDS = {
  host: { leaking: helper('leaking-worker'), leakMbPerS: 3, intervalS: 0.2, deadlineMs: 150_000 },
  gpu: { leaking: helper('leaking-gpu'), leakMbPerS: 0.4, intervalS: 10, deadlineMs: 6 * 3_600_000 },
};
const QUIET_S = 3;
/** Enough for one worker that leaks, and far from enough for two. */
const ROOM_BYTES = 450e6;
/** Messages whose cadence is that of an undisturbed daemon, and after the change. */
const BEFORE = 50;
const AFTER = 30;

/**
 * @param room `both` workers fit, or `one`
 * @param kind `host` memory is lost, or that of the `gpu`, on the CUDA provider or the given one
 * @param again waits until the leak of the next worker is known, too: it must not be replaced at once
 */
export function leakHandover({
  fps = 10,
  room = 'both',
  again = false,
  kind = 'host',
  provider = kind === 'gpu' ? 'cuda' : 'auto',
} = {}) {
  const { leaking, leakMbPerS, intervalS, deadlineMs } = KINDS[kind];
  return inFolder((folder) =>
    withMosquitto(folder, async (url) => {
      const group = room === 'one' ? new MemoryGroup() : undefined;
      const seen = new Seen(deadlineMs);
      const client = await subscribe(url, (topic, text, at) => seen.take(topic, text, at));
      const config = (threshold) => ({
        mqtt: { broker: url },
        engines: { build: false },
        http: { enabled: false },
        health: { interval_s: intervalS, quiet_s: QUIET_S, min_free_mb: 0 },
        models: { shapes: { bundle: resolve('config/bundles/shapes'), threads: 1, threshold, provider } },
        cameras: { gate: { source: `test:shapes?plain=1&objects=4&fps=${fps}`, model: 'shapes' } },
      });
      const env = {
        NODE_OPTIONS: `--import=${leaking}`,
        LEAK_MB_PER_S: String(leakMbPerS),
        LEAK_PROVIDER: provider,
      };
      const work = async ({ child, lines }) => {
        group?.add(child.pid);
        await seen.until(() => seen.messages.length > fps);
        group?.leave(ROOM_BYTES);
        const started = performance.now();
        const from = seen.messages.length;
        // Something is in the picture all the time, so it has to wait.
        await seen.until(() => seen.health?.remedies.pending?.act === 'recycle');
        const foundS = (performance.now() - started) / 1000;
        const { reason } = seen.health.remedies.pending;
        await seen.until(() => seen.messages.length >= from + BEFORE);
        const undisturbed = longest(seen.messages.slice(from));
        const waited = !lines.some(({ act }) => act === 'recycle');
        // And now nothing is.
        const paths = { state: join(folder, 'state'), cache: join(folder, 'cache') };
        const next = { device: { id: 'proof' }, log: { format: 'json' }, paths, ...config(1) };
        writeFileSync(join(folder, 'detectd.yaml'), dump(next));
        const quiet = seen.messages.length;
        const old = worker(seen.health, kind);
        child.kill('SIGHUP');
        await seen.until(() => lines.some(({ act }) => act === 'recycle'));
        const leaked = worker(seen.health, kind).mb;
        await seen.until(
          () => worker(seen.health, kind)?.pid !== old.pid && seen.health.worker.state === 'ready',
        );
        const end = seen.messages.length + AFTER;
        await seen.until(() => seen.messages.length >= end);
        const changing = longest(seen.messages.slice(quiet - 1));
        const fresh = worker(seen.health, kind).mb;
        if (again) await seen.until(() => seen.health.remedies.pending?.act === 'recycle');
        return {
          foundS,
          reason,
          waited,
          besideTheOld: !lines.some(({ msg }) => msg.startsWith('too little memory')),
          intervalMs: 1000 / fps,
          load: loadavg()[0],
          undisturbed,
          changing,
          /** By how much the change made the longest pause longer. */
          moreMs: Math.max(
            0,
            changing.captureMs - undisturbed.captureMs,
            changing.arrivalMs - undisturbed.arrivalMs,
          ),
          gapless: seen.messages.every(({ seq }, i) => i === 0 || seq === seen.messages[i - 1].seq + 1),
          recycled: seen.health.remedies.taken.recycle?.leak ?? 0,
          failures: Object.keys(seen.health.worker.failures),
          leakedMb: leaked,
          freshMb: fresh,
        };
      };
      try {
        return await withDaemon(folder, config(0.3), [], work, env);
      } finally {
        client.end(true);
        group?.remove();
      }
    }),
  );
}

/** What has come, and who waits for more. */
class Seen {
  messages = [];
  health;
  #deadlineMs;
  #wake = () => {};

  constructor(deadlineMs) {
    this.#deadlineMs = deadlineMs;
  }

  take(topic, text, at) {
    const body = text === '' ? undefined : JSON.parse(text);
    if (topic.endsWith('/detections'))
      this.messages.push({ captured: Date.parse(body.ts), at, seq: body.seq });
    else if (topic.endsWith('/health')) this.health = body;
    this.#wake();
  }

  until(enough) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not in time: ${enough}`)), this.#deadlineMs);
      this.#wake = () => {
        if (!enough()) return;
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
      this.#wake();
    });
  }
}

/** The worker that serves, as the topic `health` tells it. */
function worker(health, kind) {
  const found = health?.processes.find(({ name }) => name === 'worker');
  return found && { pid: found.pid, mb: kind === 'gpu' ? found.gpu_mb : (found.pss_mb ?? found.rss_mb) };
}

function longest(messages) {
  const gaps = (key) => messages.slice(1).map((message, index) => message[key] - messages[index][key]);
  return { captureMs: Math.max(...gaps('captured')), arrivalMs: Math.round(Math.max(...gaps('at'))) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.stdout.write(`${JSON.stringify(await leakHandover({ room: process.argv[2], again: true }))}\n`);
