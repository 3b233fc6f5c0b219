/**
 * What GStreamer says, as an error that names the source and the cure. Its messages are sentences for
 * developers; the known ones are recognised, the others are passed on.
 */
import { DetectdError } from '../base/errors.js';
import type { Source } from '../core/source.js';
import { maskSecrets } from './launch-syntax.js';

/** The source in a few words, without secrets. */
export function sourceLabel(source: Source): string {
  switch (source.kind) {
    case 'file':
      return `video "${source.path}"`;
    case 'v4l2':
      return `camera ${source.device}`;
    case 'csi':
      return `CSI camera ${source.sensorId}`;
    case 'rtsp':
    case 'http':
      return maskSecrets(source.url);
    case 'test':
      return `test pattern ${source.pattern}`;
    case 'shapes':
      return 'the drawn scene';
    case 'gst':
      return 'the configured pipeline';
  }
}

const KNOWN: { pattern: RegExp; hint: string }[] = [
  {
    pattern: /unauthori[sz]ed|not authori[sz]ed|\b401\b|forbidden|\b403\b/i,
    hint: 'Check user name and password in the address.',
  },
  { pattern: /\b404\b|not found|no such stream/i, hint: 'Check the path in the address.' },
  { pattern: /resolv|name or service/i, hint: 'Check the host name in the address, and DNS.' },
  {
    pattern: /missing|plug-?in|no decoder|not support|codec/i,
    hint: 'Install gstreamer1.0-libav and gstreamer1.0-plugins-bad, or choose another codec.',
  },
  { pattern: /busy/i, hint: 'Another program uses the device; `fuser -v DEVICE` shows which.' },
  { pattern: /permission|denied/i, hint: 'Give the user that runs detectd access (cameras: group video).' },
  {
    pattern: /argus|CaptureSession/i,
    hint: 'Close other users of the camera, then: systemctl restart nvargus-daemon.',
  },
  {
    pattern: /connect|refused|timed? ?out|unreachable|could not (open|read)/i,
    hint: 'Check that the camera is switched on and reachable.',
  },
];

const HINTS: Record<Source['kind'], string> = {
  file: 'Play it with gst-play-1.0 to see whether it is a whole video in a supported format.',
  v4l2: 'Check the cable; v4l2-ctl --list-devices shows the cameras of this machine.',
  csi: 'Check the ribbon cable, then: systemctl restart nvargus-daemon.',
  rtsp: 'Check that the camera is switched on and reachable.',
  http: 'Check that the address serves MJPEG (multipart/x-mixed-replace).',
  test: 'Try another pattern.',
  shapes: 'Try a smaller picture: test:shapes?width=640&height=480.',
  gst: 'Try the same pipeline with gst-launch-1.0.',
};

/** The error for a message on the bus. `opened`: the camera has delivered frames before. */
export function captureFault(source: Source, text: string, opened: boolean): DetectdError {
  const said = maskSecrets(text)
    .replace(/\s+/g, ' ')
    .replace(/[.\s]+$/, '')
    .slice(0, 300);
  const known = source.kind === 'file' ? undefined : KNOWN.find(({ pattern }) => pattern.test(said));
  return fault(source, said === '' ? 'GStreamer gave no reason' : said, opened, known?.hint);
}

/** The stream ended although such a source has no end, or a file ended before its first picture. */
export function endFault(source: Source, opened: boolean): DetectdError {
  const why = source.kind === 'file' ? 'it holds no picture' : 'the stream ended';
  return fault(source, why, opened);
}

/** No frame came for `ms` while the pipeline played. */
export function stallFault(source: Source, ms: number, opened: boolean): DetectdError {
  return fault(source, `no picture came for ${seconds(ms)} s`, opened);
}

/** Data arrived, but in `ms` no picture came of it. */
export function decoderFault(source: Source, ms: number): DetectdError {
  return new DetectdError(
    'CAMERA_DECODER',
    `The decoder of ${sourceLabel(source)} hangs: data arrives, but no picture came for ${seconds(ms)} s.`,
    'Play it with gst-play-1.0 to see whether its format can be decoded here; another one may be set in the camera.',
  );
}

/** Of a CSI camera that Argus said nothing of: after so many failures in a row it is Argus nevertheless. */
const ARGUS_AFTER = 3;

/** The fault as that of Argus, where it is: the daemon that has all CSI cameras and may be wedged by one of its clients. */
export function argusFault(source: Source, fault: DetectdError, failures: number): DetectdError {
  if (source.kind !== 'csi' || fault.code === 'GSTREAMER_MISSING' || fault.code === 'PIPELINE_INVALID')
    return fault;
  const said = /argus|CaptureSession|SCF|InvalidState/i.test(fault.message);
  if (!said && failures < ARGUS_AFTER) return fault;
  const often = said ? '' : ` (${failures} attempts in a row)`;
  return new DetectdError(
    'CAMERA_ARGUS',
    `Argus is wedged or does not have CSI camera ${source.sensorId}: ${fault.message.replace(/\.$/, '')}${often}.`,
    'Check the ribbon cable; when it sits well, stop what uses CSI cameras, this daemon too, and run: sudo systemctl restart nvargus-daemon. That ends every CSI stream.',
  );
}

/** Pictures come, but show nothing that can be relied on. */
export function sightFault(source: Source, sight: 'frozen' | 'black'): DetectdError {
  const label = sourceLabel(source);
  return sight === 'frozen'
    ? new DetectdError(
        'CAMERA_FROZEN',
        `The picture of ${label} stands still: each is the same as the one before.`,
        'Restart the camera. Where a scene may be as still as that, set frozen_after_s to 0.',
      )
    : new DetectdError(
        'CAMERA_BLACK',
        `The picture of ${label} is black or covered: nothing in it can be told apart.`,
        'Look at the lens and the light. Where it may be dark, set black_after_s to 0.',
      );
}

/** The system did not say in `ms` whether the file or device is there. */
export function hungCheckFault(source: Source, ms: number): DetectdError {
  return new DetectdError(
    'CAMERA_OPEN',
    `Cannot open ${sourceLabel(source)}: the system has not said for ${seconds(ms)} s whether it is there.`,
    'A file system or a driver hangs; dmesg says which.',
  );
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function fault(source: Source, why: string, opened: boolean, hint?: string): DetectdError {
  const label = sourceLabel(source);
  const cure = hint ?? HINTS[source.kind];
  if (source.kind === 'file') {
    return new DetectdError('VIDEO_UNREADABLE', `The ${label} cannot be read: ${why}.`, cure);
  }
  return opened
    ? new DetectdError('CAMERA_LOST', `The connection to ${label} was lost: ${why}.`, cure)
    : new DetectdError('CAMERA_OPEN', `Cannot open ${label}: ${why}.`, cure);
}
