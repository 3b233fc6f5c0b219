/**
 * Replaces the placeholders in the values of a parsed file. It happens after parsing, so that a secret
 * can never become YAML of its own, and in values only. What came in this way counts as secret.
 */
import { join, resolve } from 'node:path';
import { systemCode } from '../base/errors.js';
import { schemaAt } from './key-tree.js';
import { type Part, parsePlaceholders } from './placeholders.js';
import { type ConfigPath, dotted, type Finding } from './problem.js';

/** Aliases let a small file describe a huge one; nothing honest has this many values. */
const MOST_NODES = 50_000;
/** Aliases also nest deeper than the text does. */
const MOST_DEPTH = 48;
const MOST_SECRET_BYTES = 65_536;

export interface PlaceholderSources {
  env: NodeJS.ProcessEnv;
  /** Relative files are read from here. */
  folder: string;
  /** Reads at most `maxBytes`, else throws. */
  readFile: (path: string, maxBytes: number) => Promise<Uint8Array>;
}

/** A value that came, in whole or in part, from outside the file. */
export interface Expanded {
  path: ConfigPath;
  /** What replaced its placeholders. */
  values: string[];
  /** The value is one placeholder and nothing else. */
  whole: boolean;
}

export interface Interpolated {
  /** undefined when the file is too large or too deep to be looked at. */
  value: unknown;
  expanded: Expanded[];
  findings: Finding[];
}

/**
 * A copy of `tree` with every placeholder replaced. A section that is present but empty (`log:` with
 * all its keys commented out) becomes an empty mapping.
 */
export async function interpolate(tree: unknown, sources: PlaceholderSources): Promise<Interpolated> {
  const expanded: Expanded[] = [];
  const findings: Finding[] = [];
  const ancestors: object[] = [];
  let nodes = 0;
  let endless: Finding | undefined;

  async function copy(value: unknown, path: ConfigPath): Promise<unknown> {
    nodes += 1;
    if (nodes > MOST_NODES || endless !== undefined) return undefined;
    if (typeof value === 'string') return value.includes('${') ? expand(value, path) : value;
    if (value === null || value === undefined) return schemaAt(path)?.type === 'object' ? {} : value;
    if (typeof value !== 'object') return value;
    if (ancestors.includes(value) || ancestors.length >= MOST_DEPTH) {
      endless = { path, at: 'value', message: tooDeep(path, ancestors.includes(value)) };
      return undefined;
    }
    ancestors.push(value);
    const copied = await copyItems(value, path);
    ancestors.pop();
    return copied;
  }

  async function copyItems(value: object, path: ConfigPath): Promise<unknown> {
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const [index, item] of value.entries()) items.push(await copy(item, [...path, index]));
      return items;
    }
    const entries: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) entries.push([key, await copy(item, [...path, key])]);
    // fromEntries defines properties, so that a key named __proto__ stays a key.
    return Object.fromEntries(entries);
  }

  async function expand(value: string, path: ConfigPath): Promise<unknown> {
    const parts = parsePlaceholders(value);
    if ('error' in parts) {
      findings.push({ path, at: 'value', message: parts.error });
      return value;
    }
    const values: string[] = [];
    let text = '';
    let failed = false;
    for (const part of parts) {
      const found = await read(part, sources);
      if (typeof found === 'object') {
        for (const message of found.errors) findings.push({ path, at: 'value', message, secret: true });
        failed = true;
        continue;
      }
      if (part.kind !== 'text') values.push(found);
      text += found;
    }
    if (failed) return value;
    if (values.length > 0) expanded.push({ path, values, whole: parts.length === 1 });
    return text;
  }

  const value = await copy(tree, []);
  if (nodes > MOST_NODES) {
    const message = `the file holds more than ${MOST_NODES} values once its aliases are followed`;
    return { value: undefined, expanded: [], findings: [{ path: [], at: 'key', message }] };
  }
  if (endless !== undefined) return { value: undefined, expanded: [], findings: [endless] };
  return { value, expanded, findings };
}

/** Why a placeholder has no value: a path may hold several of them. */
interface Unread {
  errors: string[];
}

function tooDeep(path: ConfigPath, cyclic: boolean): string {
  // Of a long path the first keys are enough to find it.
  const name = dotted(path.slice(0, 8));
  return cyclic ? `"${name}" is an alias of a value that it is a part of` : `"${name}" is nested too deeply`;
}

async function read(part: Part, sources: PlaceholderSources): Promise<string | Unread> {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'variable':
      return variable(part.name, sources.env);
    case 'credential': {
      const folder = variable('CREDENTIALS_DIRECTORY', sources.env);
      if (typeof folder === 'object') {
        return { errors: [`credential "${part.name}" cannot be read: systemd passed no credentials`] };
      }
      return readSecret(join(folder, part.name), sources);
    }
    case 'file': {
      const path = await readPath(part.path, sources);
      return typeof path === 'object' ? path : readSecret(resolve(sources.folder, path), sources);
    }
  }
}

/** The path of a ${file:…}, which may hold variables such as ${CREDENTIALS_DIRECTORY}. */
async function readPath(template: string, sources: PlaceholderSources): Promise<string | Unread> {
  const parts = parsePlaceholders(template);
  if ('error' in parts) return { errors: [parts.error] };
  const errors: string[] = [];
  let path = '';
  for (const part of parts) {
    if (part.kind !== 'text' && part.kind !== 'variable') {
      return { errors: ['holds a secret inside the path of another'] };
    }
    const found = await read(part, sources);
    if (typeof found === 'object') errors.push(...found.errors);
    else path += found;
  }
  return errors.length > 0 ? { errors } : path;
}

function variable(name: string, env: NodeJS.ProcessEnv): string | Unread {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  return value ?? { errors: [`environment variable "${name}" is not set`] };
}

async function readSecret(path: string, sources: PlaceholderSources): Promise<string | Unread> {
  try {
    const bytes = await sources.readFile(path, MOST_SECRET_BYTES);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (error) {
    return { errors: [`secret file "${path}" cannot be read (${reasonOf(error)})`] };
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTREG: 'it is no regular file',
  EFBIG: 'it is larger than 64 KiB',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
};

function reasonOf(error: unknown): string {
  const code = systemCode(error) ?? 'unknown';
  return REASONS[code] ?? code;
}
