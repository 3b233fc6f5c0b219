/**
 * Questions that the file system answers better than GStreamer, asked before each attempt: is there such a
 * file, is there such a device. It also saves a failed open, each of which leaks a little in the binding.
 */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { DetectdError, systemCode } from '../base/errors.js';
import type { Source } from '../core/source.js';

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  EACCES: 'access is denied',
  ELOOP: 'its links go in a circle',
  ENOTDIR: 'part of its path is not a folder',
  ENAMETOOLONG: 'its name is too long',
};

/** Throws VIDEO_UNREADABLE or CAMERA_OPEN when a file or device cannot be there. Network sources pass. */
export async function checkSource(source: Source): Promise<void> {
  if (source.kind === 'file') await checkFile(source.path);
  else if (source.kind === 'v4l2') await checkDevice(source.device);
}

async function checkFile(path: string): Promise<void> {
  const fail = (why: string, hint: string) =>
    new DetectdError('VIDEO_UNREADABLE', `The video "${path}" cannot be read: ${why}.`, hint);
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw fail('it is a folder', 'Name a video file.');
    if (found.isFile() && found.size === 0) throw fail('it is empty', 'Copy the file again.');
    await access(path, constants.R_OK);
  } catch (error) {
    throw error instanceof DetectdError ? error : fail(reason(error), 'Check the path and its permissions.');
  }
}

async function checkDevice(device: string): Promise<void> {
  const fail = (why: string, hint: string) =>
    new DetectdError('CAMERA_OPEN', `Cannot open camera ${device}: ${why}.`, hint);
  try {
    const found = await stat(device);
    if (!found.isCharacterDevice()) throw fail('it is not a device', 'Name a device such as /dev/video0.');
    await access(device, constants.R_OK | constants.W_OK);
  } catch (error) {
    if (error instanceof DetectdError) throw error;
    const hint =
      systemCode(error) === 'EACCES'
        ? 'Add the user that runs detectd to the group video.'
        : 'Check the cable; v4l2-ctl --list-devices shows the cameras of this machine.';
    throw fail(reason(error), hint);
  }
}

function reason(error: unknown): string {
  const code = systemCode(error);
  return REASONS[code ?? ''] ?? `the system says ${code ?? String(error)}`;
}
