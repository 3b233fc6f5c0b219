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
import { type ConfigChanges, configChanges } from './config/changes.js';
import { deviceId, resolveFolders } from './config/folders.js';
import type { LoadedConfig } from './config/load.js';
import { requireFiles, restartDelays, workerLimits } from './config/worker-limits.js';
import type { DeviceInfo } from './core/device-info.js';
import type { WorkerPlan } from './core/worker-plan.js';
import { CameraDesk } from './daemon/camera-desk.js';
import { DesiredDesk } from './daemon/desired-desk.js';
import { endOfFiles } from './daemon/end-of-files.js';
import { EventTeller } from './daemon/event-teller.js';
import { HealthWatch } from './daemon/health-watch.js';
import type { LoadSampler } from './daemon/machine-look.js';
import { maskedError } from './daemon/masking.js';
import { modelDesk } from './daemon/model-desk.js';
import { tryModels } from './daemon/model-trial.js';
import { StateTeller } from './daemon/state-teller.js';
import { logSummary, logUsage } from './daemon/usage-log.js';
import { workerEnvironment } from './daemon/worker-environment.js';
import { within } from './device/fact.js';
import { freeMemory, memoryRoom } from './device/memory-room.js';
import { SystemFiles } from './device/system-files.js';
import { childEnvironment, type SystemdNotifier } from './health/sd-notify.js';
import type { ProviderTrust } from './inference/provider-trust.js';
import type { ModelReport, WorkerMessage, WorkerUsage } from './ipc/protocol.js';
import { Announcer, type AnnouncerOptions } from './publish/announcer.js';
import type { ModelCare } from './supervisor/model-care.js';
import { RunPlans, type RunPlansOptions } from './supervisor/run-plans.js';
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
  /** Works out what the machine is; asked once. */
  identify?: (() => Promise<DeviceInfo>) | undefined;
  /** What looks at the machine, which is that one as far as it is known; without it nobody does. */
  sampler?: LoadSampler | undefined;
}

/** A worker knows the machine from the start unless that takes longer; then it detects before it has its engines. */
const IDENTIFY_MS = 1000;
const HEALTH_MS = 1000;
/** For the worker and then MQTT together; what is left is for the process to end: 5 s in all. */
const CLOSE_MS = 4800;
const MQTT_CLOSE_MS = 2000;

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #log: Logger;
  readonly #cameras: CameraDesk;
  readonly #desired: DesiredDesk;
  readonly #timers: Timer[] = [];
  readonly #announcer: Announcer;
  readonly #faults: RepeatedFault;
  readonly #trust: ProviderTrust;
  readonly #plans: RunPlans;
  readonly #care: ModelCare;
  readonly #teller: StateTeller;
  readonly #health: HealthWatch;
  readonly #events: EventTeller;
  #loaded: LoadedConfig;
  #worker: WorkerSupervisor | undefined;
  #models: ModelReport[] = [];
  #usage: WorkerUsage | undefined;
  #everReady = false;
  #closing = false;
  readonly #ending = new AbortController();
  #finish: ((error: DetectdError | undefined) => void) | undefined;
  #reloads: Promise<void> = Promise.resolve();

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#loaded = options.loaded;
    this.#log = options.log.child({ component: 'daemon' });
    const { version, clock, log, env, pretty, measureCpu } = options;
    this.#faults = new RepeatedFault({
      clock,
      report: (fault, detail, count) => this.#log.warn({ ...(detail as object), count }, fault),
    });
    const bootId = randomBytes(4).toString('hex');
    this.#announcer = new Announcer({ bootId, version, clock, log });
    this.#cameras = new CameraDesk({
      clock,
      log: this.#log,
      announcer: this.#announcer,
      secrets: () => this.#loaded.secrets,
      onChanged: () => this.#onCameras(),
    });
    const events = new EventTeller({ log, clock, env });
    this.#events = events;
    this.#desired = new DesiredDesk({
      ...{ env, hostname: hostname(), clock, log, announcer: this.#announcer },
      changed: () => void this.reload(),
    });
    const { trust, care } = modelDesk({
      env: childEnvironment(env),
      clock,
      log,
      cacheFolder: resolveFolders(options.loaded.config, { env }).cache,
      renew: async (reason) => this.#worker?.renew(reason),
      onVerdict: () => void this.#onVerdict(),
      onBuilt: (...engine) => events.engine(...engine),
      publish: (state) => this.#announcer.model(state),
      forget: (model) => this.#announcer.forgetModel(model),
      updates: () => new Map(),
    });
    const providers: RunPlansOptions['providers'] = ({ provider }) => trust.choose(provider).providers;
    this.#trust = trust;
    this.#plans = new RunPlans({ env, pretty, measureCpu, providers });
    this.#care = care;
    this.#teller = new StateTeller({
      log: this.#log,
      notifier: options.notifier,
      announce: (state, reason) => this.#announcer.status(state, reason),
      events,
    });
    this.#health = new HealthWatch({
      clock,
      log,
      env,
      notifier: options.notifier,
      sampler: options.sampler,
      events,
      version,
      bootId,
      loaded: () => this.#loaded,
      plans: this.#plans,
      announcer: this.#announcer,
      board: this.#cameras.board,
      worker: () => this.#worker,
      usage: () => this.#usage,
      care,
      replan: () => this.#replan(),
      end: () => this.#finish?.(undefined),
    });
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
        await this.#desired.settle((loaded) => this.#apply(loaded));
      } catch (thrown) {
        if (this.#closing) return;
        const error = DetectdError.from(thrown);
        this.#log.error(
          { code: error.code, hint: error.hint },
          `reload refused, nothing changed: ${error.message}`,
        );
        this.#events.configRefused(error);
      }
      if (started) notifier.ready();
    });
    return this.#reloads;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { clock, notifier, env, log } = this.#options;
    this.#loaded = await this.#desired.start(this.#loaded);
    setLogLevel(log, this.#loaded.config.log.level);
    await this.#plans.ensureFolders(this.#loaded.config);
    if (this.#options.exitAtEnd) requireFiles(this.#plan());
    const identified = this.#identify();
    notifier.status('starting');
    this.#cameras.start(this.#loaded.config);
    await this.#announcer.start(this.#loaded.config.mqtt, deviceId(this.#loaded.config, hostname()), signal);
    await within(IDENTIFY_MS, clock, identified, () => {});
    if (signal.aborted) return;
    const plan = this.#plan();
    this.#care.configure(plan, this.#loaded.config.engines.build);
    this.#worker = new WorkerSupervisor({
      module: new URL('./worker/main.js', import.meta.url),
      env: (plan) => workerEnvironment(env, plan),
      plan,
      limits: workerLimits(this.#loaded.config),
      restart: restartDelays(this.#loaded.config),
      clock,
      log: log.child({ component: 'supervisor' }),
      room: async (rssBytes) => memoryRoom(rssBytes, await freeMemory(new SystemFiles())),
      onMessage: (message) => this.#onWorkerMessage(message),
      onEnded: (error, delayMs) => this.#onWorkerEnded(error, delayMs),
      onFault: (error, delayMs) => this.#onWorkerFault(error, delayMs),
      onTakenOver: (cameras) => this.#cameras.board.takenOver(cameras),
    });
    this.#timers.push(clock.every(HEALTH_MS, () => this.#checkHealth()));
    this.#health.start();
    await this.#worker.start(signal);
  }

  /** Never rejects; what cannot be found out stays unknown. */
  async #identify(): Promise<void> {
    try {
      const device = await this.#options.identify?.();
      if (device === undefined) return;
      await this.#trust.identified(device);
      this.#plans.device = device;
      this.#publishInfo();
      await this.#replan();
    } catch (error) {
      this.#log.warn({ err: error }, 'what the machine is could not be worked out');
    }
  }

  /** A provider was tried: what is to run may be something better, or a model goes without it. */
  async #onVerdict(): Promise<void> {
    if (this.#closing) return;
    this.#publishInfo();
    if (this.#care.tried()) await this.#replan();
  }

  async #replan(): Promise<void> {
    const { config } = this.#loaded;
    if (this.#worker === undefined || this.#closing) return;
    const plan = this.#plan();
    this.#care.configure(plan, config.engines.build);
    await this.#worker.update(plan, workerLimits(config), restartDelays(config));
  }

  async #apply(loaded: LoadedConfig): Promise<void> {
    const changes: ConfigChanges = configChanges(this.#loaded.config, loaded.config);
    if (changes.unchanged) {
      this.#log.info('configuration read again, nothing changed');
      return;
    }
    await this.#plans.ensureFolders(loaded.config);
    if (this.#options.exitAtEnd) requireFiles(this.#plans.worker(loaded));
    const { startMs: timeoutMs } = workerLimits(loaded.config);
    const { env, clock } = this.#options;
    const child = { env: childEnvironment(env), clock, timeoutMs };
    await tryModels(this.#plans.worker(loaded), this.#plan(), child);
    const { signal } = this.#ending;
    signal.throwIfAborted();
    if (changes.mqtt || changes.device) {
      await this.#announcer.move(loaded.config.mqtt, deviceId(loaded.config, hostname()), signal);
      signal.throwIfAborted();
    }
    this.#loaded = loaded;
    this.#health.configure(loaded.config);
    setLogLevel(this.#options.log, loaded.config.log.level);
    this.#cameras.configure(loaded.config);
    await this.#replan();
    this.#cameras.tellAll();
    this.#publishInfo();
    this.#log.info({ changes }, 'configuration applied');
    if (this.#options.exitAtEnd) this.#finishAtEnd();
  }

  #onWorkerMessage(message: WorkerMessage): void {
    switch (message.type) {
      case 'result':
        this.#announcer.detections(message.result);
        this.#cameras.board.result(message.result.camera);
        this.#health.frame(message.result);
        return;
      case 'ready':
        this.#models = message.models;
        for (const { identity, provider, precision, family, loadMs, notes } of message.models)
          this.#log.info(
            { version: identity.version, provider, precision, family, loadMs, notes },
            `model "${identity.name}" ready`,
          );
        this.#care.serving(message.models);
        this.#health.workerServes();
        this.#health.models(message.models);
        this.#publishInfo();
        if (!this.#everReady) this.#options.notifier.ready();
        this.#everReady = true;
        this.#checkHealth();
        return;
      case 'camera':
        this.#cameras.report(message.report);
        return;
      case 'heartbeat':
        this.#usage = message.usage;
        if (this.#options.measureCpu) logUsage(this.#log, message.usage, message.cameras);
        this.#cameras.heartbeat(message.cameras);
        return;
      case 'hello':
      case 'fatal':
      case 'stopped':
        return;
    }
  }

  #onCameras(): void {
    this.#checkHealth();
    if (this.#options.exitAtEnd) this.#finishAtEnd();
  }

  #finishAtEnd(): void {
    const end = endOfFiles(this.#cameras.board.entries());
    if (end !== undefined) this.#finish?.(end.error);
  }

  #onWorkerEnded(error: DetectdError | undefined, delayMs: number): void {
    // At the very end the board keeps what was last: a file that has ended stays ended.
    if (!this.#closing) {
      this.#cameras.workerGone();
      this.#care.notServing(error === undefined ? undefined : this.#masked(error));
    }
    if (error === undefined) return;
    this.#onWorkerFault(error, delayMs);
    if (this.#options.exitAtEnd) this.#finish?.(this.#masked(error));
  }

  #onWorkerFault(thrown: DetectdError, delayMs: number): void {
    const error = this.#masked(thrown);
    const { code, hint, message } = error;
    this.#health.workerFailed(error);
    this.#faults.note(`worker failed: ${message}`, { code, hint, delayMs });
    this.#checkHealth();
  }

  #checkHealth(): void {
    const worker = this.#worker;
    if (worker === undefined || this.#closing) return;
    this.#care.publish();
    this.#desired.tell();
    const parts = {
      worker: { state: worker.state, health: worker.health(), failing: worker.failing },
      services: this.#health.own().map((service) => ({ name: service.name, health: service.health() })),
      cameras: this.#cameras.board.entries(),
      complaints: [...this.#care.complaints(), ...this.#health.complaints()],
      everReady: this.#everReady,
    };
    this.#teller.tell(parts, this.#loaded.secrets, this.#care.work);
  }

  #publishInfo(): void {
    if (this.#models.length === 0) return;
    this.#announcer.info({
      models: this.#models,
      stepsDown: this.#care.stepsDown(),
      cameras: Object.keys(this.#loaded.config.cameras),
      fingerprint: this.#plans.device.architecture === undefined ? undefined : this.#plans.device,
    });
  }

  async #close(): Promise<void> {
    this.#closing = true;
    this.#ending.abort();
    const { clock, notifier } = this.#options;
    notifier.stopping();
    const endUs = clock.monotonicUs() + CLOSE_MS * 1000;
    for (const timer of this.#timers) timer.cancel();
    this.#cameras.close();
    const parts = [this.#worker, this.#desired, this.#care, this.#trust, this.#health];
    await Promise.all(parts.map((part) => part?.close()));
    logSummary(this.#log, this.#usage, this.#cameras.board.entries(), this.#announcer.counters());
    await this.#announcer.close(Math.min(MQTT_CLOSE_MS, Math.max(0, endUs - clock.monotonicUs()) / 1000));
    await notifier.close();
  }

  #plan(): WorkerPlan {
    return this.#plans.worker(this.#loaded);
  }

  #masked(error: DetectdError): DetectdError {
    return maskedError(error, this.#loaded.secrets);
  }
}
