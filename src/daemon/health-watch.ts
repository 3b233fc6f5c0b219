/**
 * Puts together what a daemon does about its own health: looks at the machine, remedies, the watchdog of systemd, and
 * what is told about all that.
 */
import { uptime } from 'node:os';
import type { Clock } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { LoadedConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { maskSecrets } from '../config/secrets.js';
import type { FrameResult } from '../core/frame-result.js';
import type { HealthReport, RemedyReport, ServiceReport } from '../core/health-report.js';
import { HEALTHY, type Health, type Service } from '../core/service.js';
import { LoopWatch } from '../health/event-loop.js';
import type { SystemdNotifier } from '../health/sd-notify.js';
import type { HealthAnswer } from '../http/application.js';
import type { ModelReport, WorkerUsage } from '../ipc/protocol.js';
import type { Announcer } from '../publish/announcer.js';
import { within } from '../publish/broker-connection.js';
import type { CameraBoard } from '../supervisor/camera-board.js';
import type { ModelCare } from '../supervisor/model-care.js';
import type { RunPlans } from '../supervisor/run-plans.js';
import type { WorkerSupervisor } from '../supervisor/worker-supervisor.js';
import type { EventTeller } from './event-teller.js';
import { healthActs } from './health-acts.js';
import { HealthDesk } from './health-desk.js';
import { type DaemonFacts, serviceReports } from './health-report.js';
import { type LoadSampler, machineLook } from './machine-look.js';
import { MetricsDesk } from './metrics-desk.js';
import { Watchdog } from './watchdog.js';

export interface HealthWatchOptions {
  clock: Clock;
  log: Logger;
  env: NodeJS.ProcessEnv;
  notifier: SystemdNotifier;
  /** What looks at the machine; without it nobody does. */
  sampler: LoadSampler | undefined;
  events: EventTeller;
  version: string;
  bootId: string;
  /** What is in force. */
  loaded: () => LoadedConfig;
  plans: RunPlans;
  announcer: Announcer;
  board: CameraBoard;
  worker: () => WorkerSupervisor | undefined;
  care: Pick<ModelCare, 'builderPid' | 'complaints'>;
  /** Of the worker, at its last beat. */
  usage: () => WorkerUsage | undefined;
  /** Has what should run worked out again. */
  replan: () => Promise<void>;
  /** Ends the daemon in order. */
  end: () => void;
}

/** For the last event to reach the journal. */
const LAST_EVENT_MS = 1500;

export class HealthWatch {
  readonly #options: HealthWatchOptions;
  readonly #desk: HealthDesk;
  readonly #metrics: MetricsDesk;
  readonly #watchdog: Watchdog;
  readonly #loop: LoopWatch;
  /** Models that the worker which serves has loaded. */
  #loaded = 0;

  constructor(options: HealthWatchOptions) {
    const { clock, env, events, notifier, sampler, plans, announcer, worker, replan, end, loaded } = options;
    const log = options.log.child({ component: 'health' });
    this.#options = options;
    this.#loop = new LoopWatch({ clock, log });
    this.#watchdog = new Watchdog({
      clock,
      log,
      notifier,
      services: () => [...this.own(), ...present(worker())],
    });
    const desk = {
      clock,
      log,
      sample: machineLook(sampler, () => plans.device),
      facts: () => this.#facts(),
      takeLoopDelayMs: () => this.#loop.takeMaxMs(),
      acts: healthActs({
        notifier,
        env,
        clock,
        renew: async (reason) => {
          // What could wait has waited.
          await worker()?.renew(reason, true);
          if (worker()?.state === 'ready') events.recycled(reason);
        },
        setRate: (maxRate) => {
          plans.maxRate = maxRate;
          return replan();
        },
        end,
      }),
      machineUptimeS: uptime,
      onRemedy: (report: RemedyReport) => events.remedy(report),
      report: (report: HealthReport) => {
        const masked = {
          ...report,
          services: report.services.map((service) => this.#withoutSecrets(service)),
        };
        announcer.health(masked);
        this.#metrics.report(masked);
      },
    };
    this.#desk = new HealthDesk(desk, loaded().config.health);
    const { version, bootId } = options;
    this.#metrics = new MetricsDesk({
      version,
      bootId,
      clock,
      // Its parts have names of their own.
      log: options.log,
      health: () => this.#answer(),
    });
  }

  start(): void {
    this.#watchdog.start();
    void this.#loop.start();
    if (this.#options.sampler !== undefined) this.#desk.start();
    void this.#metrics.configure(this.#options.loaded().config.http);
  }

  configure(config: Config): void {
    this.#options.events.configApplied();
    this.#desk.configure(config.health);
    void this.#metrics.configure(config.http);
  }

  async close(): Promise<void> {
    this.#watchdog.close();
    this.#desk.close();
    const { clock, events } = this.#options;
    const told = within(clock, LAST_EVENT_MS, events.close());
    await Promise.all([this.#loop.close(), this.#metrics.close(), told]);
  }

  /** A frame was analysed and its result sent. */
  frame(result: FrameResult): void {
    if (result.detections.length > 0) this.#desk.objectSeen();
    const { queue, infer, decode } = result.timings;
    const totalMs = (this.#options.clock.monotonicUs() - result.capturedAtUs) / 1000;
    this.#metrics.frame(result, totalMs - queue - infer - decode);
  }

  models(models: readonly ModelReport[]): void {
    this.#loaded = models.length;
    this.#metrics.models(models);
    this.#options.events.models(models);
  }

  workerServes(): void {
    this.#desk.workerServes();
  }

  /** @param error without secrets */
  workerFailed(error: DetectdError): void {
    this.#options.events.workerFailed(error);
    this.#desk.workerFailed(error);
  }

  /** What the device does not do as it should for the sake of its health, each a sentence. */
  complaints(): string[] {
    return this.#desk.complaints();
  }

  /** That the worker that serves loses memory, in a sentence; undefined while it does not. */
  workerLeak(): string | undefined {
    return this.#desk.workerLeak();
  }

  /** Each part of the daemon, and each of the worker. */
  services(): ServiceReport[] {
    const { worker, care } = this.#options;
    const engines = { name: 'engines', ...degradedBy(care.complaints()) };
    const own = serviceReports([...this.own(), this.#loop]);
    return [...(worker()?.services() ?? []), engines, ...own, this.#desk.service()];
  }

  /** The parts of this process. */
  own(): Pick<Service, 'name' | 'health'>[] {
    return [...this.#options.announcer.services(), ...this.#metrics.services()];
  }

  #withoutSecrets({ name, state, reason }: ServiceReport): ServiceReport {
    return { name, state, reason: maskSecrets(reason, this.#options.loaded().secrets) };
  }

  #answer(): HealthAnswer {
    const services = this.services().map((service) => this.#withoutSecrets(service));
    const stuck = services.filter(({ state }) => state === 'stuck');
    const { worker, board } = this.#options;
    const works = worker()?.state === 'ready';
    // What cameras wait for may be a model that was never fetched.
    const idle = this.#loaded === 0 && board.entries().some(({ state }) => state !== 'disabled');
    const reasons = stuck.map(({ name, reason }) => `${name}: ${reason}`);
    if (works && idle) reasons.push('no model is there yet');
    if (!works && stuck.length === 0)
      reasons.push(services.find(({ name }) => name === 'worker')?.reason ?? 'no worker yet');
    const live = stuck.length === 0;
    return { live, ready: live && works && !idle, reason: reasons.join('; '), services };
  }

  #facts(): DaemonFacts {
    const { worker, care, board, announcer, usage } = this.#options;
    const { pid, nextPid, standbyPid, state = 'stopped' } = worker() ?? {};
    return {
      services: this.services(),
      cameras: board.entries(),
      workerState: state,
      workerPid: pid,
      nextPid,
      standbyPid,
      builderPid: care.builderPid,
      waitingFrames: usage()?.waitingFrames,
      unsentResults: usage()?.unsentResults,
      stuckCameras: worker()?.stuckCameras() ?? [],
      playsFile: worker()?.playsFile ?? false,
      deadPipelines: usage()?.deadPipelines,
      mqtt: announcer.counters(),
      outbox: announcer.stored(),
    };
  }
}

function degradedBy(reasons: readonly string[]): Health {
  return reasons.length === 0 ? HEALTHY : { state: 'degraded', reason: reasons.join('; ') };
}

function present<T>(one: T | undefined): T[] {
  return one === undefined ? [] : [one];
}
