/**
 * What an engine was built for, as one digest. Every part stands in clear beside it, so that a key which does not
 * fit can be explained before anything is loaded: which part differs, and why it matters.
 */
import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../base/canonical-json.js';
import { DEVICE_FACTS, type DeviceInfo } from '../core/device-info.js';
import type { Precision, ProviderName } from '../core/worker-plan.js';
import { ENGINE_FACTS } from './engine-fact.js';

/** Raised when parts are named or written differently: every engine is then built again. */
const FORMAT = 1;

/** Sizes of one input, in the order of its dimensions: the same always, or what the engine ranges over. */
export type InputShape =
  | readonly number[]
  | { min: readonly number[]; opt: readonly number[]; max: readonly number[] };

export interface EngineRequest {
  /** `sha256:…` of the bundle. */
  bundleDigest: string;
  /** Version of the graph's preparation: the same bundle prepared otherwise is another graph. */
  preparation: number;
  provider: ProviderName;
  precision: Precision;
  shapes: Readonly<Record<string, InputShape>>;
  /** What the builder was told beyond that: workspace, DLA core, optimisation level … */
  flags: Readonly<Record<string, string | number | boolean>>;
}

export interface KeyPart {
  /** Stable name: `bundle`, `shape image`, `flag workspace`, `device tensorrt`. */
  name: string;
  /** Null where the machine does not say. */
  value: Json;
}

export interface EngineKey {
  /** 64 hexadecimal digits; the name of the engine's folder. */
  digest: string;
  parts: KeyPart[];
}

export interface KeyChange {
  name: string;
  /** Undefined where the part was not there. */
  was: Json | undefined;
  is: Json | undefined;
  /** One sentence. */
  text: string;
}

/** The key of the engine that this request wants on this machine. */
export function engineKey(request: EngineRequest, device: DeviceInfo): EngineKey {
  const parts: KeyPart[] = [
    { name: 'format', value: FORMAT },
    { name: 'bundle', value: request.bundleDigest },
    { name: 'preparation', value: request.preparation },
    { name: 'provider', value: request.provider },
    { name: 'precision', value: request.precision },
    ...sorted(request.shapes).map(([name, value]) => ({ name: `shape ${name}`, value: value as Json })),
    ...sorted(request.flags).map(([name, value]) => ({ name: `flag ${name}`, value })),
    ...DEVICE_FACTS.filter((fact) => ENGINE_FACTS[fact].providers.includes(request.provider)).map((fact) => ({
      name: `device ${fact}`,
      value: device[fact] ?? null,
    })),
  ];
  return { digest: keyDigest(parts), parts };
}

/** The digest of parts, whatever their order; a manifest whose parts give another one was changed. */
export function keyDigest(parts: readonly KeyPart[]): string {
  const named = Object.fromEntries(parts.map(({ name, value }) => [name, value]));
  return createHash('sha256').update(canonicalJson(named)).digest('hex');
}

/** What differs, in the order of the parts; empty when the keys are the same. */
export function compareKeys(was: readonly KeyPart[], is: readonly KeyPart[]): KeyChange[] {
  const [before, after] = [was, is].map((parts) => new Map(parts.map(({ name, value }) => [name, value])));
  const names = new Set([...is, ...was].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const [old, now] = [before?.get(name), after?.get(name)];
    if (old !== undefined && now !== undefined && canonicalJson(old) === canonicalJson(now)) return [];
    return [{ name, was: old, is: now, text: sentence(name, old, now) }];
  });
}

const LABELS: Record<string, [label: string, why: string]> = {
  format: ['Form of the key', 'this version of detectd builds engines otherwise'],
  bundle: ['Model', 'an engine is one model'],
  preparation: ['Preparation of the graph', 'this version of detectd makes another graph of the model'],
  provider: ['Provider', 'each has engines of its own'],
  precision: ['Precision', 'it is built into the engine'],
};

/** What a part is called, and why an engine depends on it. */
export function partMeaning(name: string): { label: string; why: string } {
  const fixed = LABELS[name];
  if (fixed !== undefined) return { label: fixed[0], why: fixed[1] };
  const [kind, ...rest] = name.split(' ');
  const what = rest.join(' ');
  if (kind === 'shape')
    return { label: `Shape of input "${what}"`, why: 'an engine takes the shapes it was built for' };
  if (kind === 'flag') return { label: `Builder flag "${what}"`, why: 'the engine was built with it' };
  const fact = DEVICE_FACTS.find((each) => name === `device ${each}`);
  if (fact !== undefined) return ENGINE_FACTS[fact];
  return { label: `"${name}"`, why: 'it belongs to the key' };
}

function sentence(name: string, was: Json | undefined, is: Json | undefined): string {
  const { label, why } = partMeaning(name);
  if (was === undefined) return `${label} is ${shown(is)} and was not part of the key: ${why}.`;
  if (is === undefined) return `${label} was ${shown(was)} and is no longer part of the key: ${why}.`;
  return `${label} was ${shown(was)} and is ${shown(is)}: ${why}.`;
}

function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return 'unknown';
  if (typeof value === 'string') return value.replace(/^(sha256:[0-9a-f]{12})[0-9a-f]{52}$/, '$1…');
  if (Array.isArray(value))
    return value.every((each) => typeof each === 'number') ? value.join('×') : canonicalJson(value);
  if (typeof value !== 'object') return String(value);
  const range = value as { [key: string]: Json };
  return Object.entries(range)
    .map(([key, each]) => `${key} ${shown(each)}`)
    .join(', ');
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
