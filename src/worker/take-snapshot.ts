/** Answers a wish for a picture: asks the camera for one, in a lower quality where it would be too large to be sent. */
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Camera } from '../capture/camera.js';
import { delivers } from '../core/camera-state.js';
import type { HostMessage, WorkerMessage } from '../ipc/protocol.js';

/** A picture of 4K in good quality is as large; brokers and subscribers seldom take more. */
const MOST_BYTES = 2 * 1024 * 1024;
/** Of the wanted quality, until the picture is small enough. */
const SHARES = [1, 0.6, 0.3];

/** What is to be said; never rejects. Comes when the picture does, or when the camera plays no more. */
export async function takeSnapshot(
  { id, camera: name, quality }: Extract<HostMessage, { type: 'snapshot' }>,
  camera: Pick<Camera, 'jpeg' | 'state'> | undefined,
  clock: Pick<Clock, 'monotonicUs'>,
): Promise<WorkerMessage> {
  try {
    for (const share of SHARES) {
      const asked = Math.max(1, Math.round(quality * share));
      const picture = delivers(camera?.state) ? await camera?.jpeg(asked) : undefined;
      if (picture === undefined) throw noPicture(name, camera?.state);
      const { bytes, width, height } = picture;
      if (bytes.byteLength > MOST_BYTES) continue;
      const capturedAtUs = clock.monotonicUs();
      return {
        type: 'snapshot',
        id,
        picture: { jpeg: bytes.toString('base64'), width, height, capturedAtUs },
      };
    }
    throw new DetectdError(
      'SNAPSHOT_UNAVAILABLE',
      `The picture of "${name}" is larger than ${MOST_BYTES / 1024 / 1024} MiB.`,
      'Ask for one of lower quality.',
    );
  } catch (thrown) {
    return { type: 'snapshot-failed', id, error: DetectdError.from(thrown, 'SNAPSHOT_UNAVAILABLE').toData() };
  }
}

function noPicture(camera: string, state: string | undefined): DetectdError {
  if (delivers(state))
    return new DetectdError(
      'SNAPSHOT_UNAVAILABLE',
      `The camera "${camera}" gave no picture: it ended, or GStreamer lacks jpegenc.`,
      'Install gstreamer1.0-plugins-good where that is missing.',
    );
  return new DetectdError('SNAPSHOT_UNAVAILABLE', `The camera "${camera}" is ${state ?? 'not open'}.`);
}
