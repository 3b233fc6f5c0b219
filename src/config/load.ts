/**
 * Reads a configuration file: bytes, YAML, placeholders, schema, cross checks. Either the whole file is
 * good or every problem in it is reported with its place; nothing is ever half in force.
 */
import { dirname, resolve } from 'node:path';
import { readBoundedFile } from '../base/bounded-file.js';
import { DetectdError, systemCode } from '../base/errors.js';
import { crossChecks } from './cross-checks.js';
import { type Expanded, interpolate } from './interpolate.js';
import type { Overlaid, Overlay } from './overlay.js';
import type { Positions } from './positions.js';
import { ConfigError, type ConfigPath, type ConfigProblem, dotted, type Finding } from './problem.js';
import { resolveConfigPaths } from './relative-paths.js';
import type { Config } from './schema.js';
import { checkSchema } from './schema-issues.js';
import { maskSecrets, secretsInUrls } from './secrets.js';
import { readYaml } from './yaml-document.js';

const MOST_BYTES = 1_048_576;

/** Keys whose values are shown everywhere anyway: a value from the environment is no secret there. */
const PUBLIC_KEYS = new Set([
  ...['id', 'base', 'host', 'level', 'format', 'model', 'protocol', 'precision', 'provider'],
  ...['rtsp_transport', 'state', 'cache', 'bundle', 'ca', 'cert', 'key'],
]);

export interface LoadOptions {
  env: NodeJS.ProcessEnv;
  /** Reads at most `maxBytes` or throws; for tests and for other stores than the disk. */
  readFile?: (path: string, maxBytes: number) => Promise<Uint8Array>;
  /** Lays documents over the file, which must be good without them as well. */
  overlay?: Overlay | undefined;
}

export interface LoadedConfig {
  /** Absolute path of the file. */
  path: string;
  /** Its folder: what relative paths in it refer to. */
  folder: string;
  /** What is in force: defaults filled in, placeholders replaced, paths absolute. */
  config: Config;
  /** Values that must not be printed or logged; see maskSecrets(). */
  secrets: string[];
  /** Where those stand in `config`. */
  secretPaths: ConfigPath[];
  /** Only with an overlay: what it did, and `config` without it. */
  overlaid?: Overlaid & { local: Config };
}

/**
 * Reads and checks the file at `path`. Throws CONFIG_NOT_FOUND when it cannot be read, and ConfigError
 * (CONFIG_INVALID, or CONFIG_SECRET when only its secrets are at fault) with every problem.
 */
export async function loadConfig(path: string, options: LoadOptions): Promise<LoadedConfig> {
  const file = resolve(path);
  const folder = dirname(file);
  const readFile = options.readFile ?? readBoundedFile;
  const text = decode(file, await readConfigFile(file, readFile));

  const document = readYaml(text);
  if (document.value === undefined) throw new ConfigError(file, document.problems);
  const { positions } = document;
  const interpolated = await interpolate(document.value, { env: options.env, folder, readFile });
  if (interpolated.value === undefined)
    throw new ConfigError(file, place(interpolated.findings, positions, []));
  const { config, findings } = checkValue(interpolated.value, interpolated.expanded);

  const unread = new Set(interpolated.findings.map((finding) => dotted(finding.path)));
  const consequences = [...findings, ...crossChecks(interpolated.value)];
  const all = [
    ...interpolated.findings,
    ...consequences.filter((finding) => finding.at === 'key' || !unread.has(dotted(finding.path))),
  ];
  const everySecret = interpolated.expanded.flatMap((expanded) => expanded.values);
  const problems = [...document.problems, ...place(all, positions, everySecret)].sort(byPlace);
  if (problems.length > 0 || config === undefined) {
    const onlySecrets = document.problems.length === 0 && all.every((finding) => finding.secret === true);
    throw new ConfigError(file, problems, onlySecrets ? 'CONFIG_SECRET' : 'CONFIG_INVALID');
  }
  const hidden = interpolated.expanded.filter(
    ({ path }) =>
      !PUBLIC_KEYS.has(String(path.at(-1))) && typeof valueAt(interpolated.value, path) === 'string',
  );
  const secrets = [...hidden.flatMap(({ values }) => values), ...secretsOf(config)];
  const local = resolveConfigPaths(config, folder);
  const laid = options.overlay && layOver(file, interpolated.value, local, options.overlay, secrets);
  if (laid !== undefined) secrets.push(...secretsOf(laid.config));
  return {
    path: file,
    folder,
    config: laid === undefined ? local : resolveConfigPaths(laid.config, folder),
    secrets: [...new Set(secrets)].filter(Boolean),
    secretPaths: hidden.map((expanded) => expanded.path),
    ...(laid === undefined ? {} : { overlaid: { ...laid.overlaid, local } }),
  };
}

/** The file was good: what is wrong now comes from the documents. */
function layOver(
  file: string,
  content: unknown,
  local: Config,
  overlay: Overlay,
  secrets: string[],
): { config: Config; overlaid: Overlaid } {
  const overlaid = overlay(content, local);
  const { config, findings } = checkSchema(overlaid.value);
  const all = [...findings, ...crossChecks(overlaid.value)];
  if (all.length === 0 && config !== undefined) return { config, overlaid };
  const problems = new Map<string, ConfigProblem>();
  for (const { path, message, suggestion } of all) {
    const problem: ConfigProblem = {
      ...{ line: 0, column: 0, path: dotted(path), message: maskSecrets(message, secrets) },
      origin: overlaid.originOf(path),
      ...(suggestion === undefined ? {} : { suggestion }),
    };
    problems.set(JSON.stringify(problem), problem);
  }
  throw new ConfigError(file, [...problems.values()]);
}

async function readConfigFile(
  file: string,
  readFile: (path: string, maxBytes: number) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  try {
    return await readFile(file, MOST_BYTES);
  } catch (error) {
    const code = systemCode(error) ?? 'unknown';
    const reasons: Record<string, string> = {
      ENOENT: 'does not exist',
      EACCES: 'may not be read by this user',
      EISDIR: 'is a folder',
      ENOTREG: 'is no regular file',
      EFBIG: 'is larger than 1 MiB',
    };
    throw new DetectdError(
      'CONFIG_NOT_FOUND',
      `The configuration ${file} ${reasons[code] ?? `cannot be read (${code})`}.`,
      'Give its path with -c FILE; config/example.yaml is a start.',
      { cause: error },
    );
  }
}

function decode(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError(file, [{ line: 1, column: 1, path: '', message: 'the file is not UTF-8 text' }]);
  }
}

/** Placeholders yield text; where the schema wants a number or a switch, a whole one is read as such. */
function checkValue(value: unknown, expanded: Expanded[]): { config?: Config; findings: Finding[] } {
  const first = checkSchema(value);
  const whole = new Set(expanded.filter((entry) => entry.whole).map((entry) => dotted(entry.path)));
  let coerced = false;
  for (const issue of first.issues) {
    const path = issue.path.map(String);
    if (issue.code !== 'invalid_type' || !whole.has(dotted(path))) continue;
    coerced = coerce(value, path, issue.expected) || coerced;
  }
  return coerced ? checkSchema(value) : first;
}

function coerce(root: unknown, path: string[], expected: string): boolean {
  const parent = valueAt(root, path.slice(0, -1)) as Record<string, unknown>;
  const key = path.at(-1) ?? '';
  const text = String(parent[key]).trim();
  if (expected === 'boolean' && (text === 'true' || text === 'false')) parent[key] = text === 'true';
  else if (expected === 'number' && text !== '' && Number.isFinite(Number(text))) parent[key] = Number(text);
  else return false;
  return true;
}

function valueAt(root: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], root);
}

function place(findings: Finding[], positions: Positions, secrets: string[]): ConfigProblem[] {
  const problems = new Map<string, ConfigProblem>();
  for (const { path, at, message, suggestion } of findings) {
    const problem: ConfigProblem = {
      ...positions.of(path, at),
      path: dotted(path),
      message: maskSecrets(message, secrets),
      ...(suggestion === undefined ? {} : { suggestion }),
    };
    problems.set(JSON.stringify(problem), problem);
  }
  return [...problems.values()];
}

function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  return a.line - b.line || a.column - b.column;
}

/** Secrets that stand in the file in clear. */
function secretsOf(config: Config): string[] {
  const texts = [
    ...[config.mqtt.broker].flat(),
    ...Object.values(config.cameras).map(({ source }) => source),
    ...Object.values(config.models).map(({ bundle }) => bundle),
  ];
  return [config.mqtt.password ?? '', ...texts.flatMap(secretsInUrls)];
}
