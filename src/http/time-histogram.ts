/**
 * A histogram of times that keeps its own counts. The library's own costs an object per observation, and with each scrape
 * kilobytes that only a collection of the whole heap gives back, hours later; here an observation is three additions, and
 * the labels of every line are made once.
 */
import { Histogram, type Registry } from 'prom-client';

/** 1 ms to 2 s: a stage of a fast card up to a picture that waited long for a slow board. */
const BOUNDS_S = [0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2];
const EDGES = [...BOUNDS_S.map(String), '+Inf'];

/** One line of text; `sharedLabels` is what the library remembers it by. */
interface Line {
  metricName: string;
  labels: Record<string, string>;
  sharedLabels: object;
  value: number;
}

export interface HistogramFacts {
  name: string;
  help: string;
  labels: readonly string[];
}

/** Times under one set of labels. */
export class Times {
  readonly #counts = new Array<number>(EDGES.length).fill(0);
  readonly #lines: Line[];
  #sum = 0;

  constructor(name: string, labels: Record<string, string>) {
    const none = {};
    const line = (part: string, more: Record<string, string>): Line => {
      return { metricName: `${name}_${part}`, labels: { ...more, ...labels }, sharedLabels: none, value: 0 };
    };
    this.#lines = [...EDGES.map((le) => line('bucket', { le })), line('sum', {}), line('count', {})];
  }

  observe(seconds: number): void {
    let index = 0;
    while (index < BOUNDS_S.length && seconds > (BOUNDS_S[index] as number)) index += 1;
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#sum += seconds;
  }

  /** As they are now; the same objects each time. */
  lines(): readonly Line[] {
    let count = 0;
    for (const [index, own] of this.#counts.entries()) {
      count += own;
      (this.#lines[index] as Line).value = count;
    }
    (this.#lines.at(-2) as Line).value = this.#sum;
    (this.#lines.at(-1) as Line).value = count;
    return this.#lines;
  }
}

/** Adds a histogram to `registry` whose times are those of `all` with each scrape. */
export function registerTimes(registry: Registry, facts: HistogramFacts, all: () => Iterable<Times>): void {
  const { name, help, labels } = facts;
  const own = new Histogram({
    name,
    help,
    labelNames: [...labels],
    buckets: BOUNDS_S,
    registers: [registry],
  });
  const values = () => [...all()].flatMap((times) => times.lines());
  // What the text is made by; it is not in the library's types.
  Object.assign(own, { getForPromString: async () => ({ name, help, type: 'histogram', values: values() }) });
}
