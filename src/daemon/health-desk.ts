/**
 * Looks at the machine and at ourselves in turns, makes the report of health out of it, and has done what the remedies
 * ask for. It decides nothing (health/) and does nothing itself (`acts`).
 */
import type { Clock, Timer } from '../base/clock.js';
import { type DetectdError, messageOf } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { HealthConfig } from '../config/schema.js';
import type { HealthReport, RemedyReport, ServiceReport } from '../core/health-report.js';
import { HEALTHY } from '../core/service.js';
import type { MachineSample, WatchedProcess } from '../device/machine-sample.js';
import { GpuSuspicion } from '../health/gpu-suspicion.js';
import { HealthHistory } from '../health/health-history.js';
import { heatOf } from '../health/heat.js';
import { inMegabytes } from '../health/leak-verdict.js';
import { MemoryWatch } from '../health/memory-watch.js';
import { Remedies, type RemedyOptions } from '../health/remedies.js';
import type { Act } from '../health/remedy-table.js';
import { hiddenGpuLeak, type Sign, signsOf } from '../health/signs.js';
import { timestamp } from '../publish/payloads.js';
import { type DaemonFacts, healthReport } from './health-report.js';
import { memorySeries, workerBytes } from './memory-series.js';

export interface HealthActs {
  /** Has a fresh worker take over; resolves when it serves. */
  recycle: (reason: string) => Promise<void>;
  /** Frames per second over all cameras; undefined: as many as come. */
  setRate: (maxRate: number | undefined) => Promise<void>;
  /** Ends this process, so that it is started again. Undefined where nobody would start it. */
  restart: (() => void) | undefined;
  /** Asks for a reboot of the machine. */
  reboot: (reason: string) => Promise<void>;
}

export interface HealthDeskOptions {
  clock: Clock;
  log: Logger;
  /** Never rejects. */
  sample: (processes: readonly WatchedProcess[]) => Promise<MachineSample>;
  facts: () => DaemonFacts;
  /** The longest time that this process could do nothing, since this was asked last. */
  takeLoopDelayMs: () => number;
  acts: HealthActs;
  /** Of the machine, in seconds. */
  machineUptimeS: () => number;
  /** Something is done now; what came of it is in the log. */
  onRemedy: (report: RemedyReport) => void;
  report: (report: HealthReport) => void;
}

/** What a worker has after this many looks is its size; what comes on top it has gained. */
const LOOKS_TO_SETTLE = 6;
/** Slower than this is of no use to anybody. */
const LEAST_RATE = 0.5;
/** A worker that serves for so long does not fail again and again. */
const RECOVERED_US = 60_000_000;
/** What a restart of processes may cure; a model that does not load is no such thing. */
const FAULTS_OF_PROCESSES = new Set(['WORKER_CRASHED', 'WORKER_HUNG']);

export class HealthDesk {
  readonly #options: HealthDeskOptions;
  readonly #startedUs: number;
  readonly #history = new HealthHistory();
  readonly #failures = new Map([...FAULTS_OF_PROCESSES].map((code) => [code, 0]));
  readonly #remedies: Remedies;
  #config: HealthConfig;
  #memory: MemoryWatch;
  #gpu: GpuSuspicion;
  #timer: Timer | undefined;
  #looking = false;
  #recycling = false;
  #closed = false;
  #lastObjectUs: number;
  /** Of the worker that serves these cameras: its size at first. */
  #size: { of: string; looks: number; baseBytes: number | undefined } | undefined;
  /** Why no worker lasts; since when one serves. */
  #failure: string | undefined;
  #servesSinceUs = 0;
  #signs: readonly Sign[] = [];
  #totalBytes: number | undefined;
  /** There was enough memory at some time since the start. */
  #hadRoom = false;
  #missing: MachineSample['missing'] = {};
  /** The usual rate, when analysing was slowed down; and what it is kept to. */
  #usualRate: number | undefined;
  #maxRate: number | undefined;

  constructor(options: HealthDeskOptions, config: HealthConfig) {
    this.#options = options;
    this.#config = config;
    this.#startedUs = options.clock.monotonicUs();
    this.#lastObjectUs = this.#startedUs;
    this.#memory = new MemoryWatch(config.interval_s * 1000);
    this.#gpu = new GpuSuspicion(config.interval_s * 1000);
    this.#remedies = new Remedies(this.#remedyOptions());
  }

  start(): void {
    this.#timer = this.#options.clock.every(this.#config.interval_s * 1000, () => void this.look());
  }

  configure(config: HealthConfig): void {
    const { interval_s: before } = this.#config;
    this.#config = config;
    this.#remedies.configure(this.#remedyOptions());
    if (config.interval_s === before) return;
    this.#memory = new MemoryWatch(config.interval_s * 1000);
    this.#gpu = new GpuSuspicion(config.interval_s * 1000);
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    this.start();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** A camera saw something. */
  objectSeen(): void {
    this.#lastObjectUs = this.#options.clock.monotonicUs();
  }

  /** The first report does not wait for its turn. */
  workerServes(): void {
    this.#servesSinceUs = this.#options.clock.monotonicUs();
    if (this.#timer !== undefined) void this.look();
  }

  workerFailed({ code, message }: DetectdError): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
    // One that was to take over, while the one before serves on, takes no detection away.
    if (this.#options.facts().workerState === 'ready') return;
    this.#failure = FAULTS_OF_PROCESSES.has(code) ? message : undefined;
  }

  /** What the device does not do as it should for the sake of its health, each a sentence. */
  complaints(): string[] {
    const short = this.#signs.find(({ cause }) => cause === 'memory short');
    const foreign =
      this.#gpu.state === 'cleared'
        ? this.#signs.find(({ cause, workerHelps }) => cause === 'leak' && !workerHelps)
        : undefined;
    const { min_free_mb } = this.#config;
    const most = this.#totalBytes ?? Infinity;
    return [
      ...(min_free_mb * 1e6 < most
        ? []
        : [`health.min_free_mb is ${min_free_mb}, but the machine has only ${inMegabytes(most)}`]),
      ...(this.#maxRate === undefined
        ? []
        : [`slowed down to ${this.#maxRate.toFixed(1)} frames/s: ${this.#slowedFor()}`]),
      ...(short === undefined ? [] : [short.reason]),
      ...(foreign === undefined ? [] : [foreign.reason]),
    ];
  }

  /** That the worker that serves loses memory, of the machine or of its GPU, in a sentence; undefined while it does not. */
  workerLeak(): string | undefined {
    const leaking = this.#memory
      .series()
      .find(({ name, verdict }) => name.startsWith('worker') && verdict.verdict === 'leak');
    return leaking?.verdict.reason;
  }

  /** Whether the machine can be looked at. */
  service(): ServiceReport {
    const missing = Object.entries(this.#missing).map(([what, why]) => `${what}: ${why}`);
    if (missing.length === 0) return { name: 'machine', ...HEALTHY };
    return { name: 'machine', state: 'degraded', reason: missing.join('; ') };
  }

  /** One look, and what follows from it. Never rejects. A call during a look does nothing. */
  async look(): Promise<void> {
    if (this.#looking || this.#closed) return;
    this.#looking = true;
    try {
      const sample = await this.#options.sample(this.#processes());
      if (!this.#closed) this.#take(sample);
    } catch (error) {
      this.#options.log.error({ err: error }, 'a look at the machine failed');
    } finally {
      this.#looking = false;
    }
  }

  #processes(): WatchedProcess[] {
    const { workerPid, nextPid, standbyPid, builderPid } = this.#options.facts();
    const children = { worker: workerPid, 'next worker': nextPid, standby: standbyPid, builder: builderPid };
    return [
      { name: 'daemon', pid: process.pid },
      ...Object.entries(children).flatMap(([name, pid]) => (pid === undefined ? [] : [{ name, pid }])),
    ];
  }

  #take(sample: MachineSample): void {
    const { clock, facts: known, report } = this.#options;
    this.#missing = sample.missing;
    this.#totalBytes = sample.host?.totalBytes;
    const facts = known();
    const { min_free_mb, worker_memory_mb } = this.#config;
    const limits = {
      minFreeBytes: min_free_mb * 1e6,
      workerLimitBytes: worker_memory_mb === undefined ? undefined : worker_memory_mb * 1e6,
    };
    this.#memory.add(memorySeries(sample, limits));
    const series = this.#memory.series();
    const heat = heatOf(sample.temperatures, this.#config.max_temp_c);
    const nowUs = clock.monotonicUs();
    const serves = facts.workerState === 'ready';
    if (serves && nowUs - this.#servesSinceUs >= RECOVERED_US) this.#failure = undefined;
    const workerPid = serves ? facts.workerPid : undefined;
    this.#gpu.look({ nowMs: nowUs / 1000, leak: hiddenGpuLeak(series)?.verdict, workerPid });
    this.#signs = signsOf({
      series,
      gpuSuspicion: this.#gpu.state,
      worker: {
        bytes: workerBytes(sample),
        baseBytes: this.#baseBytes(sample, facts, serves),
        failure: this.#failure,
        stuckCameras: facts.stuckCameras,
        deadPipelines: facts.deadPipelines ?? 0,
        stuck: facts.services.find(({ name, state }) => name === 'worker' && state === 'stuck')?.reason,
      },
      heat,
      roomBytes: sample.host?.roomBytes,
      totalBytes: sample.host?.totalBytes,
      wasShort: this.#signs.some(({ cause }) => cause === 'memory short'),
      ...limits,
    });
    this.#hadRoom ||= (sample.host?.roomBytes ?? 0) >= limits.minFreeBytes;
    const ts = timestamp(clock.wallMs());
    const remedy = this.#remedies.decide({
      nowMs: nowUs / 1000,
      ts,
      signs: this.#signs,
      cool: heat.state === 'cool',
      quietForMs: (nowUs - this.#lastObjectUs) / 1000,
      playsFile: facts.playsFile,
      recycling: this.#recycling || facts.nextPid !== undefined,
      building: facts.builderPid !== undefined,
      hadRoom: this.#hadRoom,
      daemonUpMs: (nowUs - this.#startedUs) / 1000,
      machineUpMs: this.#options.machineUptimeS() * 1000,
    });
    if (remedy !== undefined) this.#act(remedy, facts);
    this.#history.add(nowUs / 1000, {
      availableBytes: sample.host?.availableBytes,
      workerBytes: workerBytes(sample),
      gpuBytes: sample.gpuMemory.usedBytes,
      fps: rateOf(facts),
      hottestC: sample.hottestC,
    });
    report(
      healthReport({
        ts,
        uptimeS: (nowUs - this.#startedUs) / 1e6,
        facts,
        loopDelayMs: this.#options.takeLoopDelayMs(),
        sample,
        series,
        failures: Object.fromEntries(this.#failures),
        remedies: { ...this.#remedies.report(), maxRate: this.#maxRate },
        history: this.#history.report(),
      }),
    );
  }

  #act(report: RemedyReport, facts: DaemonFacts): void {
    const { act, cause, reason } = report;
    const { log, acts, onRemedy } = this.#options;
    onRemedy(report);
    log.warn({ act, cause }, `${act}: ${reason}`);
    if (act === 'recycle') void this.#recycle(`${cause}: ${reason}`);
    else if (act === 'restart') acts.restart?.();
    else if (act === 'reboot') void this.#done(act, acts.reboot(reason));
    else void this.#done(act, this.#setRate(facts));
  }

  async #recycle(reason: string): Promise<void> {
    this.#recycling = true;
    await this.#done('recycle', this.#options.acts.recycle(reason));
    this.#recycling = false;
  }

  async #setRate(facts: DaemonFacts): Promise<void> {
    const share = this.#remedies.rateShare;
    if (this.#maxRate === undefined) this.#usualRate = this.#busiest(facts);
    const usual = this.#usualRate;
    this.#maxRate = share === 1 || usual === undefined ? undefined : Math.max(LEAST_RATE, usual * share);
    await this.#options.acts.setRate(this.#maxRate);
  }

  async #done(act: Act, acting: Promise<void>): Promise<void> {
    await acting.catch((error: unknown) =>
      this.#options.log.error({ act, reason: messageOf(error) }, `${act} failed`),
    );
  }

  #baseBytes(sample: MachineSample, { cameras }: DaemonFacts, ready: boolean): number | undefined {
    const pid = sample.processes.find(({ name }) => name === 'worker')?.pid;
    const bytes = workerBytes(sample);
    if (pid === undefined || bytes === undefined || !ready) {
      this.#size = undefined;
      return undefined;
    }
    // Another camera is no growth.
    const of = [pid, ...cameras.map(({ camera, state }) => `${camera} ${state === 'disabled'}`)].join();
    if (this.#size?.of !== of) this.#size = { of, looks: 0, baseBytes: undefined };
    this.#size.looks += 1;
    if (this.#size.looks >= LOOKS_TO_SETTLE) this.#size.baseBytes ??= bytes;
    return this.#size.baseBytes;
  }

  /** Of the last hour: cameras that are gone for the moment are to have their share when they come back. */
  #busiest(facts: DaemonFacts): number | undefined {
    const rates = [...this.#history.report().fps, rateOf(facts)];
    const known = rates.filter((fps) => typeof fps === 'number' && fps > 0) as number[];
    return known.length === 0 ? undefined : Math.max(...known);
  }

  #slowedFor(): string {
    const sign = this.#signs.find(({ cause }) => cause === 'hot' || cause === 'memory short');
    return sign?.reason ?? 'until it has been neither hot nor short of memory for a while';
  }

  #remedyOptions(): RemedyOptions {
    const { recycle, slow_down, restart, reboot, quiet_s } = this.#config;
    const { acts } = this.#options;
    const allowed: Record<Act, boolean> = {
      recycle,
      'slow down': slow_down,
      'speed up': true,
      restart: restart && acts.restart !== undefined,
      reboot,
    };
    return { allows: (act) => allowed[act], quietMs: quiet_s * 1000 };
  }
}

/** Analysed frames per second over all cameras; undefined while none is known. */
function rateOf({ cameras }: DaemonFacts): number | undefined {
  const rates = cameras.map(({ fps }) => fps).filter((fps) => fps !== undefined);
  return rates.length === 0 ? undefined : rates.reduce((sum, fps) => sum + fps, 0);
}
