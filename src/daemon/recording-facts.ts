/** What is told of a recording: in the event, in the answer to a command, beside the file, and in one sentence. Pure. */
import type { Clock } from '../base/clock.js';
import type { RecordedMoment, Recording } from '../core/recording.js';

type Now = Pick<Clock, 'monotonicUs' | 'wallMs'>;

/** Of the event and the answer; `reason` is that of the first moment. */
export function recordingFacts(recording: Recording, clock: Now): Record<string, unknown> {
  const { path, bytes, fromUs, toUs, missingS, problem, moments } = recording;
  return {
    ...(path === '' ? {} : { file: path }),
    from: wallTime(fromUs, clock),
    to: wallTime(toUs, clock),
    bytes,
    reason: moments[0]?.reason,
    ...(missingS === 0 ? {} : { missing_s: missingS }),
    ...(problem === undefined ? {} : { problem: problem.message }),
  };
}

/** What lies beside the file; `complete` is false until it is in its place. */
export function sidecar(
  recording: Recording,
  { device, bootId, complete }: { device: string; bootId: string; complete: boolean },
  clock: Now,
): Record<string, unknown> {
  return {
    ...{ device, camera: recording.camera, boot_id: bootId, complete },
    ...recordingFacts(recording, clock),
    events: recording.moments.map(({ reason, atUs, detail }) => ({
      ...{ reason, ts: wallTime(atUs, clock) },
      ...detail,
    })),
  };
}

const WORDS: Record<RecordedMoment['reason'], string> = {
  object: 'an object came into view',
  camera: 'the camera was lost',
  command: 'a command asked for it',
};

export function whatHappened({ camera, fromUs, toUs, moments, missingS, problem }: Recording): string {
  const seconds = ((toUs - fromUs) / 1e6).toFixed(1);
  const [first] = moments;
  const why = first === undefined ? '' : `: ${WORDS[first.reason]}`;
  const late = missingS === 0 ? '' : `; it begins ${missingS} s late, with the first whole picture there is`;
  const cut = problem === undefined ? '' : `; it was cut short: ${problem.message}`;
  return `recorded ${seconds} s of camera "${camera}"${why}${late}${cut}`;
}

/** By the wall clock as it goes now, RFC 3339 in UTC with milliseconds. */
function wallTime(us: number, clock: Now): string {
  return new Date(Math.round(clock.wallMs() - (clock.monotonicUs() - us) / 1000)).toISOString();
}
