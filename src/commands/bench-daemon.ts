/**
 * The whole daemon on a video, started as a user would start it and seen from outside: messages counted as a
 * broker takes them, memory read from /proc, CPU time from the daemon's own account. A subscriber would take
 * more time on the same cores than the daemon needs to publish.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { systemClock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { createLogger } from '../base/logger.js';
import type { Precision, ProviderName } from '../core/worker-plan.js';
import { EmbeddedBroker } from '../publish/embedded-broker.js';
import { DaemonProcess, type UsageSample } from './daemon-process.js';

export interface DaemonBenchOptions {
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Folder for the configuration and state of this run. */
  folder: string;
  /** With the engine to run by, so that none is built meanwhile. */
  cacheFolder: string;
  bundle: string;
  video: string;
  provider: ProviderName;
  precision: Precision;
  threads: number;
}

export interface DaemonTiming {
  frames: number;
  /** From the first message to the last. */
  fps: number;
  /** Largest resident set of each process. */
  rssMb: { supervisor: number; worker: number };
  /** `cpu fp32`: what the model ran on in the end; undefined where the daemon did not say. */
  ranOn: string | undefined;
}

/** Frames that must have gone by before CPU time is counted: everything is loaded and warm then. */
const WARM_FRAMES = 20;
/** On top of the time to measure, for loading the model. */
const PATIENCE_MS = 120_000;

/** Runs the video once to its end. Throws what the daemon ends with, and VIDEO_UNREADABLE for a tiny video. */
export async function timeDaemon(options: DaemonBenchOptions): Promise<DaemonTiming> {
  const counter = new ArrivalCounter();
  const count = (topic: string): void => {
    if (topic.endsWith('/detections')) counter.arrived();
  };
  return withBroker(count, async (brokerUrl) => {
    const config = await writeConfig(options, brokerUrl, false);
    let ranOn: string | undefined;
    const daemon = new DaemonProcess({
      ...options,
      args: ['run', '-c', config, '--exit-at-end'],
      onLog: ({ provider, precision }) => {
        if (typeof provider === 'string' && typeof precision === 'string') ranOn = `${provider} ${precision}`;
      },
    });
    await daemon.run();
    if (counter.count < 2)
      throw new DetectdError(
        'VIDEO_UNREADABLE',
        `The video ${options.video} has too few pictures to measure anything (${counter.count}).`,
        'Take one of some hundred pictures.',
      );
    return { frames: counter.count, fps: counter.perSecond, rssMb: daemon.rssMb, ranOn };
  });
}

/**
 * Our own CPU time in ms per frame, both processes together, outside session.run() and GStreamer's threads:
 * over `seconds` of the running daemon, on the video over and over. NaN where the kernel does not tell.
 */
export async function overheadOfDaemon(options: DaemonBenchOptions, seconds: number): Promise<number> {
  return withBroker(undefined, async (brokerUrl) => {
    const config = await writeConfig(options, brokerUrl, true);
    const samples: UsageSample[] = [];
    const daemon = new DaemonProcess({
      ...options,
      args: ['run', '-c', config, '--measure-cpu'],
      onLog: ({ msg, usage }) => {
        if (msg !== 'usage') return;
        const sample = usage as UsageSample;
        if (sample.frames >= WARM_FRAMES) samples.push(sample);
        if (samples.length > seconds) daemon.stop();
      },
    });
    const deadline = systemClock.after(seconds * 1000 + PATIENCE_MS, () => daemon.stop());
    try {
      await daemon.run();
    } finally {
      deadline.cancel();
    }
    return overheadBetween(samples[0], samples.at(-1));
  });
}

/** Milliseconds per frame between two moments of one run; NaN where too little is known. */
export function overheadBetween(first: UsageSample | undefined, last: UsageSample | undefined): number {
  if (first === undefined || last === undefined || last.frames <= first.frames) return Number.NaN;
  return (ownCpuMs(last) - ownCpuMs(first)) / (last.frames - first.frames);
}

function ownCpuMs({ worker, cpuMs }: UsageSample): number {
  const { inferCpuMs = Number.NaN, gstreamerCpuMs = Number.NaN } = worker;
  return cpuMs + worker.cpuMs - inferCpuMs - gstreamerCpuMs;
}

async function withBroker<T>(
  onPublish: ((topic: string) => void) | undefined,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const broker = new EmbeddedBroker({
    host: '127.0.0.1',
    port: 0,
    ...(onPublish === undefined ? {} : { onPublish }),
    clock: systemClock,
    log: createLogger({ level: 'silent', pretty: false }),
  });
  await broker.start(new AbortController().signal);
  try {
    return await use(broker.address);
  } finally {
    await broker.close();
  }
}

/** When messages came; their rate leaves out what went by before the first. */
export class ArrivalCounter {
  readonly #now: () => number;
  count = 0;
  #first = 0;
  #last = 0;

  /** `now` gives milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  arrived(): void {
    this.#last = this.#now();
    if (this.count === 0) this.#first = this.#last;
    this.count += 1;
  }

  get perSecond(): number {
    return ((this.count - 1) * 1000) / (this.#last - this.#first);
  }
}

async function writeConfig(options: DaemonBenchOptions, brokerUrl: string, loop: boolean): Promise<string> {
  const { folder, cacheFolder, bundle, video, provider, precision, threads } = options;
  const path = join(folder, 'bench.yaml');
  const config = {
    device: { id: 'bench' },
    log: { level: 'info', format: 'json' },
    paths: { state: join(folder, 'state'), cache: cacheFolder },
    // Nobody's engines are to go for a measurement, and no build is to disturb it.
    engines: { build: false, max_size_mb: 1_000_000 },
    http: { enabled: false },
    mqtt: { broker: brokerUrl, base: 'bench' },
    models: { model: { bundle, provider, precision, threads, threshold: 0.4 } },
    cameras: { video: { source: `file:${video}`, model: 'model', every_frame: true, loop } },
  };
  // A path may hold what looks like a placeholder.
  const text = dump(config).replaceAll('${', () => '$${');
  await writeFile(path, text);
  return path;
}
