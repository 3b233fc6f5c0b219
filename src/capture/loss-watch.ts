/** Looks at the packets of one attempt of a camera, now and then, and tells what share of them is lost when that changes. */
import type { Clock, Timer } from '../base/clock.js';
import type { CapturePipeline } from './capture-pipeline.js';
import { PacketLoss } from './packet-loss.js';

export interface LossWatchOptions {
  clock: Clock;
  pipeline: Pick<CapturePipeline, 'packetNumbers'>;
  /** Share of the packets that is lost; undefined when none is any more. */
  onLoss: (share: number | undefined) => void;
}

/** Two looks find it, so that it is told within a few seconds. */
const LOOK_MS = 1000;

export class LossWatch {
  readonly #options: LossWatchOptions;
  readonly #loss = new PacketLoss();
  #timer: Timer | undefined;
  /** Where few packets come a look takes longer than the pause between two. */
  #looking = false;

  constructor(options: LossWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.every(LOOK_MS, () => void this.#look(), { background: true });
  }

  /** Nothing is told any more. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const numbers = await this.#options.pipeline.packetNumbers().catch(() => []);
    this.#looking = false;
    if (this.#timer !== undefined && this.#loss.take(numbers)) this.#options.onLoss(this.#loss.share);
  }
}
