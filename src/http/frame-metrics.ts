/**
 * What is counted per analysed frame. Each camera's counters are bound to their labels once, so that a frame costs a
 * handful of additions; a camera that is gone takes its samples with it.
 */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { FrameResult } from '../core/frame-result.js';

export const STAGES = ['queue', 'infer', 'decode', 'publish'] as const;
type Stage = (typeof STAGES)[number];

/** 1 ms to 2 s: a stage of a fast card up to a picture that waited long for a slow board. */
const BUCKETS_S = [0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2];

interface CameraMetrics {
  /** Of the newest frame. */
  model: string;
  /** By name of the model; more than one only until the next forgetting after a change. */
  analysed: Map<string, () => void>;
  stages: Record<Stage, (seconds: number) => void>;
  whole: (seconds: number) => void;
}

export class FrameMetrics {
  readonly #cameras = new Map<string, CameraMetrics>();
  readonly #analysed;
  readonly #stage;
  readonly #whole;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#analysed = new Counter({
      name: 'detectd_frames_analysed_total',
      help: 'Frames analysed since the daemon started.',
      labelNames: ['camera', 'model'],
      registers,
    });
    this.#stage = new Histogram({
      name: 'detectd_frame_stage_seconds',
      help: 'Time of a frame in each stage: queue (from capture to its turn), infer, decode, publish (all after that).',
      labelNames: ['camera', 'stage'],
      buckets: BUCKETS_S,
      registers,
    });
    this.#whole = new Histogram({
      name: 'detectd_frame_latency_seconds',
      help: 'Time from the capture of a frame to its message.',
      labelNames: ['camera'],
      buckets: BUCKETS_S,
      registers,
    });
  }

  /** Counts one frame; `publishMs` is what passed from its decoded result to its message. */
  frame({ camera, model, timings }: FrameResult, publishMs: number): void {
    const metrics = this.#cameras.get(camera) ?? this.#add(camera);
    metrics.model = model.name;
    const analysed = metrics.analysed.get(model.name) ?? this.#addModel(metrics, camera, model.name);
    analysed();
    const { stages } = metrics;
    const queue = seconds(timings.queue);
    const infer = seconds(timings.infer);
    const decode = seconds(timings.decode);
    const publish = seconds(publishMs);
    stages.queue(queue);
    stages.infer(infer);
    stages.decode(decode);
    stages.publish(publish);
    metrics.whole(queue + infer + decode + publish);
  }

  /** Forgets every camera but these, and of these every model but that of the newest frame. */
  keep(cameras: ReadonlySet<string>): void {
    for (const [camera, metrics] of this.#cameras) {
      const stays = cameras.has(camera);
      for (const model of metrics.analysed.keys()) {
        if (stays && model === metrics.model) continue;
        metrics.analysed.delete(model);
        this.#analysed.remove(camera, model);
      }
      if (stays) continue;
      this.#cameras.delete(camera);
      for (const stage of STAGES) this.#stage.remove(camera, stage);
      this.#whole.remove(camera);
    }
  }

  #add(camera: string): CameraMetrics {
    const stage = (name: Stage) => this.#stage.labels(camera, name).observe;
    const metrics: CameraMetrics = {
      model: '',
      analysed: new Map(),
      stages: {
        queue: stage('queue'),
        infer: stage('infer'),
        decode: stage('decode'),
        publish: stage('publish'),
      },
      whole: this.#whole.labels(camera).observe,
    };
    this.#cameras.set(camera, metrics);
    return metrics;
  }

  #addModel(metrics: CameraMetrics, camera: string, model: string): () => void {
    const child = this.#analysed.labels(camera, model);
    const count = () => child.inc();
    metrics.analysed.set(model, count);
    return count;
  }
}

/** The library throws at what is no number; times come from another process. */
function seconds(ms: number): number {
  return ms > 0 && ms < Number.POSITIVE_INFINITY ? ms / 1000 : 0;
}
