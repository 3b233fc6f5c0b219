/**
 * What a bundle is, as far as it can be told without running it: files, model, pre-processing, what preparing
 * the graph will change, and what is wrong with it. No native code is needed for any of it.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DetectdError, type ErrorData } from '../base/errors.js';
import { type BundleSurvey, INFER_CFG, MODEL, surveyBundle } from '../bundle/bundle.js';
import { type BundleFile, digestOfFile, listBundleFiles, oddFilesProblem } from '../bundle/bundle-files.js';
import type { InferCfg } from '../bundle/infer-cfg.js';
import { readSamples } from '../bundle/samples.js';
import type { PreprocessMode, TensorSpec } from '../core/prepared-graph.js';
import { type ModelFacts, modelFacts } from '../graph/model-facts.js';
import { graphSignature, type OnnxModel, readOnnx } from '../graph/onnx-file.js';
import { needsExactMode } from '../graph/picture-feeds.js';
import { prepareGraph } from '../graph/prepare.js';
import { selectDecoder } from '../inference/decoders/select.js';

export interface BundleReport {
  path: string;
  /** Size of the archive in bytes; null for a folder. */
  archive_bytes: number | null;
  /** Of the bundle: what every result of it names. */
  digest: string;
  name: string | null;
  version: string;
  licence: string | null;
  /** `listed` when the manifest gives this very digest. */
  files: (BundleFile & { digest: string; listed: boolean })[];
  /** Links and the like beside them: a problem, since no archive can hold them. */
  odd_files: string[];
  /** manifest.json as it is; null where there is none that can be read. */
  manifest: Record<string, unknown> | null;
  labels: string[];
  /** The steps with their settings, in the order in which they are applied. */
  preprocess: Record<string, unknown>[];
  /** Null when it cannot be read. */
  infer_cfg: {
    arch: string;
    metric: string | null;
    nms: Record<string, unknown> | null;
    unknown_keys: string[];
  } | null;
  /** The exported model; null when it cannot be read. */
  model:
    | (Omit<ModelFacts, 'irVersion'> & { ir_version: number; inputs: TensorSpec[]; outputs: TensorSpec[] })
    | null;
  /** Name of the decoder; null when nothing can read the outputs. */
  family: string | null;
  /** What detectd makes of the model for a CPU; null when it cannot. */
  prepared: {
    mode: PreprocessMode;
    network: [number, number];
    bytes: number;
    nodes: number;
    /** What is cut, folded and fused, for people. */
    notes: string[];
  } | null;
  /** Pictures with expected detections; null where there are none. */
  samples: { pictures: number; detections: number; threshold: number; tool: string | null } | null;
  /** Why the bundle cannot be used, or should not be trusted. Empty when all is well. */
  problems: ErrorData[];
}

type Found = BundleSurvey['bundle'];

/**
 * Looks at the bundle at `path`; archives are unpacked under `scratchFolder`. Throws where
 * its files cannot be had at all; all that is wrong beyond that is in the report.
 */
export async function reportBundle(path: string, scratchFolder: string): Promise<BundleReport> {
  const { bundle, problems: found } = await surveyBundle(path, scratchFolder);
  const { folder, modelPath, inferCfg, manifest, digest, version } = bundle;
  const problems: ErrorData[] = [];
  const tell = (error: unknown): void => {
    const { message, ...rest } = DetectdError.from(error).toData();
    // Where an archive was unpacked means nothing to whoever reads this.
    problems.push({ ...rest, message: message.replaceAll(folder, path) });
  };
  found.forEach(tell);
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      tell(error);
      return null;
    }
  };
  const listing = await listBundleFiles(folder);
  const files = await withDigests(bundle, listing.files);
  problems.push(...digestProblems(bundle, files));
  const oddities = oddFilesProblem(path, listing.odd);
  if (oddities !== undefined) tell(oddities);
  const bytes = await readFile(modelPath);
  const exported = await attempt(() => readOnnx(bytes, modelPath));
  const model = exported === null ? null : await attempt(() => describeModel(exported));
  const prepared =
    exported === null || inferCfg === undefined
      ? null
      : await attempt(() => prepare(inferCfg, modelPath, bytes));
  const family = prepared === null ? null : await attempt(() => prepared.family());
  const samples = await attempt(() => describeSamples(bundle, files));
  return {
    path,
    archive_bytes: folder === path ? null : (await stat(path)).size,
    digest,
    name: manifest?.name ?? null,
    version,
    licence: manifest?.licence ?? null,
    files,
    odd_files: listing.odd,
    manifest: await rawManifest(bundle),
    labels: inferCfg?.labels ?? [],
    preprocess: inferCfg?.preprocess.map(snakeCase) ?? [],
    infer_cfg: inferCfg === undefined ? null : describeInferCfg(inferCfg),
    model,
    family,
    prepared: prepared?.facts ?? null,
    samples,
    problems,
  };
}

async function withDigests(bundle: Found, files: BundleFile[]): Promise<BundleReport['files']> {
  const listed = bundle.manifest?.digests ?? {};
  const described: BundleReport['files'] = [];
  for (const file of files) {
    const digest = await digestOfFile(join(bundle.folder, file.path));
    described.push({ ...file, digest, listed: listed[file.path] === digest });
  }
  return described;
}

/** Of files that opening a bundle does not read. */
function digestProblems({ manifest, path: where }: Found, files: BundleReport['files']): ErrorData[] {
  const digests = new Map(files.map(({ path, digest }) => [path, digest]));
  return Object.entries(manifest?.digests ?? {})
    .filter(([path, digest]) => ![MODEL, INFER_CFG].includes(path) && digests.get(path) !== digest)
    .map(([path]) => ({
      code: 'BUNDLE_MANIFEST',
      message: digests.has(path)
        ? `${path} of ${where} is not the file whose digest manifest.json gives.`
        : `manifest.json of ${where} lists ${path}, which is not there.`,
      hint: 'Copy the bundle again from its publisher.',
    }));
}

function describeInferCfg({ arch, metric, nms, unknownKeys }: InferCfg): BundleReport['infer_cfg'] {
  return {
    arch,
    metric: metric ?? null,
    nms: nms === undefined ? null : snakeCase(nms),
    unknown_keys: unknownKeys,
  };
}

function describeModel(model: OnnxModel): NonNullable<BundleReport['model']> {
  const { irVersion, ...facts } = modelFacts(model);
  return { ir_version: irVersion, ...facts, ...graphSignature(model) };
}

/** `keepRatio` → `keep_ratio`, as programs read it everywhere else. */
function snakeCase(value: object): Record<string, unknown> {
  const renamed = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [renamed(key), entry]));
}

function prepare(
  inferCfg: InferCfg,
  modelPath: string,
  bytes: Uint8Array,
): { facts: NonNullable<BundleReport['prepared']>; family: () => string } {
  const mode = needsExactMode(inferCfg) ? 'exact' : 'live';
  const graph = prepareGraph(bytes, inferCfg, { mode, format: 'RGB', processor: 'cpu', where: modelPath });
  const prepared = readOnnx(graph.model, modelPath);
  const signature = graphSignature(prepared);
  return {
    facts: {
      mode,
      network: [graph.networkWidth, graph.networkHeight],
      bytes: graph.model.length,
      nodes: prepared.graph.node.length,
      notes: graph.notes,
    },
    family: () => selectDecoder(signature, inferCfg, { threshold: 0.5, labels: inferCfg.labels }).family,
  };
}

async function describeSamples(
  { folder }: Found,
  files: BundleReport['files'],
): Promise<BundleReport['samples']> {
  const samples = await readSamples(folder);
  if (samples === undefined) return null;
  const { pictures, threshold, tool } = samples;
  const there = new Set(files.map(({ path }) => path));
  const missing = pictures.map(({ name }) => name).filter((name) => !there.has(`samples/${name}`));
  if (missing.length > 0)
    throw new DetectdError(
      'BUNDLE_SAMPLES',
      `samples/expected.json names ${missing.join(', ')}, which ${missing.length === 1 ? 'is' : 'are'} not there.`,
      'Copy the bundle again from its publisher.',
    );
  const detections = pictures.reduce((sum, picture) => sum + picture.detections.length, 0);
  return { pictures: pictures.length, detections, threshold, tool: tool ?? null };
}

async function rawManifest({ folder, manifest }: Found): Promise<Record<string, unknown> | null> {
  if (manifest === undefined) return null;
  return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Record<string, unknown>;
}
