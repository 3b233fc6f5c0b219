/**
 * Puts together what a daemon does about its own health: looks at the machine, remedies, the watchdog of systemd, and
 * what is told about all that.
 */
import { uptime } from 'node:os';
import type { Clock } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { Config } from '../config/schema.js';
import type { FrameResult } from '../core/frame-result.js';
import type { HealthReport, ServiceReport } from '../core/health-report.js';
import { HEALTHY, type Health, type Service } from '../core/service.js';
import type { SystemdNotifier } from '../health/sd-notify.js';
import type { Announcer } from '../publish/announcer.js';
import type { CameraBoard } from '../supervisor/camera-board.js';
import type { ModelCare } from '../supervisor/model-care.js';
import type { RunPlans } from '../supervisor/run-plans.js';
import type { WorkerSupervisor } from '../supervisor/worker-supervisor.js';
import { healthActs } from './health-acts.js';
import { HealthDesk } from './health-desk.js';
import { type DaemonFacts, serviceReports } from './health-report.js';
import { type LoadSampler, machineLook } from './machine-look.js';
import { Watchdog } from './watchdog.js';

export interface HealthWatchOptions {
  clock: Clock;
  log: Logger;
  env: NodeJS.ProcessEnv;
  notifier: SystemdNotifier;
  /** What looks at the machine; without it nobody does. */
  sampler: LoadSampler | undefined;
  config: Config;
  plans: RunPlans;
  announcer: Announcer;
  board: CameraBoard;
  worker: () => WorkerSupervisor | undefined;
  care: Pick<ModelCare, 'builderPid' | 'complaints'>;
  /** Has what should run worked out again. */
  replan: () => Promise<void>;
  /** Ends the daemon with that error. */
  end: (error: DetectdError) => void;
}

const NO_MQTT: HealthReport['mqtt'] = { published: 0, dropped: 0, reconnects: 0, queuedBytes: 0 };

export class HealthWatch {
  readonly #options: HealthWatchOptions;
  readonly #desk: HealthDesk;
  readonly #watchdog: Watchdog;

  constructor(options: HealthWatchOptions) {
    const { clock, log, env, notifier, sampler, plans, announcer, worker, replan, end, config } = options;
    this.#options = options;
    this.#watchdog = new Watchdog({
      clock,
      log,
      notifier,
      services: () => [...this.#own(), ...present(worker())],
    });
    const desk = {
      clock,
      log,
      sample: machineLook(sampler, () => plans.device),
      facts: () => this.#facts(),
      acts: healthActs({
        notifier,
        env,
        renew: async (reason) => worker()?.renew(reason),
        setRate: (maxRate) => {
          plans.maxRate = maxRate;
          return replan();
        },
        end,
      }),
      machineUptimeS: uptime,
      report: (report: HealthReport) => announcer.health(report),
    };
    this.#desk = new HealthDesk(desk, config.health);
  }

  start(): void {
    this.#watchdog.start();
    if (this.#options.sampler !== undefined) this.#desk.start();
  }

  configure(config: Config): void {
    this.#desk.configure(config.health);
  }

  close(): void {
    this.#watchdog.close();
    this.#desk.close();
  }

  /** A frame was analysed and its result sent. */
  frame({ detections }: FrameResult): void {
    if (detections.length > 0) this.#desk.objectSeen();
  }

  workerServes(): void {
    this.#desk.workerServes();
  }

  /** @param error without secrets */
  workerFailed(error: DetectdError): void {
    this.#desk.workerFailed(error);
  }

  /** What the device does not do as it should for the sake of its health, each a sentence. */
  complaints(): string[] {
    return this.#desk.complaints();
  }

  /** Each part of the daemon, and each of the worker. */
  services(): ServiceReport[] {
    const { worker, care } = this.#options;
    const engines = { name: 'engines', ...degradedBy(care.complaints()) };
    return [...(worker()?.services() ?? []), engines, ...serviceReports(this.#own()), this.#desk.service()];
  }

  #own(): Service[] {
    return this.#options.announcer.services();
  }

  #facts(): DaemonFacts {
    const { worker, care, board, announcer } = this.#options;
    const { pid, nextPid, state = 'stopped' } = worker() ?? {};
    return {
      services: this.services(),
      cameras: board.entries(),
      workerState: state,
      workerPid: pid,
      nextPid,
      builderPid: care.builderPid,
      mqtt: announcer.counters() ?? NO_MQTT,
      loopDelayMs: undefined,
    };
  }
}

function degradedBy(reasons: readonly string[]): Health {
  return reasons.length === 0 ? HEALTHY : { state: 'degraded', reason: reasons.join('; ') };
}

function present<T>(one: T | undefined): T[] {
  return one === undefined ? [] : [one];
}
