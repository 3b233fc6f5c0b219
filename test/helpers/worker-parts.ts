/** The parts that a worker's pipeline is made of, under a test's control: cameras that deliver when told to, an inference that answers when told to. */
import { pino } from 'pino';
import type { DetectdError } from '../../dist/base/errors.js';
import type { Camera } from '../../dist/capture/camera.js';
import type { ElementSet } from '../../dist/capture/elements.js';
import type { CaptureTarget } from '../../dist/capture/pipeline-string.js';
import type { Frame } from '../../dist/core/frame.js';
import type { Slicing } from '../../dist/core/slicing.js';
import type { CameraPlan, Thresholds } from '../../dist/core/worker-plan.js';
import type { CameraReport, ModelReport, WorkerMessage } from '../../dist/ipc/protocol.js';
import type { InferenceHandlers, InferenceHost } from '../../dist/worker/inference-host.js';
import type { PipelineParts } from '../../dist/worker/pipeline.js';
import { FakeClock } from './fake-clock.js';

export function modelReport(change: Partial<ModelReport> = {}): ModelReport {
  return {
    identity: { name: 'people', version: '1', digest: `sha256:${'0'.repeat(64)}` },
    provider: 'cpu',
    precision: 'fp32',
    family: 'PicoDet',
    mode: 'live',
    labels: ['person'],
    networkWidth: 416,
    networkHeight: 416,
    loadMs: 1,
    engines: [],
    wanted: [],
    notes: [],
    ...change,
  };
}

export class CameraDouble {
  stopped = false;
  started = false;
  readonly reconnects = 3;
  /** Resolves when it has closed. */
  closes: Promise<void> = Promise.resolve();
  #sequence = 0;

  constructor(
    readonly plan: CameraPlan,
    readonly target: CaptureTarget,
    readonly onFrame: (frame: Frame) => void,
    readonly onState: (report: CameraReport) => void,
    readonly wantsFrame: () => Promise<void>,
  ) {}

  start(): void {
    this.started = true;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.closes;
  }

  deliver(count = 1): void {
    for (let index = 0; index < count; index += 1) {
      const sequence = this.#sequence;
      this.#sequence += 1;
      this.onFrame({
        camera: this.plan.name,
        sequence,
        capturedAtUs: 0,
        width: 416,
        height: 416,
        sourceWidth: 768,
        sourceHeight: 576,
        format: 'RGB',
        data: new Uint8Array(3),
      });
    }
  }

  say(state: CameraReport['state']): void {
    this.onState({ camera: this.plan.name, state, reconnects: 0 });
  }
}

export class InferenceDouble {
  readonly taken: Frame[] = [];
  /** How each was to be sliced. */
  readonly slicings: (Slicing | undefined)[] = [];
  /** Whether each was for the version beside, too. */
  readonly shadowed: boolean[] = [];
  shadowDropped = false;
  models: ModelReport[] = [modelReport()];
  refuse: DetectdError | undefined;
  inferCpuMs = 0;
  closed = false;
  thresholds: Record<string, Thresholds> | undefined;
  /** Cameras of each run. */
  readonly runsTaken: string[][] = [];
  #open: Frame[][] = [];

  constructor(readonly handlers: InferenceHandlers) {}

  get inFlight(): number {
    return this.#open.flat().length;
  }

  get runs(): number {
    return this.#open.length;
  }

  async start(): Promise<ModelReport[]> {
    if (this.refuse !== undefined) throw this.refuse;
    return this.models;
  }

  infer(_model: string, frames: Frame[], slicing?: Slicing, shadowed: boolean[] = []): void {
    this.slicings.push(slicing);
    this.shadowed.push(...shadowed);
    this.taken.push(...frames);
    this.runsTaken.push(frames.map(({ camera }) => camera));
    this.#open.push([...frames]);
  }

  #next(): Frame {
    const [run = []] = this.#open;
    const frame = run.shift() as Frame;
    if (run.length === 0) this.#open.shift();
    return frame;
  }

  /** Answers the oldest frame. */
  answer(): void {
    const frame = this.#next();
    this.handlers.onResult({
      camera: frame.camera,
      sequence: frame.sequence,
      capturedAtUs: frame.capturedAtUs,
      imageWidth: frame.sourceWidth,
      imageHeight: frame.sourceHeight,
      model: modelReport().identity,
      detections: [],
      timings: { queue: 1, infer: 10, decode: 2 },
    });
  }

  fail(error: DetectdError): void {
    const frame = this.#next();
    this.handlers.onFrameFailed(frame.camera, error);
  }

  dropShadow(): void {
    this.shadowDropped = true;
  }

  setThresholds(thresholds: Record<string, Thresholds>): void {
    this.thresholds = thresholds;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** Everything that happened, and the parts to make it happen with. */
export class WorkerParts {
  readonly clock = new FakeClock();
  readonly sent: WorkerMessage[] = [];
  readonly cameras = new Map<string, CameraDouble>();
  inference: InferenceDouble | undefined;
  elements: string[] = [];
  backlog = 0;
  models: ModelReport[] | undefined;
  refuse: DetectdError | undefined;
  /** Resolves what waits for the supervising process to catch up. */
  caughtUp: () => void = () => {};

  parts(): PipelineParts {
    return {
      clock: this.clock,
      log: pino({ level: 'silent' }),
      send: (message) => this.sent.push(message),
      backlog: () => this.backlog,
      drained: () =>
        new Promise((resolve) => {
          this.caughtUp = resolve;
        }),
      elements: async () => ({ has: (name: string) => this.elements.includes(name) }) as ElementSet,
      inference: (_options, handlers) => {
        this.inference = new InferenceDouble(handlers);
        if (this.models !== undefined) this.inference.models = this.models;
        this.inference.refuse = this.refuse;
        return this.inference as unknown as InferenceHost;
      },
      camera: ({ plan, target, onFrame, onState, wantsFrame }) => {
        const camera = new CameraDouble(plan, target, onFrame, onState, wantsFrame);
        this.cameras.set(plan.name, camera);
        return camera as unknown as Camera;
      },
    };
  }

  camera(name = 'gate'): CameraDouble {
    return this.cameras.get(name) as CameraDouble;
  }

  types(): string[] {
    return this.sent.map(({ type }) => type);
  }

  of<T extends WorkerMessage['type']>(type: T): Extract<WorkerMessage, { type: T }>[] {
    return this.sent.filter((message) => message.type === type) as Extract<WorkerMessage, { type: T }>[];
  }
}
