/** What `detectd doctor` says of a camera that is to be recorded: whether this machine can, and how. */
import type { ElementSet } from '../capture/elements.js';
import { keepsStream, noRecording, recordingNote } from '../capture/recording-branch.js';
import type { Source, SourceKind } from '../core/source.js';
import type { CameraPlan } from '../core/worker-plan.js';
import { type Finding, failure, fault, passed } from './finding.js';

/** Sources whose pictures come unencoded, whatever they are. */
const RAW: ReadonlySet<SourceKind> = new Set(['csi', 'test', 'shapes', 'gst']);

/** Undefined of a camera that is not recorded. */
export function recordingFinding(
  { name, source, recording }: Pick<CameraPlan, 'name' | 'source' | 'recording'>,
  elements: ElementSet,
): Finding | undefined {
  if (recording === undefined) return undefined;
  const check = `recording ${name}`;
  const codec = codecOf(source);
  if (keepsStream(codec, elements))
    return passed(check, `what comes is kept as it is, in ${recording.folder}`);
  const note = recordingNote(codec, elements) ?? '';
  const canEncode = !note.startsWith('It is not');
  if (RAW.has(source.kind) || (codec !== undefined && codec !== 'h264' && codec !== 'h265')) {
    return canEncode ? passed(check, note) : failure(check, noRecording(elements));
  }
  // What it sends is known when it is opened.
  if (keepsStream('h264', elements)) {
    if (canEncode) return passed(check, 'H.264 and H.265 are kept as they come, all else is encoded');
    const { message, hint = '' } = noRecording(elements);
    return fault(check, 'warning', `only H.264 and H.265 can be recorded: ${message}`, hint);
  }
  return failure(check, noRecording(elements));
}

function codecOf(source: Source): string | undefined {
  if (source.kind === 'http') return 'mjpeg';
  return source.kind === 'rtsp' || source.kind === 'v4l2' ? source.codec : undefined;
}
