/**
 * The engine that a builder wrote, before anybody trusts it: whether it is one, of the version of the library here,
 * and all of it on the disk.
 */
import { open, stat } from 'node:fs/promises';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';
import { readPlanHeader } from './plan-header.js';
import { sameVersion, type TensorrtVersion, versionText } from './tensorrt-version.js';
import { DISK_HINT } from './trtexec-failure.js';

/** The engine, made durable; or why it is none. `engineMiB` is the size that the builder said, where it did. Never rejects. */
export async function inspectPlan(
  path: string,
  engineMiB: number | undefined,
  version: TensorrtVersion,
): Promise<{ bytes: number; version: string } | { problem: DetectdError }> {
  const bad = (what: string, hint: string): { problem: DetectdError } => ({
    problem: new DetectdError('ENGINE_BUILD', `The engine that trtexec wrote ${what}.`, hint),
  });
  const again = 'Build it again; if that changes nothing, set provider: cuda or cpu for this model.';
  try {
    const header = await readPlanHeader(path);
    if ('problem' in header) return bad(header.problem, again);
    const text = versionText(header.version);
    if (!sameVersion(version, header.version))
      return {
        problem: new DetectdError(
          'PROVIDER_UNAVAILABLE',
          `The engine that trtexec wrote is of TensorRT ${text}, but the library here is ${versionText(version)}.`,
          'Install the package libnvinfer-bin of the same version as the library.',
        ),
      };
    const { size } = await stat(path);
    // Some versions do not notice that the disk was full when the last bytes were written.
    if (engineMiB !== undefined && size < engineMiB * 2 ** 20 * 0.9999)
      return {
        problem: new DetectdError('ENGINE_DISK', 'The engine that trtexec wrote is cut off.', DISK_HINT),
      };
    const file = await open(path, 'r+');
    await file.sync().finally(() => file.close());
    return { bytes: size, version: text };
  } catch (error) {
    return bad(
      systemCode(error) === 'ENOENT' ? 'is not there' : `cannot be read (${messageOf(error)})`,
      again,
    );
  }
}
