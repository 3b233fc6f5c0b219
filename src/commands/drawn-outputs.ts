/** Where the annotated copies of pictures and videos go: one file, or files in a folder named after their sources. */
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join, parse } from 'node:path';
import { DetectdError } from '../base/errors.js';
import { WRITABLE_VIDEOS } from '../capture/video-encoders.js';
import type { DetectJob } from '../ipc/detect-protocol.js';

export interface DrawnOptions {
  /** A folder, or for a single picture or video a file. */
  output?: string;
  /** Videos as folders of pictures. */
  frames: boolean;
}

const WRITABLE_PICTURES = ['.jpg', '.jpeg', '.png'];

/**
 * The jobs with their outputs, and the folder that these need, if any. Throws USAGE when a file is to hold more
 * than one source or something else than it can, and when a source would be overwritten.
 */
export async function drawnOutputs(
  jobs: readonly DetectJob[],
  { output, frames }: DrawnOptions,
): Promise<{ jobs: DetectJob[]; folder: string | undefined }> {
  if (output === undefined) {
    if (frames)
      throw new DetectdError('USAGE', '--frames draws nothing without --output.', 'Add --output FOLDER.');
    return { jobs: [...jobs], folder: undefined };
  }
  const named = await namesFile(output);
  if (named) refuseMisfit(output, jobs, frames);
  const taken = new Set<string>();
  const drawn = jobs.map((job) =>
    withOutput(job, named ? output : placeIn(output, job, frames, taken), frames),
  );
  await refuseOverwriting(drawn);
  return { jobs: drawn, folder: named ? dirname(output) : output };
}

/** By its ending, unless there is a folder of that name. */
async function namesFile(output: string): Promise<boolean> {
  const ending = extname(output).toLowerCase();
  if (output.endsWith('/') || ![...WRITABLE_PICTURES, ...WRITABLE_VIDEOS].includes(ending)) return false;
  return !(await stat(output).catch(() => undefined))?.isDirectory();
}

function refuseMisfit(output: string, jobs: readonly DetectJob[], frames: boolean): void {
  const isVideo = WRITABLE_VIDEOS.includes(extname(output).toLowerCase());
  const [only] = jobs;
  if (jobs.length === 1 && only?.kind === (isVideo ? 'video' : 'image') && !frames) return;
  throw new DetectdError(
    'USAGE',
    `--output ${output} names a file for one ${isVideo ? 'video' : 'picture'}.`,
    `Name a folder for ${frames ? 'pictures of videos' : 'everything else'}; with a "/" at its end it may have any name.`,
  );
}

/** `<name>.jpg` for an image, `<name>.mp4` or a folder `<name>` for a video; the same name twice gets a number. */
function placeIn(folder: string, job: DetectJob, frames: boolean, taken: Set<string>): string {
  const { name } = parse(basename(job.path));
  const ending = { image: '.jpg', video: frames ? '' : '.mp4' }[job.kind];
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (taken.has(candidate)) continue;
    taken.add(candidate);
    return join(folder, `${candidate}${ending}`);
  }
}

function withOutput(job: DetectJob, output: string, frames: boolean): DetectJob {
  if (job.kind === 'image' || frames) return { ...job, output };
  // Another run that draws into the same file must not write into what this one writes.
  return { ...job, output, partial: join(dirname(output), `.${basename(output)}.${process.pid}.tmp`) };
}

async function refuseOverwriting(jobs: DetectJob[]): Promise<void> {
  const inputs = new Map<string, string>();
  for (const { path } of jobs) {
    const identity = await identityOf(path);
    if (identity !== undefined) inputs.set(identity, path);
  }
  for (const { path, kind, output = '' } of jobs) {
    const overwritten = inputs.get((await identityOf(output)) ?? '');
    if (overwritten === undefined) continue;
    throw new DetectdError(
      'USAGE',
      `The annotated ${kind === 'image' ? 'picture' : 'video'} of ${path} would overwrite ${overwritten}.`,
      'Choose another folder for --output.',
    );
  }
}

/** The same for every name of a file; undefined when there is none. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
