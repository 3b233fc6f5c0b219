/**
 * What a metric is, as data: its name, what it tells, and its samples made from facts. They are made when somebody
 * asks, so that what is gone or unknown has no sample, and nobody pays for figures that are not read.
 */
import { Counter, Gauge, type Registry } from 'prom-client';

/** Values of the labels, in their order, and the value; undefined makes no sample. */
export type Sample = readonly [labels: readonly string[], value: number | undefined];

export interface Metric<Facts> {
  /** By Prometheus' customs: base units, `_total` for what only grows. */
  name: string;
  help: string;
  kind: 'gauge' | 'counter';
  labels: readonly string[];
  samples: (facts: Facts) => Iterable<Sample>;
}

interface Value {
  labels: Record<string, string>;
  value: number;
}

/** Adds `metric` to `registry`; it has no samples as long as there are no facts. */
export function register<Facts>(
  registry: Registry,
  metric: Metric<Facts>,
  facts: () => Facts | undefined,
): void {
  const { name, help, kind, labels, samples } = metric;
  const values = (): Value[] => {
    const now = facts();
    const told: Value[] = [];
    if (now === undefined) return told;
    for (const [texts, value] of samples(now)) {
      if (value === undefined || !Number.isFinite(value) || (kind === 'counter' && value < 0)) continue;
      told.push({ labels: named(labels, texts), value });
    }
    return told;
  };
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  const own = kind === 'counter' ? new Counter(options) : new Gauge(options);
  const without = own.get.bind(own);
  own.get = async () => ({ ...(await without()), values: values() });
}

/** An empty label is none. */
function named(labels: readonly string[], texts: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [index, label] of labels.entries()) {
    const text = texts[index];
    if (text !== undefined && text !== '') result[label] = text;
  }
  return result;
}

/** 1 for the state that something is in and 0 for the others; one that is not among `states` is added. */
export function oneHot(labels: readonly string[], states: readonly string[], state: string): Sample[] {
  const all = states.includes(state) ? states : [...states, state];
  return all.map((each) => [[...labels, each], each === state ? 1 : 0] as const);
}

/** A sample without labels. */
export function only(value: number | undefined): Sample[] {
  return [[[], value]];
}

/** Samples of a mapping from the value of one label. */
export function byKey(values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([key, value]) => [[key], value] as const);
}
