/** Which pictures and videos a command line means: files as they are, folders as the known files in them. */
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, parse } from 'node:path';
import { DetectdError } from '../base/errors.js';
import type { DetectJob } from '../ipc/detect-protocol.js';

const IMAGE_TYPES = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.gif', '.avif']);
const VIDEO_TYPES = new Set([
  '.mp4',
  '.avi',
  '.mkv',
  '.mov',
  '.webm',
  '.m4v',
  '.ts',
  '.mpg',
  '.mpeg',
  '.flv',
  '.h264',
  '.h265',
]);

/** Jobs in the order given, folders sorted by name. Throws USAGE when a folder holds nothing to analyse. */
export async function pictureFiles(inputs: string[], outputFolder: string | undefined): Promise<DetectJob[]> {
  const jobs: DetectJob[] = [];
  for (const input of inputs) {
    const found = (await isFolder(input)) ? await filesIn(input) : [input];
    for (const path of found) jobs.push({ path, kind: VIDEO_TYPES.has(type(path)) ? 'video' : 'image' });
  }
  if (outputFolder === undefined) return jobs;
  const taken = new Set<string>();
  return jobs.map((job) => ({ ...job, output: outputFor(job, outputFolder, taken) }));
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // A file that is not there is reported like one that cannot be read, by its turn.
    return false;
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter(
    (name) => IMAGE_TYPES.has(type(name)) || VIDEO_TYPES.has(type(name)),
  );
  if (names.length > 0) return names.sort().map((name) => join(folder, name));
  throw new DetectdError(
    'USAGE',
    `The folder ${folder} holds no picture and no video.`,
    `Known types are ${[...IMAGE_TYPES, ...VIDEO_TYPES].join(' ')}; other files can be named one by one.`,
  );
}

/** `<name>.jpg` for an image, a folder `<name>` for a video; the same name twice gets a number. */
function outputFor(job: DetectJob, folder: string, taken: Set<string>): string {
  const { name } = parse(basename(job.path));
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (taken.has(candidate)) continue;
    taken.add(candidate);
    return join(folder, job.kind === 'image' ? `${candidate}.jpg` : candidate);
  }
}

function type(path: string): string {
  return extname(path).toLowerCase();
}
