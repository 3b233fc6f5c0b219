/**
 * One run of the whole daemon on a video, as a user would start it, seen from outside: messages counted at an
 * MQTT subscriber, memory read from /proc, CPU time from the daemon's own account.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dump } from 'js-yaml';
import mqtt from 'mqtt';
import pino from 'pino';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import type { WorkerUsage } from '../ipc/protocol.js';
import { EmbeddedBroker } from '../publish/embedded-broker.js';

export interface DaemonRunOptions {
  io: CommandIo;
  /** Folder for the configuration, state and cache of this run. */
  folder: string;
  bundle: string;
  video: string;
  threads: number;
  measureCpu: boolean;
}

export interface DaemonRun {
  frames: number;
  /** From the first message to the last. */
  fps: number;
  rssMb: { supervisor: number; worker: number };
  /** CPU ms per frame outside session.run() and GStreamer's threads; NaN unless measured. */
  overheadCpuMs: number;
}

interface Usage {
  worker?: WorkerUsage;
  cpuMs: number;
}

interface Summary {
  atReady?: Usage;
  atEnd: Usage;
}

export async function runDaemonOnce(options: DaemonRunOptions): Promise<DaemonRun> {
  const broker = new EmbeddedBroker({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log: pino({ level: 'silent' }),
  });
  await broker.start(new AbortController().signal);
  const counter = new ArrivalCounter();
  const subscriber = await mqtt.connectAsync(broker.address);
  try {
    await subscriber.subscribeAsync('bench/+/cameras/+/detections');
    subscriber.on('message', () => counter.arrived());
    const config = await writeConfig(options, broker.address);
    const { summary, rssMb } = await runToEnd(config, options);
    return {
      frames: counter.count,
      fps: counter.perSecond,
      rssMb,
      overheadCpuMs: overhead(summary, counter.count),
    };
  } finally {
    await subscriber.endAsync(true);
    await broker.close();
  }
}

class ArrivalCounter {
  count = 0;
  #first = 0;
  #last = 0;

  arrived(): void {
    this.#last = performance.now();
    if (this.count === 0) this.#first = this.#last;
    this.count += 1;
  }

  get perSecond(): number {
    return ((this.count - 1) * 1000) / (this.#last - this.#first);
  }
}

async function writeConfig(options: DaemonRunOptions, brokerUrl: string): Promise<string> {
  const path = join(options.folder, 'bench.yaml');
  const config = {
    device: { id: 'bench' },
    log: { level: 'info', format: 'json' },
    paths: { state: join(options.folder, 'state'), cache: join(options.folder, 'cache') },
    mqtt: { broker: brokerUrl, base: 'bench' },
    models: { model: { bundle: options.bundle, threads: options.threads, threshold: 0.4 } },
    cameras: { video: { source: `file:${options.video}`, model: 'model', every_frame: true } },
  };
  await writeFile(path, dump(config));
  return path;
}

async function runToEnd(
  config: string,
  options: DaemonRunOptions,
): Promise<{ summary: Summary; rssMb: DaemonRun['rssMb'] }> {
  const args = ['run', '-c', config, '--exit-at-end', ...(options.measureCpu ? ['--measure-cpu'] : [])];
  const cli = fileURLToPath(new URL('../cli.js', import.meta.url));
  const child = spawn(process.execPath, [cli, ...args], {
    env: options.io.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: Record<string, unknown>[] = [];
  const stderr = collectOutput(child, lines);
  const rssMb = { supervisor: 0, worker: 0 };
  const sampling = setInterval(() => void sampleMemory(child, lines, rssMb), 500);
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(sampling);
  const summary = lines.find((line) => line['msg'] === 'stopped')?.['usage'] as Summary | undefined;
  if (status !== 0 || summary === undefined)
    throw new DetectdError(
      'WORKER_CRASHED',
      `The daemon ended with exit status ${status}: ${stderr().trim().slice(-500)}`,
    );
  return { summary, rssMb };
}

/** Collects JSON log lines from stdout; returns what came on stderr when asked. */
function collectOutput(child: ChildProcess, lines: Record<string, unknown>[]): () => string {
  let rest = '';
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4096);
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      try {
        lines.push(JSON.parse(part) as Record<string, unknown>);
      } catch {
        // A line of a native library, not of ours.
      }
    }
  });
  return () => stderr;
}

async function sampleMemory(
  child: ChildProcess,
  lines: Record<string, unknown>[],
  rssMb: DaemonRun['rssMb'],
): Promise<void> {
  const worker = lines.find((line) => line['msg'] === 'worker started')?.['pid'];
  rssMb.supervisor = Math.max(rssMb.supervisor, await residentMb(child.pid));
  if (typeof worker === 'number') rssMb.worker = Math.max(rssMb.worker, await residentMb(worker));
}

async function residentMb(pid: number | undefined): Promise<number> {
  try {
    const text = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024;
  } catch {
    // It has just ended.
    return 0;
  }
}

function overhead({ atReady, atEnd }: Summary, frames: number): number {
  const worker = atEnd.worker;
  const before = atReady?.worker;
  if (worker?.inferCpuMs === undefined || worker.gstreamerCpuMs === undefined || atReady === undefined)
    return Number.NaN;
  const supervisorMs = atEnd.cpuMs - atReady.cpuMs;
  const inferMs = worker.inferCpuMs - (before?.inferCpuMs ?? 0);
  const workerMs = worker.cpuMs - (before?.cpuMs ?? 0) - worker.gstreamerCpuMs - inferMs;
  return (supervisorMs + workerMs) / frames;
}
