/**
 * Everything that detectd counts, as Prometheus wants it: one registry of its own. Per frame and per report it only
 * remembers; the text is made when somebody asks. Loads the library: who wants no metrics does not load this file.
 */
import { Registry } from 'prom-client';
import type { FrameResult } from '../core/frame-result.js';
import type { HealthReport } from '../core/health-report.js';
import type { ModelReport } from '../ipc/protocol.js';
import { FrameMetrics } from './frame-metrics.js';
import { HEALTH_METRICS } from './health-metrics.js';
import { type Metric, only, register } from './metric.js';

export interface MetricsBookOptions {
  version: string;
  /** Differs with every start of the daemon. */
  bootId: string;
  /** Whether frames can be analysed, as /readyz says. */
  ready: () => boolean;
}

const BUILD: Metric<MetricsBookOptions> = {
  name: 'detectd_build_info',
  help: 'Version of detectd and of Node, and which start of the daemon this is.',
  kind: 'gauge',
  labels: ['version', 'node', 'boot_id'],
  samples: ({ version, bootId }) => [[[version, process.version, bootId], 1]],
};

const READY: Metric<MetricsBookOptions> = {
  name: 'detectd_ready',
  help: '1 when frames are or can be analysed, as /readyz says.',
  kind: 'gauge',
  labels: [],
  samples: ({ ready }) => only(ready() ? 1 : 0),
};

const MODEL: Metric<readonly ModelReport[]> = {
  name: 'detectd_model_info',
  help: 'What each model is and runs by.',
  kind: 'gauge',
  labels: ['model', 'version', 'digest', 'provider', 'precision', 'family'],
  samples: (models) =>
    models.map(({ identity: { name, version, digest }, provider, precision, family }) => [
      [name, version, digest, provider, precision, family],
      1,
    ]),
};

const ENGINE: Metric<readonly ModelReport[]> = {
  name: 'detectd_engine_info',
  help: 'Key of each engine that a model runs by.',
  kind: 'gauge',
  labels: ['model', 'engine'],
  samples: (models) =>
    models.flatMap(({ identity, engines }) => engines.map((engine) => [[identity.name, engine], 1] as const)),
};

/** The customary names of the process itself; the library's own would time every garbage collection. */
const PROCESS: Metric<NodeJS.Process>[] = [
  {
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the supervising process.',
    kind: 'counter',
    labels: [],
    samples: (self) => {
      const { user, system } = self.cpuUsage();
      return only((user + system) / 1e6);
    },
  },
  {
    name: 'process_resident_memory_bytes',
    help: 'Memory of the supervising process.',
    kind: 'gauge',
    labels: [],
    samples: (self) => only(self.memoryUsage.rss()),
  },
];

export class MetricsBook {
  readonly #registry: Registry;
  readonly #frames: FrameMetrics;
  #report: HealthReport | undefined;
  #models: readonly ModelReport[] = [];
  #text: Promise<string> | undefined;

  constructor(options: MetricsBookOptions) {
    this.#registry = new Registry();
    const registry = this.#registry;
    register(registry, BUILD, () => options);
    register(registry, READY, () => options);
    register(registry, MODEL, () => this.#models);
    register(registry, ENGINE, () => this.#models);
    this.#frames = new FrameMetrics(registry);
    for (const metric of HEALTH_METRICS) register(registry, metric, () => this.#report);
    for (const metric of PROCESS) register(registry, metric, () => process);
  }

  /** MIME type of text(). */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** An analysed frame; `publishMs` is what passed from its decoded result to its message. */
  frame(result: FrameResult, publishMs: number): void {
    this.#frames.frame(result, publishMs);
  }

  /** The newest look at the health; cameras that it does not name are forgotten. */
  report(report: HealthReport): void {
    this.#report = report;
    this.#frames.keep(new Set(report.cameras.map(({ camera }) => camera)));
  }

  /** What is loaded now. */
  models(models: readonly ModelReport[]): void {
    this.#models = models;
  }

  /** In Prometheus' text format. Whoever asks while it is being made gets the same. */
  text(): Promise<string> {
    this.#text ??= this.#registry.metrics().finally(() => {
      this.#text = undefined;
    });
    return this.#text;
  }
}
