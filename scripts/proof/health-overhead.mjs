/**
 * What looking after its own health costs the supervising process: `health-overhead.mjs [SECONDS]`. CPU time of the whole
 * process (/proc/PID/stat) with a look every 60 s and no metrics, against a look every 0.2 s and metrics that are fetched
 * every 0.3 s. That is fifty times what is usual (10 s and 15 s), so that the difference stands out; a fiftieth of it is
 * the answer. What workers do for it, a message every second, is not in it.
 */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { freePort, inFolder, withDaemon, withMosquitto } from './programs.mjs';

const TIMES = 50;
const LOOK_S = 10 / TIMES;
const FETCH_MS = 15_000 / TIMES;
/** Ticks of /proc are hundredths of a second on every Linux. */
const TICK_S = 0.01;
/** From the first detection on; the start's own work is over then. */
const SETTLE_MS = 8000;
const START_MS = 60_000;

/** Shares of one core: with looks and metrics at their usual pace, and what was measured. */
export async function healthOverhead({ seconds = 60 } = {}) {
  const off = await share(seconds, { health: { interval_s: 60 }, http: { enabled: false } });
  const port = await freePort();
  const on = await share(seconds, { health: { interval_s: LOOK_S }, http: { port } }, port);
  return {
    share: Math.max(0, on.share - off.share) / TIMES,
    off: off.share,
    on: on.share,
    fetched: on.fetched,
    load: loadavg()[0],
  };
}

function share(seconds, sections, port) {
  return inFolder((folder) =>
    withMosquitto(folder, (url) => {
      const config = {
        mqtt: { broker: url },
        engines: { build: false },
        models: { shapes: { bundle: resolve('config/bundles/shapes'), threads: 1 } },
        cameras: { gate: { source: 'test:ball?fps=1', model: 'shapes' } },
        ...sections,
      };
      return withDaemon(folder, config, [], async ({ child, lines }) => {
        const late = performance.now() + START_MS;
        while (!lines.some(({ msg }) => / is online$/.test(msg))) {
          if (performance.now() > late) throw new Error('the daemon did not start');
          await sleep(50);
        }
        await sleep(SETTLE_MS);
        const fetching = new AbortController();
        const fetched = port === undefined ? undefined : fetchMetrics(port, fetching.signal);
        const [begin, before] = [performance.now(), cpuSeconds(child.pid)];
        await Promise.race([sleep(seconds * 1000), fetched ?? new Promise(() => {})]);
        const used = cpuSeconds(child.pid) - before;
        const tookS = (performance.now() - begin) / 1000;
        fetching.abort();
        return { share: used / tookS, fetched: await fetched };
      });
    }),
  );
}

/** Fetches them as Prometheus would, until `signal`; how often. */
async function fetchMetrics(port, signal) {
  let fetched = 0;
  while (!signal.aborted) {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    if (!answer.ok) throw new Error(`/metrics answers ${answer.status}`);
    await answer.text();
    fetched += 1;
    await sleep(FETCH_MS, undefined, { signal }).catch(() => {});
  }
  return fetched;
}

/** Of all its threads, in user and system mode. */
function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * TICK_S;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.stdout.write(
    `${JSON.stringify(await healthOverhead({ seconds: Number(process.argv[2] ?? 60) }))}\n`,
  );
