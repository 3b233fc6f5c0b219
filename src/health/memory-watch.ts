/**
 * Keeps a leak detector for each series of memory: fed with every look at the machine, begun anew when the process
 * behind the series is another one, forgotten when the series is gone.
 */
import { LeakDetector } from './leak-detector.js';
import type { LeakVerdict } from './leak-verdict.js';

export interface SeriesSample {
  name: string;
  bytes: number;
  /** When it was true, by the monotonic clock. One that was handed over before is not counted twice. */
  atMs: number;
  /** Whose memory it is: with another owner the series begins anew. */
  owner: number;
  /** True of memory that is left: it falls when something leaks. */
  falling?: boolean;
  /** What it must not reach (falling: not fall below). */
  limitBytes: number | undefined;
}

export interface WatchedSeries extends Pick<SeriesSample, 'name' | 'bytes' | 'owner'> {
  verdict: LeakVerdict;
}

interface Watch {
  sample: SeriesSample;
  detector: LeakDetector;
}

/** Windows of the detector are made for one sample per this; looks at other intervals make them longer or shorter. */
const USUAL_INTERVAL_MS = 10_000;
/** What a machine has left is moved by all that runs on it. */
const SHARED = { falling: true, minGrowthBytes: 256e6, dailySwingBytes: 512e6 };

export class MemoryWatch {
  readonly #haste: number;
  readonly #watches = new Map<string, Watch>();

  constructor(intervalMs: number) {
    this.#haste = USUAL_INTERVAL_MS / intervalMs;
  }

  /** All series there are now. */
  add(samples: readonly SeriesSample[]): void {
    const names = new Set(samples.map(({ name }) => name));
    for (const name of this.#watches.keys()) if (!names.has(name)) this.#watches.delete(name);
    for (const sample of samples) this.#take(sample);
  }

  /** What each is seen to do, in the order in which they came. */
  series(): WatchedSeries[] {
    return [...this.#watches.values()].map(({ sample, detector }) => {
      const { name, bytes, owner, limitBytes } = sample;
      return { name, bytes, owner, verdict: detector.verdict(limitBytes) };
    });
  }

  #take(sample: SeriesSample): void {
    const known = this.#watches.get(sample.name);
    if (known?.sample.owner === sample.owner) {
      const repeated = sample.atMs <= known.sample.atMs;
      known.sample = sample;
      if (!repeated) known.detector.add(sample);
      return;
    }
    const options = sample.falling === true ? SHARED : {};
    const detector = new LeakDetector({ ...options, haste: this.#haste });
    detector.add(sample);
    this.#watches.set(sample.name, { sample, detector });
  }
}
