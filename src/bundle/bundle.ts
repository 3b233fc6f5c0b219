/**
 * Opens a model bundle: a folder, or an archive of one, with model.onnx and PaddleDetection's infer_cfg.yml.
 * Its digest stands for exactly these files; engines are cached under it and every result names it.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readBoundedFile } from '../base/bounded-file.js';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';
import { type ArchiveLimits, unpackArchive } from './archive.js';
import { type InferCfg, MAX_INFER_CFG_BYTES, parseInferCfg } from './infer-cfg.js';
import { checkDigest, MAX_MANIFEST_BYTES, type Manifest, parseManifest } from './manifest.js';

export const MODEL = 'model.onnx';
export const INFER_CFG = 'infer_cfg.yml';
const MANIFEST = 'manifest.json';
/** TensorRT's ranges of every layer, for INT8 without quantization in the model. */
export const CALIBRATION = 'calibration.cache';
/** Real ones have some tens of kilobytes. */
const MAX_CALIBRATION_BYTES = 16 * 2 ** 20;
/** A protobuf message, and so an ONNX model, cannot be larger. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;

export interface Bundle {
  /** As given. */
  path: string;
  /** Where the files lie; for an archive, inside the scratch folder. */
  folder: string;
  modelPath: string;
  inferCfg: InferCfg;
  manifest: Manifest | undefined;
  /** Of its calibration for INT8, where it brings one. */
  calibrationPath: string | undefined;
  /** From the manifest; the first twelve digits of the digest when it says none. */
  version: string;
  /** `sha256:` and 64 hexadecimal digits over names, sizes and contents of the files that matter. */
  digest: string;
}

/** A bundle of which something may be broken. */
export interface BundleSurvey {
  /** `inferCfg` is undefined when it cannot be read. */
  bundle: Omit<Bundle, 'inferCfg'> & { inferCfg: InferCfg | undefined };
  /** What openBundle() throws, the first first. Empty when all is well. */
  problems: DetectdError[];
}

/**
 * Opens the bundle at `path` (folder, .tar.gz or .tgz); archives are unpacked under `scratchFolder`.
 * Throws BUNDLE_NOT_FOUND, BUNDLE_INCOMPLETE, BUNDLE_ARCHIVE, BUNDLE_MANIFEST, FOLDER_UNWRITABLE,
 * INFER_CFG_INVALID or PREPROCESS_UNSUPPORTED.
 */
export async function openBundle(
  path: string,
  scratchFolder: string,
  limits?: ArchiveLimits,
): Promise<Bundle> {
  const { bundle, problems } = await surveyBundle(path, scratchFolder, limits);
  const { inferCfg, ...rest } = bundle;
  if (problems[0] !== undefined || inferCfg === undefined) throw problems[0];
  return { ...rest, inferCfg };
}

/** Like openBundle(), but collects what is wrong inside the files. Throws where they cannot be had at all. */
export async function surveyBundle(
  path: string,
  scratchFolder: string,
  limits?: ArchiveLimits,
): Promise<BundleSurvey> {
  const problems: DetectdError[] = [];
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      problems.push(DetectdError.from(error));
      return undefined;
    }
  };
  const folder = await bundleFolder(path, scratchFolder, limits);
  await requireFiles(path, folder);
  const inferCfgPath = join(folder, INFER_CFG);
  const inferCfgBytes = await readSmall(inferCfgPath, MAX_INFER_CFG_BYTES);
  const inferCfg = attempt(() => parseInferCfg(inferCfgBytes.toString('utf8'), inferCfgPath));
  const manifestPath = join(folder, MANIFEST);
  const hasManifest = await isFile(manifestPath);
  const manifestBytes = hasManifest ? await readSmall(manifestPath, MAX_MANIFEST_BYTES) : undefined;
  const manifest =
    manifestBytes === undefined
      ? undefined
      : attempt(() => parseManifest(manifestBytes.toString('utf8'), manifestPath));

  const total = createHash('sha256');
  const modelPath = join(folder, MODEL);
  const modelDigest = await hashModel(modelPath, total);
  const inferCfgDigest = hashBytes(INFER_CFG, inferCfgBytes, total);
  if (manifestBytes !== undefined) hashBytes(MANIFEST, manifestBytes, total);
  const calibration = join(folder, CALIBRATION);
  const calibrationPath = (await isFile(calibration)) ? calibration : undefined;
  const calibrationDigest =
    calibrationPath === undefined
      ? undefined
      : hashBytes(CALIBRATION, await readSmall(calibrationPath, MAX_CALIBRATION_BYTES), total);
  if (manifest !== undefined) {
    attempt(() => checkDigest(manifest, MODEL, modelDigest, modelPath));
    attempt(() => checkDigest(manifest, INFER_CFG, inferCfgDigest, inferCfgPath));
    if (calibrationDigest !== undefined)
      attempt(() => checkDigest(manifest, CALIBRATION, calibrationDigest, calibration));
  }
  const hex = total.digest('hex');
  const version = manifest?.version ?? hex.slice(0, 12);
  const digest = `sha256:${hex}`;
  const bundle = { path, folder, modelPath, inferCfg, manifest, calibrationPath, version, digest };
  return { bundle, problems };
}

async function bundleFolder(path: string, scratchFolder: string, limits?: ArchiveLimits): Promise<string> {
  const found = await statOrThrow(path);
  if (found.isDirectory()) return path;
  if (found.isFile() && /\.(tar\.gz|tgz)$/i.test(path))
    return bundleRoot(await unpackArchive(path, scratchFolder, limits));
  throw new DetectdError(
    'BUNDLE_INCOMPLETE',
    `${path} is a single file, not a bundle.`,
    `A bundle is a folder or .tar.gz with ${MODEL} and ${INFER_CFG}; put the two into a folder and name that.`,
  );
}

/** An archive of a folder holds that folder; one of its content does not. Both are common. */
export async function bundleRoot(folder: string): Promise<string> {
  if (await isFile(join(folder, MODEL))) return folder;
  const entries = await readdir(folder, { withFileTypes: true });
  const [only] = entries;
  return entries.length === 1 && only?.isDirectory() ? join(folder, only.name) : folder;
}

async function statOrThrow(path: string): Promise<Awaited<ReturnType<typeof stat>>> {
  try {
    return await stat(path);
  } catch (error) {
    const reason = systemCode(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${messageOf(error)}`;
    throw new DetectdError(
      'BUNDLE_NOT_FOUND',
      `The bundle ${path} ${reason}.`,
      'Check the path and that detectd may read it.',
      { cause: error },
    );
  }
}

async function requireFiles(path: string, folder: string): Promise<void> {
  const missing: string[] = [];
  for (const name of [MODEL, INFER_CFG]) if (!(await isFile(join(folder, name)))) missing.push(name);
  if (missing.length === 0) return;
  throw new DetectdError(
    'BUNDLE_INCOMPLETE',
    `The bundle ${path} has no ${missing.join(' and no ')}.`,
    `Export the model with PaddleDetection, convert it with paddle2onnx to ${MODEL}, and keep ${INFER_CFG} beside it.`,
  );
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw unreadable(path, error);
  }
}

async function readSmall(path: string, maxBytes: number): Promise<Buffer> {
  try {
    return await readBoundedFile(path, maxBytes);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function hashModel(path: string, total: Hash): Promise<string> {
  const own = createHash('sha256');
  const { size } = await statOrThrow(path);
  if (size > MAX_MODEL_BYTES) {
    throw new DetectdError(
      'MODEL_NOT_ONNX',
      `${path} is larger than 2 GiB, which no ONNX file can be.`,
      'Check that it is the converted model.',
    );
  }
  total.update(`${MODEL}\0${size}\0`);
  try {
    for await (const chunk of createReadStream(path)) {
      own.update(chunk as Buffer);
      total.update(chunk as Buffer);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return `sha256:${own.digest('hex')}`;
}

function hashBytes(name: string, bytes: Buffer, total: Hash): string {
  total.update(`${name}\0${bytes.length}\0`).update(bytes);
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function unreadable(path: string, error: unknown): DetectdError {
  return new DetectdError(
    'BUNDLE_NOT_FOUND',
    `${path} cannot be read: ${messageOf(error)}.`,
    'Check that it is an ordinary file of a sensible size and that detectd may read it.',
    { cause: error },
  );
}
