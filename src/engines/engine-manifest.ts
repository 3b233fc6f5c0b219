/**
 * manifest.json of a cached engine: what it was built for, in clear, what its files must be, and how the build went.
 * An engine is what its manifest says, or it is not loaded.
 */
import { z } from 'zod';
import { messageOf } from '../base/errors.js';
import { type KeyPart, keyDigest } from './engine-key.js';

export const MANIFEST = 'manifest.json';
export const MAX_MANIFEST_BYTES = 1 << 20;
export const MAX_FILES = 16;
export const MAX_LOG_LINES = 200;
export const MAX_LOG_LINE = 500;
/** 2 GiB is the most that ONNX Runtime reads. */
export const MAX_ENGINE_BYTES = 2 ** 31;

/** Of a file of an engine: plain, so that it cannot lead out of the folder or hide in it. */
export const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/;

const text = z.string().max(200);
const milliseconds = z.number().min(0);

const file = z.object({
  name: z.string().max(100).regex(FILE_NAME, 'is no plain file name'),
  bytes: z.number().int().min(0).max(MAX_ENGINE_BYTES),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be "sha256:" and 64 hexadecimal digits'),
});

const build = z.object({
  /** From the wish for an engine to its acceptance. */
  ms: milliseconds,
  /** By name of the phase, in the order in which they came. */
  phases_ms: z.record(z.string().max(100), milliseconds),
  /** The end of what the builder said. */
  log: z.array(z.string().max(MAX_LOG_LINE)).max(MAX_LOG_LINES),
});

const schema = z.object({
  format: z.literal(1),
  key: z.string(),
  parts: z.array(z.object({ name: text, value: z.json() })).max(256),
  /** For people; the digest of the bundle is among the parts. */
  model: z.object({ name: text, version: text }),
  files: z.array(file).min(1).max(MAX_FILES),
  detectd: text,
  /** ISO 8601. A board without a clock may be wrong by years. */
  created: text,
  build,
  /** How it compared with the CPU; null where nothing was compared. */
  acceptance: z.record(z.string(), z.json()).nullable(),
});

export type EngineManifest = z.output<typeof schema>;
export type EngineFile = EngineManifest['files'][number];
export type BuildFacts = Pick<EngineManifest, 'model' | 'build' | 'acceptance'>;

/** Parses the manifest in the folder of `key`. Throws an Error whose message says what is wrong, for any text. */
export function parseEngineManifest(json: string, key: string): EngineManifest {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Error(`${MANIFEST} is not valid JSON: ${messageOf(error)}`);
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const place = issue === undefined || issue.path.length === 0 ? '' : ` "${issue.path.join('.')}":`;
    throw new Error(`${MANIFEST}:${place} ${issue?.message ?? 'cannot be understood'}`);
  }
  const manifest = result.data;
  if (manifest.key !== key)
    throw new Error(`${MANIFEST} is of another engine, ${manifest.key.slice(0, 100)}`);
  if (keyDigest(manifest.parts) !== key) throw new Error(`${MANIFEST} has parts that are not of its key`);
  const names = new Set(manifest.files.map(({ name }) => name));
  if (names.size < manifest.files.length) throw new Error(`${MANIFEST} lists a file twice`);
  return manifest;
}

/** The manifest's text. What is too long to be kept is cut: the end of a log is what matters. */
export function engineManifestText(
  parts: readonly KeyPart[],
  rest: BuildFacts & Pick<EngineManifest, 'files' | 'detectd' | 'created'>,
): string {
  const log = rest.build.log.slice(-MAX_LOG_LINES).map((line) => line.slice(0, MAX_LOG_LINE));
  const { model, files, detectd, created, acceptance } = rest;
  const manifest = {
    format: 1,
    key: keyDigest(parts),
    parts,
    model: { name: model.name.slice(0, 200), version: model.version.slice(0, 200) },
    files,
    detectd,
    created,
    build: { ...rest.build, log },
    acceptance,
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
