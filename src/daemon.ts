/**
 * The supervising process: knows every part, starts them in order and closes them in reverse. It loads no
 * GStreamer and no ONNX Runtime, so no fault of theirs can take it down. Reload and start are the same act:
 * work out what should run and change only what differs.
 */
import { hostname } from 'node:os';
import type { Timer } from './base/clock.js';
import { DetectdError } from './base/errors.js';
import { type Logger, setLogLevel } from './base/logger.js';
import { type ConfigChanges, configChanges } from './config/changes.js';
import { deviceId } from './config/folders.js';
import type { LoadedConfig } from './config/load.js';
import { requireFiles, restartDelays, workerLimits } from './config/worker-limits.js';
import type { FrameResult } from './core/frame-result.js';
import type { WorkerPlan } from './core/worker-plan.js';
import { type DaemonOptions, type DaemonParts, daemonParts } from './daemon/daemon-parts.js';
import { endOfFiles } from './daemon/end-of-files.js';
import { maskedError } from './daemon/masking.js';
import { tryModels } from './daemon/model-trial.js';
import { logSummary, logUsage } from './daemon/usage-log.js';
import { workerEnvironment } from './daemon/worker-environment.js';
import { within } from './device/fact.js';
import { freeMemory, memoryRoom } from './device/memory-room.js';
import { SystemFiles } from './device/system-files.js';
import { childEnvironment } from './health/sd-notify.js';
import type { WorkerMessage, WorkerUsage } from './ipc/protocol.js';
import type { WorkerFailure } from './supervisor/supervision.js';
import { WorkerSupervisor } from './supervisor/worker-supervisor.js';

/** A worker knows the machine from the start unless that takes longer; then it detects before it has its engines. */
const IDENTIFY_MS = 1000;
const HEALTH_MS = 1000;
/** For the worker and then MQTT together; what is left is for the process to end: 5 s in all. */
const CLOSE_MS = 4800;
const MQTT_CLOSE_MS = 2000;

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #log: Logger;
  readonly #parts: DaemonParts;
  readonly #timers: Timer[] = [];
  #loaded: LoadedConfig;
  #worker: WorkerSupervisor | undefined;
  #usage: WorkerUsage | undefined;
  #everReady = false;
  #closing = false;
  readonly #ending = new AbortController();
  #finish: ((error: DetectdError | undefined) => void) | undefined;
  #reloads: Promise<unknown> = Promise.resolve();

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#loaded = options.loaded;
    this.#log = options.log.child({ component: 'daemon' });
    this.#parts = daemonParts(options, {
      loaded: () => this.#loaded,
      worker: () => this.#worker,
      usage: () => this.#usage,
      replan: (standbyMs) => this.#replan(standbyMs),
      reload: () => this.reload(),
      onCameras: () => this.#onCameras(),
      onVerdict: () => void this.#onVerdict(),
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

  /** Reads the configuration again; a broken one is refused whole and nothing changes. Resolves to why it was refused. */
  reload(): Promise<DetectdError | undefined> {
    const reload = this.#reloads.then(async () => {
      // systemd must not take the end of a reload for the end of the start.
      const { notifier } = this.#options;
      const started = this.#everReady;
      let error: DetectdError | undefined;
      if (started) notifier.reloading();
      try {
        await this.#parts.switches.settled(await this.#parts.desired.settle((loaded) => this.#apply(loaded)));
      } catch (thrown) {
        error = DetectdError.from(thrown);
        if (this.#closing) return error;
        this.#log.error(
          { code: error.code, hint: error.hint },
          `reload refused, nothing changed: ${error.message}`,
        );
        this.#parts.events.configRefused(error);
      }
      if (started) notifier.ready();
      return error;
    });
    this.#reloads = reload;
    return reload;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { clock, notifier, env, log } = this.#options;
    await this.#parts.switches.start(this.#loaded);
    this.#loaded = await this.#parts.desired.start(this.#loaded);
    await this.#parts.switches.settled(this.#loaded);
    setLogLevel(log, this.#loaded.config.log.level);
    await this.#parts.plans.ensureFolders(this.#loaded.config);
    await this.#parts.recordings.configure(this.#loaded.config);
    await this.#parts.updates.desk.start(this.#loaded);
    if (this.#options.exitAtEnd) requireFiles(this.#plan());
    const identified = this.#identify();
    notifier.status('starting');
    this.#parts.cameras.start(this.#loaded.config);
    // Before there is a connection: what a broker has kept comes right with it.
    this.#parts.commands.configure(this.#loaded);
    await this.#parts.homeAssistant.start(this.#loaded);
    this.#parts.tracks.start(this.#loaded.config);
    await this.#parts.announcer.outputs(this.#loaded.config.outputs);
    await this.#parts.announcer.start(
      this.#loaded.config.mqtt,
      deviceId(this.#loaded.config, hostname()),
      signal,
    );
    await this.#parts.names.start(this.#loaded);
    await within(IDENTIFY_MS, clock, identified, () => {});
    if (signal.aborted) return;
    const plan = this.#plan();
    this.#parts.care.configure(plan, this.#loaded.config.engines.build);
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
      onEnded: (...ended) => this.#onWorkerEnded(...ended),
      onFault: (...fault) => this.#onWorkerFault(...fault),
      onTakenOver: (cameras) => this.#parts.cameras.board.takenOver(cameras),
    });
    this.#timers.push(clock.every(HEALTH_MS, () => this.#checkHealth()));
    this.#parts.health.start();
    await this.#worker.start(signal);
    await this.#parts.watch.configure(this.#loaded.config.updates.watch);
    this.#parts.commands.begin();
    if (!signal.aborted) await this.#parts.updates.desk.begin();
  }

  /** Never rejects; what cannot be found out stays unknown. */
  async #identify(): Promise<void> {
    try {
      const device = await this.#options.identify?.();
      if (device === undefined) return;
      await this.#parts.trust.identified(device);
      this.#parts.plans.device = device;
      this.#parts.info.tell();
      await this.#replan();
    } catch (error) {
      this.#log.warn({ err: error }, 'what the machine is could not be worked out');
    }
  }

  /** A provider was tried: what is to run may be something better, or a model goes without it. */
  async #onVerdict(): Promise<void> {
    if (this.#closing) return;
    this.#parts.info.tell();
    if (this.#parts.care.tried()) await this.#replan();
  }

  /** With `standbyMs` resolves only when a worker by the plan serves; the one before stays loaded so long. */
  async #replan(standbyMs?: number): Promise<void> {
    const { config } = this.#loaded;
    if (this.#worker === undefined || this.#closing) return;
    const plan = this.#plan();
    this.#parts.care.configure(plan, config.engines.build);
    const how = [plan, workerLimits(config), restartDelays(config)] as const;
    await (standbyMs === undefined ? this.#worker.update(...how) : this.#worker.switchTo(...how, standbyMs));
  }

  async #apply(loaded: LoadedConfig): Promise<void> {
    const changes: ConfigChanges = configChanges(this.#loaded.config, loaded.config);
    if (changes.unchanged) {
      this.#log.info('configuration read again, nothing changed');
      return;
    }
    await this.#parts.plans.ensureFolders(loaded.config);
    if (this.#options.exitAtEnd) requireFiles(this.#parts.plans.worker(loaded));
    const { startMs: timeoutMs } = workerLimits(loaded.config);
    const { env, clock } = this.#options;
    const child = { env: childEnvironment(env), clock, timeoutMs };
    await tryModels(this.#parts.plans.worker(loaded), this.#plan(), child);
    const { signal } = this.#ending;
    signal.throwIfAborted();
    if (changes.mqtt || changes.device) {
      await this.#parts.announcer.move(loaded.config.mqtt, deviceId(loaded.config, hostname()), signal);
      signal.throwIfAborted();
    }
    this.#loaded = loaded;
    if (changes.outbox) this.#parts.announcer.keep(loaded.config.outbox);
    this.#parts.health.configure(loaded.config);
    setLogLevel(this.#options.log, loaded.config.log.level);
    // Entities go before what they show.
    this.#parts.homeAssistant.configure(loaded);
    await this.#parts.names.configure(loaded);
    this.#parts.cameras.configure(loaded.config);
    this.#parts.tracks.configure(loaded.config);
    if (changes.outputs) await this.#parts.announcer.outputs(loaded.config.outputs);
    this.#parts.updates.watch.keep(Object.keys(loaded.config.cameras));
    await this.#parts.recordings.configure(loaded.config);
    await this.#replan();
    await this.#parts.updates.desk.configure(loaded);
    await this.#parts.watch.configure(loaded.config.updates.watch);
    this.#parts.cameras.tellAll();
    this.#parts.info.tell();
    this.#parts.commands.configure(loaded);
    this.#log.info({ changes }, 'configuration applied');
    if (this.#options.exitAtEnd) this.#finishAtEnd();
  }

  #onWorkerMessage(message: WorkerMessage): void {
    switch (message.type) {
      case 'result':
        if (this.#parts.cameras.board.wants(message.result.camera))
          this.#onResult(this.#parts.tracks.frame(message.result));
        return;
      case 'ready':
        this.#parts.info.loaded(message.models);
        this.#parts.care.serving(message.models);
        this.#parts.health.workerServes();
        this.#parts.updates.watch.workerServes();
        this.#parts.health.models(message.models);
        this.#parts.info.tell();
        if (!this.#everReady) this.#options.notifier.ready();
        this.#everReady = true;
        this.#checkHealth();
        return;
      case 'camera':
        this.#parts.cameras.report(message.report);
        return;
      case 'heartbeat':
        this.#usage = message.usage;
        if (this.#options.measureCpu) logUsage(this.#log, message.usage, message.cameras);
        this.#parts.cameras.heartbeat(message.cameras);
        this.#parts.updates.watch.beat(message.cameras, message.usage);
        return;
      case 'shadow':
      case 'shadow-failed':
        this.#parts.updates.shadows.take(message);
        return;
      case 'hello':
      case 'snapshot':
      case 'snapshot-failed':
      case 'fatal':
      case 'stopped':
        return;
    }
  }

  #onResult(result: FrameResult): void {
    this.#parts.announcer.detections(result);
    this.#parts.cameras.board.result(result.camera);
    this.#parts.health.frame(result);
    this.#parts.updates.watch.frame(result);
  }

  #onCameras(): void {
    this.#checkHealth();
    if (this.#options.exitAtEnd) this.#finishAtEnd();
  }

  #finishAtEnd(): void {
    const end = endOfFiles(this.#parts.cameras.board.entries());
    if (end !== undefined) this.#finish?.(end.error);
  }

  #onWorkerEnded(error: DetectdError | undefined, delayMs: number, failure?: WorkerFailure): void {
    // At the very end the board keeps what was last: a file that has ended stays ended.
    if (!this.#closing) {
      this.#parts.cameras.workerGone();
      this.#parts.care.notServing(error === undefined ? undefined : this.#masked(error));
    }
    if (error === undefined) return;
    this.#onWorkerFault(error, delayMs, failure);
    if (this.#options.exitAtEnd) this.#finish?.(this.#masked(error));
  }

  #onWorkerFault(thrown: DetectdError, delayMs: number, failure?: WorkerFailure): void {
    const error = this.#masked(thrown);
    const { code, hint, message } = error;
    this.#parts.health.workerFailed(error);
    this.#parts.updates.watch.workerFailed(error, failure);
    this.#parts.updates.shadows.workerFailed(error, failure);
    this.#parts.faults.note(`worker failed: ${message}`, { code, hint, delayMs });
    this.#checkHealth();
  }

  #checkHealth(): void {
    const worker = this.#worker;
    if (worker === undefined || this.#closing) return;
    this.#parts.care.publish();
    this.#parts.desired.tell();
    const parts = {
      worker: { state: worker.state, health: worker.health(), failing: worker.failing },
      services: this.#parts.health.own().map((service) => ({ name: service.name, health: service.health() })),
      cameras: this.#parts.cameras.board.entries(),
      complaints: [this.#parts.care, this.#parts.health, this.#parts.updates.desk].flatMap((part) =>
        part.complaints(),
      ),
      everReady: this.#everReady,
    };
    this.#parts.teller.tell(parts, this.#loaded.secrets, this.#parts.care.work);
  }

  async #close(): Promise<void> {
    this.#closing = true;
    this.#ending.abort();
    const { clock, notifier } = this.#options;
    notifier.stopping();
    const endUs = clock.monotonicUs() + CLOSE_MS * 1000;
    for (const timer of this.#timers) timer.cancel();
    this.#parts.cameras.close();
    this.#parts.watch.close();
    this.#parts.commands.close();
    const parts = [
      this.#parts.updates.desk,
      this.#worker,
      this.#parts.desired,
      this.#parts.care,
      this.#parts.trust,
      this.#parts.health,
      this.#parts.homeAssistant,
      this.#parts.recordings,
    ];
    await Promise.all(parts.map((part) => part?.close()));
    this.#parts.tracks.close();
    logSummary(this.#log, this.#usage, this.#parts.cameras.board.entries(), this.#parts.announcer.counters());
    await this.#parts.announcer.close(
      Math.min(MQTT_CLOSE_MS, Math.max(0, endUs - clock.monotonicUs()) / 1000),
    );
    await notifier.close();
  }

  #plan(): WorkerPlan {
    return this.#parts.plans.worker(this.#loaded);
  }

  #masked(error: DetectdError): DetectdError {
    return maskedError(error, this.#loaded.secrets);
  }
}
