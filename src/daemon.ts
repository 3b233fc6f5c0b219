/**
 * The supervising process: knows every part, starts them in order and closes them in reverse. It loads no
 * GStreamer and no ONNX Runtime, so no fault of theirs can take it down. Reload and start are the same act:
 * work out what should run and change only what differs.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Timer } from './base/clock.js';
import { DetectdError } from './base/errors.js';
import { type Logger, setLogLevel } from './base/logger.js';
import { RepeatedFault } from './base/repeated-fault.js';
import { ensureFolder } from './base/writable-folder.js';
import { threadPoolSize } from './capture/thread-pool.js';
import { type ConfigChanges, configChanges } from './config/changes.js';
import { deviceId, type Folders, resolveFolders } from './config/folders.js';
import { type LoadedConfig, loadConfig } from './config/load.js';
import { workerPlan } from './config/plan.js';
import type { Config } from './config/schema.js';
import { maskSecrets } from './config/secrets.js';
import { requireFiles, restartDelays, workerLimits } from './config/worker-limits.js';
import { type Health, worstHealth } from './core/service.js';
import type { WorkerPlan } from './core/worker-plan.js';
import { freeMemory, memoryRoom } from './device/memory-room.js';
import { SystemFiles } from './device/system-files.js';
import { childEnvironment, type SystemdNotifier } from './health/sd-notify.js';
import type {
  CameraCounters,
  CameraReport,
  ModelReport,
  WorkerMessage,
  WorkerUsage,
} from './ipc/protocol.js';
import { Announcer, type AnnouncerOptions } from './publish/announcer.js';
import { CameraBoard, type CameraEntry } from './supervisor/camera-board.js';
import { type DeviceState, deviceState, statusLine } from './supervisor/device-state.js';
import { probe } from './supervisor/probe.js';
import { modelsToLoad } from './supervisor/reconcile.js';
import { WorkerSupervisor } from './supervisor/worker-supervisor.js';

export interface DaemonOptions extends Omit<AnnouncerOptions, 'bootId'> {
  loaded: LoadedConfig;
  env: NodeJS.ProcessEnv;
  /** How logs look, decided once: one stream cannot change its form midway. */
  pretty: boolean;
  notifier: SystemdNotifier;
  /** End, with exit status, when every source is a file and all have ended. */
  exitAtEnd: boolean;
  /** Account CPU time by part, for benchmarks. */
  measureCpu: boolean;
}

const PROBE = new URL('./worker/probe-main.js', import.meta.url);
const HEALTH_MS = 1000;
/** Camera status is repeated this often although nothing changed, so that its figures stay fresh. */
const CAMERA_STATUS_MS = 30_000;
/** For the worker and then MQTT together; what is left is for the process to end: 5 s in all. */
const CLOSE_MS = 4800;
const MQTT_CLOSE_MS = 2000;

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #log: Logger;
  readonly #board = new CameraBoard();
  readonly #timers: Timer[] = [];
  readonly #announcer: Announcer;
  readonly #faults: RepeatedFault;
  #loaded: LoadedConfig;
  #worker: WorkerSupervisor | undefined;
  #models: ModelReport[] = [];
  #usage: WorkerUsage | undefined;
  #everReady = false;
  #closing = false;
  readonly #ending = new AbortController();
  #device: DeviceState = { state: 'starting', reason: '' };
  #finish: ((error: DetectdError | undefined) => void) | undefined;
  #reloads: Promise<void> = Promise.resolve();

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#loaded = options.loaded;
    this.#log = options.log.child({ component: 'daemon' });
    const { version, clock, log, identify } = options;
    this.#faults = new RepeatedFault({
      clock,
      report: (fault, detail, count) => this.#log.warn({ ...(detail as object), count }, fault),
    });
    const bootId = randomBytes(4).toString('hex');
    this.#announcer = new Announcer({ bootId, version, clock, log, identify });
  }

  /** Runs until `signal` aborts or, with exitAtEnd, until every file has ended. Throws what keeps it from starting. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new Promise<DetectdError | undefined>((resolve) => {
      this.#finish = resolve;
    });
    signal.addEventListener('abort', () => this.#finish?.(undefined), { once: true });
    let error: DetectdError | undefined;
    try {
      await this.#start(signal);
      error = signal.aborted ? undefined : await ended;
    } finally {
      await this.#close();
    }
    if (error !== undefined) throw error;
  }

  /** Reads the configuration again; a broken one is refused whole and nothing changes. */
  reload(): Promise<void> {
    this.#reloads = this.#reloads.then(async () => {
      // systemd must not take the end of a reload for the end of the start.
      const { notifier } = this.#options;
      const started = this.#everReady;
      if (started) notifier.reloading();
      try {
        const loaded = await loadConfig(this.#loaded.path, { env: this.#options.env });
        await this.#apply(loaded);
      } catch (thrown) {
        if (this.#closing) return;
        const error = DetectdError.from(thrown);
        this.#log.error(
          { code: error.code, hint: error.hint },
          `reload refused, nothing changed: ${error.message}`,
        );
      }
      if (started) notifier.ready();
    });
    return this.#reloads;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { clock, notifier, env, log } = this.#options;
    await this.#ensureFolders(this.#loaded.config);
    if (this.#options.exitAtEnd) requireFiles(this.#plan());
    this.#board.configure(this.#cameraList());
    notifier.status('starting');
    this.#publishCameras(this.#board.entries());
    await this.#announcer.start(this.#loaded.config.mqtt, this.#deviceId(), signal);
    if (signal.aborted) return;
    this.#worker = new WorkerSupervisor({
      module: new URL('./worker/main.js', import.meta.url),
      env: (plan) => workerEnvironment(env, plan),
      plan: this.#plan(),
      limits: workerLimits(this.#loaded.config),
      restart: restartDelays(this.#loaded.config),
      clock,
      log: log.child({ component: 'supervisor' }),
      room: async (rssBytes) => memoryRoom(rssBytes, await freeMemory(new SystemFiles())),
      onMessage: (message) => this.#onWorkerMessage(message),
      onEnded: (error, delayMs) => this.#onWorkerEnded(error, delayMs),
      onFault: (error, delayMs) => this.#onWorkerFault(error, delayMs),
      onTakenOver: (cameras) => this.#board.takenOver(cameras),
    });
    this.#timers.push(clock.every(HEALTH_MS, () => this.#checkHealth()));
    this.#timers.push(clock.every(CAMERA_STATUS_MS, () => this.#publishCameras(this.#board.entries())));
    const watchdogMs = notifier.watchdogIntervalMs;
    if (watchdogMs !== undefined) this.#timers.push(clock.every(watchdogMs, () => this.#feedWatchdog()));
    await this.#worker.start(signal);
  }

  async #apply(loaded: LoadedConfig): Promise<void> {
    const changes: ConfigChanges = configChanges(this.#loaded.config, loaded.config);
    if (changes.unchanged) {
      this.#log.info('configuration read again, nothing changed');
      return;
    }
    await this.#ensureFolders(loaded.config);
    if (this.#options.exitAtEnd) requireFiles(this.#planFor(loaded));
    await this.#tryModels(loaded);
    this.#ending.signal.throwIfAborted();
    if (changes.mqtt || changes.device) {
      const { config } = loaded;
      await this.#announcer.move(config.mqtt, deviceId(config, hostname()), this.#ending.signal);
      this.#ending.signal.throwIfAborted();
    }
    this.#loaded = loaded;
    setLogLevel(this.#options.log, loaded.config.log.level);
    const gone = this.#board.configure(this.#cameraList());
    for (const camera of gone) this.#announcer.forget(camera);
    await this.#worker?.update(this.#plan(), workerLimits(loaded.config), restartDelays(loaded.config));
    this.#publishCameras(this.#board.entries());
    this.#publishInfo();
    this.#log.info({ changes }, 'configuration applied');
    if (this.#options.exitAtEnd) this.#finishAtEnd();
  }

  /** A model that does not load must not end one that works: new ones are tried in a process of their own first. */
  async #tryModels(loaded: LoadedConfig): Promise<void> {
    const { env, clock } = this.#options;
    const plan = this.#planFor(loaded);
    const { startMs } = workerLimits(this.#loaded.config);
    for (const model of modelsToLoad(plan, this.#plan())) {
      const options = { module: PROBE, env: childEnvironment(env), clock, timeoutMs: startMs };
      await probe({ type: 'model', plan: model, scratchFolder: plan.cacheFolder }, options);
    }
  }

  #onWorkerMessage(message: WorkerMessage): void {
    switch (message.type) {
      case 'result':
        this.#announcer.detections(message.result);
        this.#board.result(message.result.camera);
        return;
      case 'ready':
        this.#models = message.models;
        for (const { identity, provider, precision, family, loadMs, notes } of message.models)
          this.#log.info(
            { version: identity.version, provider, precision, family, loadMs, notes },
            `model "${identity.name}" ready`,
          );
        this.#publishInfo();
        if (!this.#everReady) this.#options.notifier.ready();
        this.#everReady = true;
        this.#checkHealth();
        return;
      case 'camera':
        this.#onCamera(this.#board.report(this.#withoutSecrets(message.report)));
        return;
      case 'heartbeat':
        this.#usage = message.usage;
        if (this.#options.measureCpu) this.#logUsage(message.cameras);
        this.#publishCameras(this.#board.heartbeat(message.cameras, this.#options.clock.monotonicUs()));
        return;
      case 'hello':
      case 'fatal':
      case 'stopped':
        return;
    }
  }

  #onCamera(entry: CameraEntry | undefined): void {
    if (entry === undefined) return;
    const { camera, state, error } = entry;
    if (error === undefined) this.#log.info(`camera "${camera}" is ${state}`);
    else {
      const { code, hint } = error;
      this.#faults.note(`camera "${camera}" is ${state}: ${error.message}`, { code, hint });
    }
    this.#publishCameras([entry]);
    this.#checkHealth();
    if (this.#options.exitAtEnd) this.#finishAtEnd();
  }

  #finishAtEnd(): void {
    const cameras = this.#board.entries().filter((entry) => entry.state !== 'disabled');
    const failed = cameras.find((entry) => entry.error !== undefined);
    if (failed?.error !== undefined) this.#finish?.(DetectdError.fromData(failed.error));
    else if (cameras.every((entry) => entry.state === 'ended')) this.#finish?.(undefined);
  }

  #onWorkerEnded(error: DetectdError | undefined, delayMs: number): void {
    // At the very end the board keeps what was last: a file that has ended stays ended.
    if (!this.#closing) {
      this.#board.workerGone();
      this.#publishCameras(this.#board.entries());
    }
    if (error === undefined) return;
    this.#onWorkerFault(error, delayMs);
    if (this.#options.exitAtEnd) this.#finish?.(this.#masked(error));
  }

  #onWorkerFault(thrown: DetectdError, delayMs: number): void {
    const { code, hint, message } = this.#masked(thrown);
    this.#faults.note(`worker failed: ${message}`, { code, hint, delayMs });
    this.#checkHealth();
  }

  #checkHealth(): void {
    const worker = this.#worker;
    if (worker === undefined || this.#closing) return;
    const cameras = this.#board.entries();
    const state = deviceState({
      worker: { state: worker.state, health: worker.health(), failing: worker.failing },
      services: this.#announcer
        .services()
        .map((service) => ({ name: service.name, health: service.health() })),
      cameras,
      everReady: this.#everReady,
    });
    const next = { ...state, reason: maskSecrets(state.reason, this.#loaded.secrets) };
    if (next.state !== this.#device.state || next.reason !== this.#device.reason) {
      const level = next.state === this.#device.state ? 'debug' : 'info';
      this.#log[level](next.reason === '' ? next.state : `${next.state}: ${next.reason}`);
      this.#device = next;
      this.#announcer.status(next.state, next.reason);
    }
    this.#options.notifier.status(statusLine(next, cameras));
    // A unit that waits for its first inference is not to be killed for it: a restart would not help.
    if (!this.#everReady) this.#options.notifier.extendTimeout(10_000_000);
  }

  /** systemd hears of us unless something is stuck that a restart of the whole daemon would cure. */
  #feedWatchdog(): void {
    const worst: Health = worstHealth(
      [...this.#announcer.services(), this.#worker]
        .filter((service) => service !== undefined)
        .map((service) => ({ name: service.name, health: service.health() })),
    );
    if (worst.state === 'stuck') this.#log.fatal(`watchdog not fed: ${worst.reason}`);
    else this.#options.notifier.watchdog();
  }

  #publishInfo(): void {
    if (this.#models.length === 0) return;
    this.#announcer.info(this.#models, Object.keys(this.#loaded.config.cameras));
  }

  #publishCameras(entries: CameraEntry[]): void {
    for (const entry of entries) this.#announcer.camera(entry);
  }

  async #close(): Promise<void> {
    this.#closing = true;
    this.#ending.abort();
    const { clock, notifier } = this.#options;
    const endUs = clock.monotonicUs() + CLOSE_MS * 1000;
    notifier.stopping();
    for (const timer of this.#timers) timer.cancel();
    await this.#worker?.close();
    this.#logSummary();
    await this.#announcer.close(Math.min(MQTT_CLOSE_MS, Math.max(0, endUs - clock.monotonicUs()) / 1000));
    await notifier.close();
  }

  #logSummary(): void {
    const cameras = this.#board
      .entries()
      .map(({ camera, analysed, dropped }) => ({ camera, analysed, dropped }));
    const usage = { worker: this.#usage, cpuMs: ownCpuMs(), rssBytes: process.memoryUsage.rss() };
    this.#log.info({ cameras, usage, mqtt: this.#announcer.counters() }, 'stopped');
  }

  /** For benchmarks: what both processes have used at one moment, and for how many frames. */
  #logUsage(cameras: CameraCounters[]): void {
    const frames = cameras.reduce((total, { analysed }) => total + analysed, 0);
    this.#log.info({ usage: { worker: this.#usage, cpuMs: ownCpuMs(), frames } }, 'usage');
  }

  #plan(): WorkerPlan {
    return this.#planFor(this.#loaded);
  }

  #planFor({ config, folder }: LoadedConfig): WorkerPlan {
    const { pretty, measureCpu } = this.#options;
    return workerPlan(config, this.#folders(config), folder, { pretty, measureCpu });
  }

  #folders(config: Config): Folders {
    return resolveFolders(config, { env: this.#options.env, uid: process.getuid?.() ?? 0 });
  }

  async #ensureFolders(config: Config): Promise<void> {
    const { cache, state } = this.#folders(config);
    await ensureFolder(cache, 'paths.cache');
    await ensureFolder(state, 'paths.state');
  }

  #cameraList(): { name: string; enabled: boolean }[] {
    return Object.entries(this.#loaded.config.cameras).map(([name, { enabled }]) => ({ name, enabled }));
  }

  /** Native libraries repeat addresses in their messages, passwords included. */
  #masked(error: DetectdError): DetectdError {
    return new DetectdError(error.code, maskSecrets(error.message, this.#loaded.secrets), error.hint);
  }

  #withoutSecrets(report: CameraReport): CameraReport {
    if (report.error === undefined) return report;
    return { ...report, error: this.#masked(DetectdError.fromData(report.error)).toData() };
  }

  #deviceId(): string {
    return deviceId(this.#loaded.config, hostname());
  }
}

/** Each camera keeps threads of Node's pool waiting inside GStreamer; the pool's size is fixed at its start. */
function workerEnvironment(env: NodeJS.ProcessEnv, plan: WorkerPlan): NodeJS.ProcessEnv {
  return { ...childEnvironment(env), UV_THREADPOOL_SIZE: String(threadPoolSize(plan.cameraCapacity)) };
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
