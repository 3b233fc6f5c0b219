/**
 * `jetson/compatibility.json`: what belongs together on a Jetson. It is data, so that a new JetPack is an entry
 * and no change of the program.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { DetectdError, messageOf } from '../base/errors.js';
import { compareL4t, majorOf } from './l4t-release.js';

const version = z.string().regex(/^\d+(\.\d+){0,3}$/);

const release = z.strictObject({
  /** L4T → JetPack. */
  l4t: z.record(z.string().regex(/^\d+\.\d+\.\d+$/), z.string().min(1)),
  /** Those that it runs on. */
  socs: z.array(z.string()).min(1),
  ubuntu: version,
  glibc: version,
  kernel: version,
  cuda: version,
  cudnn: version,
  tensorrt: version,
  /** Majors of Node.js. */
  node: z.array(z.int()),
  best: z.enum(['tensorrt', 'cuda', 'none']),
  /** The release to build, and with which providers; `epContext`: it reads engines that were built outside of it. */
  onnxruntime: z.strictObject({
    version,
    epContext: z.boolean(),
    providers: z.array(z.enum(['tensorrt', 'cuda'])),
    /** Lowest versions that its build takes, of GCC also the highest major. */
    build: z
      .strictObject({ cuda: version, gcc: version, gccMax: version, cmake: version, python: version })
      .optional(),
  }),
  /** Image with these versions inside. */
  container: z.string().optional(),
  /** Names for apt. */
  packages: z.strictObject({
    cuda: z.string(),
    cudnn: z.string(),
    tensorrt: z.string(),
    trtexec: z.string(),
  }),
  unconfirmed: z.array(z.string()),
  notes: z.array(z.string()),
  sources: z.array(z.string()).min(1),
});

const schema = z.strictObject({
  about: z.string(),
  socs: z.record(
    z.string(),
    z.strictObject({ name: z.string(), gpu: z.string(), computeCapability: z.string().regex(/^\d+\.\d$/) }),
  ),
  releases: z.array(release).min(1),
});

export type Compatibility = z.infer<typeof schema>;
export type Release = Compatibility['releases'][number];

/** `exact` is false where this L4T is not listed and the next older one of the same major stands for it. */
export interface ReleaseMatch {
  l4t: string;
  jetpack: string;
  release: Release;
  exact: boolean;
}

/** Throws INTERNAL: the file is part of the program. */
export function loadCompatibility(
  file: URL = new URL('../../jetson/compatibility.json', import.meta.url),
): Compatibility {
  try {
    return parseCompatibility(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof DetectdError) throw error;
    throw broken(messageOf(error), error);
  }
}

export function parseCompatibility(text: string): Compatibility {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw broken(messageOf(error), error);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw broken(`"${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'not understood'}`, result.error);
}

/** The entry for this L4T, or the next older one of its major; undefined when there is none. */
export function releaseOf(compatibility: Compatibility, l4t: string): ReleaseMatch | undefined {
  return listed(compatibility)
    .filter((entry) => majorOf(entry.l4t) === majorOf(l4t) && compareL4t(entry.l4t, l4t) <= 0)
    .map((entry) => ({ ...entry, exact: compareL4t(entry.l4t, l4t) === 0 }))
    .at(-1);
}

/** The newest L4T that is listed. */
export function newestL4t(compatibility: Compatibility): string {
  return listed(compatibility).at(-1)?.l4t ?? '0.0.0';
}

/** Every L4T with its entry, oldest first. */
function listed({ releases }: Compatibility): Omit<ReleaseMatch, 'exact'>[] {
  return releases
    .flatMap((each) => Object.entries(each.l4t).map(([l4t, jetpack]) => ({ l4t, jetpack, release: each })))
    .sort((a, b) => compareL4t(a.l4t, b.l4t));
}

function broken(message: string, cause: unknown): DetectdError {
  return new DetectdError(
    'INTERNAL',
    `jetson/compatibility.json cannot be used: ${message}.`,
    'Install detectd again.',
    { cause },
  );
}
