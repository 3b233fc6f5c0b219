/**
 * From the start of the daemon to the first detection on MQTT: with the engine in the cache, and without it, when the
 * graph is prepared first. Rounds alternate, so that a noisy machine disturbs both alike.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { detectd, subscribe, withDaemon, withMosquitto } from './programs.mjs';

const BUNDLE = 'config/bundles/shapes';

/** Milliseconds of `rounds` starts each way, and of building the engine. */
export function startTimes(folder, rounds, bundle = BUNDLE) {
  return withMosquitto(folder, async (url) => {
    const times = { cold: [], cached: [], build: [] };
    const cache = join(folder, 'cache');
    for (let round = 0; round < rounds; round += 1) {
      rmSync(cache, { recursive: true, force: true });
      mkdirSync(cache);
      times.cold.push(await firstDetection(folder, url, bundle));
      times.build.push(await build(folder, cache));
      times.cached.push(await firstDetection(folder, url, bundle));
    }
    return times;
  });
}

async function firstDetection(folder, url, bundle) {
  let heard;
  const first = new Promise((resolve) => {
    heard = resolve;
  });
  const client = await subscribe(url, (topic, _payload, at) => {
    if (topic.endsWith('/detections')) heard(at);
  });
  const config = {
    mqtt: { broker: url },
    models: { shapes: { bundle: join(process.cwd(), bundle), threshold: 0.4 } },
    cameras: { ball: { source: 'test:ball', model: 'shapes', fps: 10 } },
  };
  try {
    const started = performance.now();
    return await withDaemon(folder, config, [], async () => (await first) - started);
  } finally {
    await client.endAsync();
  }
}

async function build(folder, cache) {
  rmSync(join(cache, 'engines'), { recursive: true, force: true });
  const args = ['engines', 'build', '-c', join(folder, 'detectd.yaml'), '--json'];
  const { status, stdout, stderr } = await detectd(...args);
  if (status !== 0) throw new Error(stderr.trim());
  if (readdirSync(join(cache, 'engines')).length === 0) throw new Error('no engine was built');
  return JSON.parse(stdout).engines.reduce((sum, { ms }) => sum + ms, 0);
}
