/**
 * What is counted per analysed frame. A frame costs a handful of additions; a camera that is gone takes its samples with
 * it.
 */
import type { Registry } from 'prom-client';
import type { FrameResult } from '../core/frame-result.js';
import { type Metric, register } from './metric.js';
import { type HistogramFacts, registerTimes, Times } from './time-histogram.js';

export const STAGES = ['queue', 'infer', 'decode', 'publish'] as const;

interface CameraMetrics {
  /** Of the newest frame. */
  model: string;
  /** By name of the model; more than one only until the next forgetting after a change. */
  analysed: Map<string, number>;
  stages: Record<(typeof STAGES)[number], Times>;
  whole: Times;
}

const ANALYSED: Metric<ReadonlyMap<string, CameraMetrics>> = {
  name: 'detectd_frames_analysed_total',
  help: 'Frames analysed since the daemon started.',
  kind: 'counter',
  labels: ['camera', 'model'],
  samples: (cameras) =>
    [...cameras].flatMap(([camera, { analysed }]) =>
      [...analysed].map(([model, count]) => [[camera, model], count] as const),
    ),
};

const STAGE: HistogramFacts = {
  name: 'detectd_frame_stage_seconds',
  help: 'Time of a frame in each stage: queue (from capture to its turn), infer, decode, publish (all after that).',
  labels: ['camera', 'stage'],
};

const WHOLE: HistogramFacts = {
  name: 'detectd_frame_latency_seconds',
  help: 'Time from the capture of a frame to its message.',
  labels: ['camera'],
};

export class FrameMetrics {
  readonly #cameras = new Map<string, CameraMetrics>();

  constructor(registry: Registry) {
    const cameras = this.#cameras;
    register(registry, ANALYSED, () => cameras);
    registerTimes(registry, STAGE, () =>
      [...cameras.values()].flatMap(({ stages }) => Object.values(stages)),
    );
    registerTimes(registry, WHOLE, () => [...cameras.values()].map(({ whole }) => whole));
  }

  /** Counts one frame; `publishMs` is what passed from its decoded result to its message. */
  frame({ camera, model, timings }: FrameResult, publishMs: number): void {
    const metrics = this.#cameras.get(camera) ?? this.#add(camera);
    metrics.model = model.name;
    metrics.analysed.set(model.name, (metrics.analysed.get(model.name) ?? 0) + 1);
    const { stages, whole } = metrics;
    const queue = seconds(timings.queue);
    const infer = seconds(timings.infer);
    const decode = seconds(timings.decode);
    const publish = seconds(publishMs);
    stages.queue.observe(queue);
    stages.infer.observe(infer);
    stages.decode.observe(decode);
    stages.publish.observe(publish);
    whole.observe(queue + infer + decode + publish);
  }

  /** Forgets every camera but these, and of these every model but that of the newest frame. */
  keep(cameras: ReadonlySet<string>): void {
    for (const [camera, { model, analysed }] of this.#cameras) {
      if (!cameras.has(camera)) this.#cameras.delete(camera);
      else for (const name of analysed.keys()) if (name !== model) analysed.delete(name);
    }
  }

  #add(camera: string): CameraMetrics {
    const stage = (name: string) => new Times(STAGE.name, { camera, stage: name });
    const metrics: CameraMetrics = {
      model: '',
      analysed: new Map(),
      stages: {
        queue: stage('queue'),
        infer: stage('infer'),
        decode: stage('decode'),
        publish: stage('publish'),
      },
      whole: new Times(WHOLE.name, { camera }),
    };
    this.#cameras.set(camera, metrics);
    return metrics;
  }
}

/** Times come from another process; what is no time counts as 0. */
function seconds(ms: number): number {
  return ms > 0 && ms < Number.POSITIVE_INFINITY ? ms / 1000 : 0;
}
