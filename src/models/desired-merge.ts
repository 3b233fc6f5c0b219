/**
 * Lays documents over the local file, as JSON merge patches, value by value: only where the file allows it, never where
 * it has pinned something, and never what decides who may change what. What is left out is said; the rest is taken.
 */
import type { Json } from '../base/canonical-json.js';
import { printable } from '../base/printable.js';
import { parseModelSource } from '../config/model-source.js';
import type { Overlaid, Overlay } from '../config/overlay.js';
import { type ConfigPath, dotted } from '../config/problem.js';
import { parseSource } from '../config/source.js';
import type { DesiredScope, LeftOut } from '../core/desired-report.js';
import type { DesiredDocument, JsonObject } from './desired-document.js';

export type OverlayDocument = Pick<DesiredDocument, 'scope' | 'version' | 'config'>;

/** Whoever could change these could take the device over or cut it off. */
const LOCAL_ALONE = [
  ...['device', 'paths', 'mqtt', 'updates', 'remote', 'http', 'health.reboot'],
  ...['recordings.folder', 'recordings.buffer'],
].map(split);
/** A document may be all wrong; nobody reads more. */
const MOST_LEFT_OUT = 100;
const LONGEST_KEY = 63;

type Path = readonly string[];
interface Change {
  path: Path;
  document: DesiredScope;
}
/** Undefined deletes. */
type Value = Json | undefined;

/** The documents in the order in which they lie over the file: the one for the fleet first. */
export function desiredOverlay(documents: readonly OverlayDocument[]): Overlay {
  return (content, local) => {
    const { allow, pin } = local.remote;
    const merge = new Merge(content, allow.map(split), pin.map(split));
    for (const document of documents) merge.add(document);
    return merge.result(documents);
  };
}

/** The places of a partial configuration at which it sets or deletes something, as dotted paths. */
export function pathsOf(config: JsonObject): string[] {
  const paths: string[] = [];
  const walk = (value: Json, path: Path): void => {
    const entries = isObject(value) ? Object.entries(value) : [];
    if (entries.length === 0) paths.push(shown(path));
    for (const [key, item] of entries) walk(item, [...path, key]);
  };
  for (const [key, item] of Object.entries(config)) walk(item, [key]);
  return paths;
}

class Merge {
  readonly #value: unknown;
  readonly #allow: Path[];
  readonly #pin: Path[];
  readonly #changes = new Map<string, Change>();
  readonly #leftOut: LeftOut[] = [];

  constructor(content: unknown, allow: Path[], pin: Path[]) {
    this.#value = structuredClone(content);
    this.#allow = allow;
    this.#pin = pin;
  }

  add({ scope, config }: OverlayDocument): void {
    this.#walk(config, this.#value, [], scope);
  }

  result(documents: readonly OverlayDocument[]): Overlaid {
    const changes = [...this.#changes.values()];
    return {
      value: this.#value,
      changes,
      leftOut: this.#leftOut,
      originOf: (path) => {
        const scope = nearest(changes, path)?.document;
        const document = documents.find((one) => one.scope === scope) ?? documents.at(-1);
        return document === undefined ? 'the documents' : documentName(document);
      },
    };
  }

  /** Down to where something is set; what is there already and is no mapping is replaced whole. */
  #walk(patch: JsonObject, current: unknown, path: Path, scope: DesiredScope): void {
    for (const [key, item] of Object.entries(patch)) {
      const at = [...path, key];
      const there = isObject(current) && Object.hasOwn(current, key) ? current[key] : undefined;
      const open = there === undefined || isObject(there);
      if (isObject(item) && open && (Object.keys(item).length > 0 || there !== undefined))
        this.#walk(item, there, at, scope);
      else this.#act(at, item === null ? undefined : withoutNulls(item), there, scope);
    }
  }

  #act(path: Path, value: Value, there: unknown, scope: DesiredScope): void {
    const refusal = this.#refusal(path, value, there);
    if (refusal !== undefined) {
      const [code, clause] = refusal;
      const message = `"${shown(path)}" ${clause}.`;
      if (this.#leftOut.length < MOST_LEFT_OUT)
        this.#leftOut.push({ path: shown(path), code, message, document: scope });
      return;
    }
    if (value === undefined && there === undefined) return;
    this.#put(path, value);
    if (isObject(there))
      for (const [key, change] of this.#changes) if (startsWith(change.path, path)) this.#changes.delete(key);
    const key = JSON.stringify(path);
    this.#changes.delete(key);
    this.#changes.set(key, { path, document: scope });
  }

  #refusal(path: Path, value: Value, there: unknown): [LeftOut['code'], string] | undefined {
    if (LOCAL_ALONE.some((own) => startsWith(path, own) || startsWith(own, path)))
      return ['DESIRED_NOT_ALLOWED', 'is for the local file alone'];
    if (!this.#allow.some((pattern) => covers(pattern, path)))
      return ['DESIRED_NOT_ALLOWED', 'is not among what "remote.allow" of the local file names'];
    // What replaces or deletes a mapping takes with it what is pinned below.
    const inside = (pattern: Path): boolean => there !== undefined && path.length < pattern.length;
    const meets = (pattern: Path): boolean => covers(pattern.slice(0, path.length), path);
    if (this.#pin.some((pattern) => meets(pattern) && (pattern.length <= path.length || inside(pattern))))
      return ['DESIRED_PINNED', 'is pinned by "remote.pin" of the local file'];
    const clause = value === undefined ? undefined : strange(value, path);
    return clause === undefined ? undefined : ['DESIRED_NOT_ALLOWED', clause];
  }

  #put(path: Path, value: Value): void {
    let parent = this.#value as Record<string, unknown>;
    for (const key of path.slice(0, -1)) {
      if (!Object.hasOwn(parent, key)) define(parent, key, {});
      parent = parent[key] as Record<string, unknown>;
    }
    const last = path.at(-1) as string;
    if (value === undefined) delete parent[last];
    else define(parent, last, value);
  }
}

/** `the document fleet version 12` */
export function documentName({ scope, version }: Pick<OverlayDocument, 'scope' | 'version'>): string {
  return `the document ${scope} version ${version}`;
}

/** Dotted, and no longer than a reader can use. */
function shown(path: Path): string {
  return printable(
    dotted(path.map((key) => (key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}…` : key))),
  );
}

/** What must not come from afar, wherever it is allowed to change something: a clause, or undefined. */
function strange(value: Json, path: Path): string | undefined {
  if (typeof value === 'string') return strangeText(value, path);
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const clause = strange(item as Json, [...path, key]);
    if (clause !== undefined) return clause;
  }
  return undefined;
}

function strangeText(text: string, [section, , key, more]: Path): string | undefined {
  if (text.includes('${')) return 'holds a placeholder; documents cannot read secrets of the device';
  if (more !== undefined) return undefined;
  if (section === 'cameras' && key === 'source' && kindOf(() => parseSource(text, AS_TCP)) === 'gst')
    return 'is a gst: pipeline, which only the local file may give';
  if (section === 'models' && key === 'bundle' && kindOf(() => parseModelSource(text)) === 'place')
    return 'is a path that is used in its place, which only the local file may give; use file:, https: or mqtt:';
  return undefined;
}

const AS_TCP = { rtspTransport: 'tcp', rtspLatencyMs: 200 } as const;

/** Undefined where it cannot be read: then the configuration is not valid. */
function kindOf(parse: () => { kind: string }): string | undefined {
  try {
    return parse().kind;
  } catch {
    return undefined;
  }
}

function nearest(changes: readonly Change[], path: ConfigPath): Change | undefined {
  const keys = path.map(String);
  let best: Change | undefined;
  let most = 0;
  for (const change of changes) {
    const parting = change.path.findIndex((key, index) => key !== keys[index]);
    const shared = parting < 0 ? change.path.length : parting;
    if (shared > most) [best, most] = [change, shared];
  }
  return best;
}

/** Whether a pattern names `path` or something that it is a part of; * stands for any one key. */
function covers(pattern: Path, path: Path): boolean {
  return pattern.length <= path.length && pattern.every((part, at) => part === '*' || part === path[at]);
}

function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((key, index) => key === path[index]);
}

function withoutNulls(value: Json): Json {
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item as Json)]));
}

/** Never through a setter of the prototype. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function isObject(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function split(path: string): Path {
  return path.split('.');
}
