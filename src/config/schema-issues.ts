/**
 * What the schema has against a configuration, in words for people: the key in quotes, what it must
 * be, the nearest known word. Values are never repeated, as any of them may be a secret.
 */
import type { z } from 'zod';
import { homeOfKey, nearestKnownKey } from './key-tree.js';
import { nameSchema } from './name-schema.js';
import { nearestKey } from './nearest-key.js';
import { type ConfigPath, dotted, type Finding } from './problem.js';
import { type Config, cameraSchema, configSchema, modelSchema } from './schema.js';

type Issue = z.core.$ZodIssue;

/** The configuration, or every finding. */
export function checkSchema(value: unknown): { config?: Config; findings: Finding[]; issues: Issue[] } {
  const result = configSchema.safeParse(value, { reportInput: true });
  const dropped = droppedNames(value);
  if (result.success && dropped.length === 0) return { config: result.data, findings: [], issues: [] };
  const found = [...dropped, ...(result.error?.issues ?? [])].filter(isNotOverruled);
  const issues = found.flatMap((issue) => [issue, ...behindBadName(issue, value)]);
  return { findings: issues.flatMap(findingsOf), issues };
}

/** zod leaves out an entry of this name without a word, as it would be no entry in an ordinary object. */
const DROPPED = '__proto__';

function droppedNames(value: unknown): Issue[] {
  return ['models', 'cameras'].flatMap((section): Issue[] => {
    const entries = isObject(value) ? value[section] : undefined;
    if (!isObject(entries) || !Object.hasOwn(entries, DROPPED)) return [];
    const issues = nameSchema.safeParse(DROPPED).error?.issues ?? [];
    return [{ code: 'invalid_key', origin: 'record', issues, path: [section, DROPPED], message: '' }];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of a number that is no safe integer zod also says so; the limit of our own says more. */
function isNotOverruled(issue: Issue, _index: number, all: Issue[]): boolean {
  const own = issue.code === 'too_big' ? issue.maximum : issue.code === 'too_small' ? issue.minimum : 0;
  if (Math.abs(Number(own)) !== Number.MAX_SAFE_INTEGER) return true;
  const place = dotted(issue.path.map(String));
  return !all.some((other) => other !== issue && dotted(other.path.map(String)) === place);
}

/** zod does not look at the entry behind a refused name; its faults count as well. */
function behindBadName(issue: Issue, value: unknown): Issue[] {
  if (issue.code !== 'invalid_key') return [];
  const [section, name] = issue.path;
  const schema = section === 'models' ? modelSchema : cameraSchema;
  const entry = (value as Record<string, Record<string, unknown>>)[String(section)]?.[String(name)];
  const result = schema.safeParse(entry, { reportInput: true });
  return (result.error?.issues ?? []).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

function findingsOf(issue: Issue): Finding[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key));
  const name = path.length === 0 ? 'the configuration' : `"${dotted(path)}"`;
  if (issue.code === 'invalid_key') {
    const rule = issue.issues[0]?.message ?? 'is not a valid name';
    return [{ path, at: 'key', message: `the name in ${name} ${rule}` }];
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return [{ path, at: 'key', message: `${name} is missing` }];
  }
  const finding: Finding = { path, at: 'value', message: `${name} ${requirement(issue)}` };
  if (issue.code === 'invalid_value' && typeof issue.input === 'string') {
    finding.suggestion = nearestKey(issue.input, issue.values.map(String));
  }
  return [finding];
}

function unknownKey(parent: ConfigPath, key: string): Finding {
  const where = parent.length === 0 ? '' : ` in "${dotted(parent)}"`;
  const suggestion = nearestKnownKey(parent, key);
  const home = suggestion === undefined ? homeOfKey(key) : undefined;
  const hint = home === undefined ? '' : `; it belongs to ${home}`;
  return { path: [...parent, key], at: 'key', message: `unknown key "${key}"${where}${hint}`, suggestion };
}

const KINDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping of keys to values',
  record: 'a mapping of names to settings',
};

function isUnquoted(input: unknown, values: readonly unknown[]): boolean {
  return typeof input === 'number' && values.every((value) => typeof value === 'string');
}

function requirement(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = KINDS[issue.expected] ?? issue.expected;
      if (issue.input === null) return `has no value; give it one (${wanted}) or remove the key`;
      const quote =
        issue.expected === 'string' && typeof issue.input !== 'object' ? '; put it in quotes' : '';
      return `must be ${wanted}${quote}`;
    }
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}${isUnquoted(issue.input, issue.values) ? '; put it in quotes' : ''}`;
    case 'too_small':
      if (issue.origin === 'string') return 'must not be empty';
      return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'string') return `must have at most ${issue.maximum} characters`;
      return `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    default:
      // Messages of our own schema: regular expressions and refinements.
      return issue.message;
  }
}
