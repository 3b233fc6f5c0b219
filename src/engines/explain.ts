/**
 * Why there is, or is not, an engine for a model on this machine, in words, before anything is loaded: what differs
 * from those that were built for it, and what was set aside and why. Pure.
 */
import type { CacheListing, ListedEngine } from './cache-listing.js';
import { compareKeys, type EngineKey, type KeyChange, type KeyPart } from './engine-key.js';
import type { EngineManifest } from './engine-manifest.js';

/** What was found under the very key, with the reason where it is of no use. */
export type KeyState =
  | { state: 'usable'; manifest: EngineManifest }
  | { state: 'missing' }
  | { state: 'bad'; reason: string }
  /** It came to nothing, and is not built again. */
  | { state: 'refused'; reason: string };

export interface OtherEngine {
  key: string;
  created: string;
  detectd: string;
  /** Each a sentence. */
  differences: string[];
}

export interface EngineExplanation {
  key: string;
  state: 'usable' | 'building' | 'bad' | 'missing' | 'refused';
  /** One sentence, or a few. */
  summary: string;
  /** Engines of the same model, nearest first. */
  others: OtherEngine[];
  setAside: { name: string; reason: string }[];
}

/** More would hide the nearest. */
const MOST_OTHERS = 3;

interface Candidate {
  engine: ListedEngine;
  manifest: EngineManifest;
  changes: KeyChange[];
}

/** `model` is the name that the model's bundle gives itself, so that its earlier versions are compared, too. */
export function explainEngine(
  wanted: { key: EngineKey; model: string },
  found: KeyState,
  listing: CacheListing,
): EngineExplanation {
  const { key } = wanted;
  const near = nearest(wanted, listing);
  const state = found.state === 'missing' && listing.busy.includes(key.digest) ? 'building' : found.state;
  return {
    key: key.digest,
    state,
    summary: state === 'building' ? 'Another process is building it now.' : summary(key, found, near[0]),
    others: near.slice(0, MOST_OTHERS).map(({ engine, manifest, changes }) => ({
      key: engine.key,
      created: manifest.created,
      detectd: manifest.detectd,
      differences: changes.map(({ text }) => text),
    })),
    setAside: listing.bad
      .filter((bad) => bad.key === key.digest)
      .map(({ name, reason }) => ({ name, reason })),
  };
}

function summary(key: EngineKey, found: KeyState, near: Candidate | undefined): string {
  if (found.state === 'usable') {
    const { created, detectd, build } = found.manifest;
    return `It is there and whole: built ${created} by detectd ${detectd} in ${seconds(build.ms)}.`;
  }
  if (found.state === 'bad') return `It is damaged and will be built again: ${found.reason}.`;
  if (found.state === 'refused')
    return `It is neither used nor built again until its key changes: ${found.reason.replace(/\.$/, '')}. "detectd engines build --again" tries it once more.`;
  const provider = partOf(key.parts, 'provider');
  if (near === undefined) return `None was built for this model with the provider ${provider}.`;
  const { changes } = near;
  if (changes.some(({ name }) => name === 'provider'))
    return `None was built for this model with the provider ${provider}, only for others.`;
  const more = changes.length > 1 ? ` (And ${changes.length - 1} more.)` : '';
  return `None was built for exactly this. ${changes[0]?.text ?? ''}${more}`;
}

/** Engines of another provider last: nearly everything about them differs. */
function nearest({ key, model }: { key: EngineKey; model: string }, { engines }: CacheListing): Candidate[] {
  const bundle = partOf(key.parts, 'bundle');
  const provider = partOf(key.parts, 'provider');
  const isOther = ({ manifest }: Candidate): number =>
    partOf(manifest.parts, 'provider') === provider ? 0 : 1;
  return engines
    .flatMap((engine): Candidate[] => {
      const { manifest } = engine;
      if (manifest === undefined || engine.key === key.digest) return [];
      if (partOf(manifest.parts, 'bundle') !== bundle && manifest.model.name !== model) return [];
      return [{ engine, manifest, changes: tellingChanges(manifest.parts, key.parts) }];
    })
    .sort((a, b) => isOther(a) - isOther(b) || a.changes.length - b.changes.length);
}

/** What a provider has of its own is no difference beside that it is another one. */
function tellingChanges(was: readonly KeyPart[], is: readonly KeyPart[]): KeyChange[] {
  const changes = compareKeys(was, is);
  if (!changes.some(({ name }) => name === 'provider')) return changes;
  return changes.filter((change) => change.was !== undefined && change.is !== undefined);
}

function partOf(parts: readonly KeyPart[], name: string): unknown {
  return parts.find((part) => part.name === name)?.value;
}

function seconds(ms: number): string {
  return ms < 90_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}
