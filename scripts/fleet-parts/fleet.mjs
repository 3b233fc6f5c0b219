/** A fleet in several processes, from the first connection to its results. */
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Listener } from './listener.mjs';

const WORKER = fileURLToPath(new URL('./fleet-worker.mjs', import.meta.url));
const DEVICES_PER_PROCESS = 500;
/** Of a clock tick of the kernel, as /proc has it. */
const TICKS_PER_S = 100;

/** `brokerPid`: a broker on this machine whose CPU is measured. Resolves to the results. */
export async function fleet(options, { url, brokerPid, say }) {
  const { devices, rate, seconds, base, format, listen } = options;
  const count = Math.min(
    devices,
    options.processes ?? Math.min(availableParallelism(), Math.ceil(devices / DEVICES_PER_PROCESS)),
  );
  const names = Array.from({ length: devices }, (_, index) => `sim-${String(index + 1).padStart(5, '0')}`);
  const credentials =
    options.username === undefined
      ? {}
      : { username: options.username, ...optional('password', process.env.FLEET_PASSWORD) };
  const workers = Array.from({ length: count }, () => new Worker());
  const listener = new Listener();
  try {
    const every = Math.max(1, Math.floor(devices / listen));
    const heard = names.filter((_, index) => index % every === 0).slice(0, listen);
    const filters =
      heard.length === devices
        ? [`${base}/+/cameras/+/detections`]
        : heard.map((name) => `${base}/${name}/cameras/+/detections`);
    await listener.start(url, filters, credentials);
    const began = performance.now();
    const mqtt = { broker: url, base, format, ...credentials };
    const up = await Promise.all(
      workers.map((worker, part) =>
        worker.ask('connect', { mqtt, names: names.filter((_, index) => index % count === part) }),
      ),
    );
    const connectS = (performance.now() - began) / 1000;
    say(
      `${sum(up, 'connected')} of ${devices} devices connected in ${connectS.toFixed(1)} s, in ${count} ${count === 1 ? 'process' : 'processes'}`,
    );
    // What was published while others still connected is none of it.
    await sleep(500);
    listener.begin();
    const broker = usage(brokerPid);
    const cpu = process.cpuUsage();
    const runs = await Promise.all(workers.map((worker) => worker.ask('run', { rate, seconds })));
    const brokerAfter = usage(brokerPid);
    const own = process.cpuUsage(cpu);
    const wantedHere = (sum(runs, 'wanted') * heard.length) / devices;
    const until = performance.now() + 2000;
    while (listener.messages < wantedHere * 0.9999 && performance.now() < until) await sleep(20);
    const tookS = Math.max(...runs.map((run) => run.tookS));
    const wanted = devices * rate * seconds;
    const [p50, p99, most] = listener.ages(0.5, 0.99, 1);
    return {
      devices,
      processes: count,
      connected: sum(runs, 'connected'),
      connect_s: round(connectS),
      seconds: round(tookS),
      wanted_per_s: devices * rate,
      per_s: round(sum(runs, 'published') / tookS),
      wanted,
      published: sum(runs, 'published'),
      dropped: sum(runs, 'dropped'),
      reconnects: sum(runs, 'reconnects'),
      behind_ms_p99: round(Math.max(...runs.map((run) => run.lateMs))),
      heard: { devices: heard.length, messages: listener.messages, missing: listener.missing },
      latency_ms: { p50, p99, most },
      device: {
        rss_kb: round((sum(runs, 'rss') - sum(up, 'emptyRss')) / devices / 1000),
        cpu_percent: round((100 * sum(runs, 'cpuS')) / tookS / devices, 3),
      },
      process_rss_mb: round(sum(runs, 'rss') / count / 1e6),
      processes_cpu_percent: runs.map((run) => round((100 * run.cpuS) / run.tookS)),
      cpu_ms_per_1000: round((1e6 * sum(runs, 'cpuS')) / sum(runs, 'published')),
      listener_cpu_percent: round((own.user + own.system) / 1e4 / tookS),
      broker:
        broker === undefined
          ? null
          : {
              cpu_percent: round((100 * (brokerAfter.cpuS - broker.cpuS)) / tookS),
              rss_mb: round(brokerAfter.rss / 1e6),
              cpu_ms_per_1000: round((1e6 * (brokerAfter.cpuS - broker.cpuS)) / sum(runs, 'published')),
            },
    };
  } finally {
    await listener.close();
    await Promise.all(workers.map((worker) => worker.end()));
  }
}

class Worker {
  #child = fork(WORKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });

  ask(order, options = {}) {
    return new Promise((resolve, reject) => {
      const gone = (status, signal) =>
        reject(new Error(`a process of the fleet ended with ${signal ?? status}`));
      this.#child.once('exit', gone);
      this.#child.once('message', ({ error, ...result }) => {
        this.#child.off('exit', gone);
        if (error === undefined) resolve(result);
        else reject(new Error(error));
      });
      this.#child.send({ order, ...options });
    });
  }

  /** In order, so that the broker publishes no last wills, as far as that is possible. */
  async end() {
    await this.ask('close').catch(() => {});
    this.#child.kill('SIGKILL');
  }
}

/** CPU seconds and memory of a process. */
export function usage(pid) {
  if (pid === undefined) return undefined;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return { cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S, rss: pages * 4096 };
}

/** What keeps it from more, in words; empty when it holds. */
export function shortcomings(result) {
  const {
    devices,
    connected,
    wanted,
    published,
    dropped,
    heard,
    broker,
    processes_cpu_percent: cpu,
  } = result;
  const found = [];
  if (connected < devices) found.push(`${devices - connected} devices are not connected`);
  if (dropped > 0) found.push(`${dropped} messages were dropped`);
  if (published < wanted * 0.98)
    found.push(`${((100 * published) / wanted).toFixed(1)} % of the rate was reached`);
  if (result.seconds > (wanted / result.wanted_per_s) * 1.02) found.push('it fell behind its rate');
  if (heard.missing > 0) found.push(`${heard.missing} messages did not arrive`);
  if (found.length === 0) return found;
  if (broker !== null && broker.cpu_percent > 85)
    found.push(`the broker is at ${broker.cpu_percent} % of a core`);
  const busiest = Math.max(...cpu);
  if (busiest > 85) found.push(`a process of the fleet is at ${busiest} % of a core`);
  if (result.listener_cpu_percent > 85)
    found.push(`the subscriber is at ${result.listener_cpu_percent} % of a core`);
  return found;
}

function sum(list, key) {
  return list.reduce((total, each) => total + each[key], 0);
}

function round(value, digits = 1) {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

function optional(key, value) {
  return value === undefined ? {} : { [key]: value };
}
