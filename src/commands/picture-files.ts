/** Which pictures and videos a command line means: files as they are, folders as the known files in them. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { DetectdError, messageOf } from '../base/errors.js';
import type { DetectJob } from '../ipc/detect-protocol.js';

const IMAGE_TYPES = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.gif', '.avif']);
const VIDEO_TYPES = new Set(
  ['mp4', 'm4v', 'mov', 'avi', 'mkv', 'webm', 'ts', 'mts', 'm2ts', 'mpg', 'mpeg', 'flv', 'wmv', '3gp']
    .concat('ogv', 'mjpg', 'mjpeg', 'h264', 'h265', '264', '265')
    .map((ending) => `.${ending}`),
);

/** Jobs in the order given, folders sorted by name. Throws USAGE when a folder holds nothing to analyse. */
export async function pictureFiles(inputs: string[]): Promise<DetectJob[]> {
  const jobs: DetectJob[] = [];
  for (const input of inputs) {
    const found = (await isFolder(input)) ? await filesIn(input) : [input];
    for (const path of found) jobs.push({ path, kind: VIDEO_TYPES.has(type(path)) ? 'video' : 'image' });
  }
  return jobs;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // A file that is not there is reported like one that cannot be read, by its turn.
    return false;
  }
}

/** Not the folders in it, whatever they are called, and not what file managers leave behind hidden. */
async function filesIn(folder: string): Promise<string[]> {
  const names = (await entriesOf(folder))
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .filter((name) => IMAGE_TYPES.has(type(name)) || VIDEO_TYPES.has(type(name)));
  if (names.length > 0) return names.sort().map((name) => join(folder, name));
  throw new DetectdError(
    'USAGE',
    `The folder ${folder} holds no picture and no video.`,
    `Known endings are ${[...IMAGE_TYPES, ...VIDEO_TYPES].join(' ')}; other files can be named one by one.`,
  );
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new DetectdError(
      'USAGE',
      `The folder ${folder} cannot be read: ${messageOf(error)}.`,
      'Check its permissions.',
      { cause: error },
    );
  }
}

function type(path: string): string {
  return extname(path).toLowerCase();
}
