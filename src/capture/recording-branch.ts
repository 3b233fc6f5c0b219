/**
 * The branch of a pipeline that keeps the last seconds of its stream in pieces of a second each: as it comes, where that
 * can be joined again, else encoded. Nothing of the branch can hold back or end the rest.
 */
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { piecePattern, type RecordingForm, type RecordingPlan } from '../core/recording.js';
import type { ElementSet } from './elements.js';
import { property } from './launch-syntax.js';

export interface RecordingInput extends RecordingPlan {
  /** In the names of the pieces: no other pipeline has it. */
  run: string;
}

/** What all elements of the branch that may fail are named after: their faults are no fault of the camera. */
export const RECORDER_NAME = 'detectd_recorder';
/** The tee before the decoder, where there is one. */
export const STREAM_TEE = 'detectd_stream';

const PIECE_NS = 1_000_000_000;
/** GStreamer takes away what nobody else has by then. */
const SPARE_PIECES = 10;
/** While the disk is slow; what comes beyond that is lost to the recording alone. */
const QUEUE_BYTES = 16 * 1024 * 1024;
/** A whole picture every second or two. */
const KEY_FRAME_S = 2;
const MOST_KEY_FRAMES = 30;

/** Codecs whose stream is kept as it comes: how it is told apart, and what makes pieces of it. */
const STREAMS = new Map<string, { form: RecordingForm; elements: string[] }>([
  ['h264', { form: 'ts', elements: ['h264parse', 'mpegtsmux'] }],
  ['h265', { form: 'ts', elements: ['h265parse', 'mpegtsmux'] }],
  ['mjpeg', { form: 'mjpg', elements: [] }],
]);

/** Best first; hardware, then what is cheapest. A lookahead would hold back pictures. */
const ENCODERS: { elements: string[]; launch: (keyFrames: number, convert: string) => string }[] = [
  {
    elements: ['nvv4l2h264enc', 'nvvidconv'],
    launch: (keyFrames) =>
      'nvvidconv ! video/x-raw(memory:NVMM),format=NV12 ! ' +
      `nvv4l2h264enc name=${RECORDER_NAME}_encoder iframeinterval=${keyFrames} idrinterval=${keyFrames} insert-sps-pps=true`,
  },
  {
    elements: ['x264enc'],
    launch: (keyFrames, convert) =>
      `${convert} ! video/x-raw,format=I420 ! ` +
      `x264enc name=${RECORDER_NAME}_encoder tune=zerolatency speed-preset=ultrafast pass=qual quantizer=25 ` +
      `threads=1 key-int-max=${keyFrames}`,
  },
  {
    elements: ['openh264enc'],
    launch: (keyFrames, convert) =>
      `${convert} ! video/x-raw,format=I420 ! ` +
      `openh264enc name=${RECORDER_NAME}_encoder complexity=low gop-size=${keyFrames}`,
  },
];

/** Of every branch. */
const COMMON = ['errorignore', 'queue', 'multifilesink'];

let runs = 0;

/** A name for the pieces of one more pipeline; no other one in any process has it. */
export function newRun(clock: Pick<Clock, 'wallMs'>): string {
  runs += 1;
  return [process.pid, clock.wallMs(), runs].map((part) => Math.round(part).toString(36)).join('x');
}

/** Whether a stream of this codec is kept as it comes. */
export function keepsStream(codec: string | undefined, elements: ElementSet): boolean {
  const stream = STREAMS.get(codec ?? '');
  return stream !== undefined && hasAll(elements, [...COMMON, ...stream.elements]);
}

/** The head of a pipeline that ends with this decoder, with a tee before it. */
export function withTap(head: string, decoder: string): string {
  const at = head.lastIndexOf(decoder);
  return `${head.slice(0, at)}tee name=${STREAM_TEE} ! ${head.slice(at)}`;
}

/** Takes the coded stream behind the tee before the decoder; only where keepsStream(). */
export function streamBranch(recording: RecordingInput, codec: string): string {
  const { form = 'ts' } = STREAMS.get(codec) ?? {};
  const parts =
    form === 'ts' ? [`${codec}parse name=${RECORDER_NAME}_parser config-interval=-1`, muxer()] : [];
  return [...queue(), ...parts, sink(recording, form)].join(' ! ');
}

/** Takes pictures, of which `fps` come at most; undefined where this machine cannot encode them. */
export function encodedBranch(
  recording: RecordingInput,
  fps: number,
  elements: ElementSet,
): string | undefined {
  const encoder = encoderOf(elements);
  if (encoder === undefined) return undefined;
  const keyFrames = Math.max(1, Math.min(MOST_KEY_FRAMES, Math.round(fps * KEY_FRAME_S)));
  const parser = `h264parse name=${RECORDER_NAME}_parser config-interval=-1`;
  // On a board pictures may lie in NVIDIA's memory.
  const convert = elements.has('nvvidconv') ? 'nvvidconv' : 'videoconvert';
  return [...queue(), encoder.launch(keyFrames, convert), parser, muxer(), sink(recording, 'ts')].join(' ! ');
}

/** What should be known of how a stream of this codec is recorded here; undefined where it is as it comes. */
export function recordingNote(codec: string | undefined, elements: ElementSet): string | undefined {
  if (keepsStream(codec, elements)) return undefined;
  const encoder = encoderOf(elements);
  if (encoder === undefined) return `It is not recorded: ${noRecording(elements).message}`;
  const known = codec !== undefined && codec !== 'other';
  const what = !known ? 'what comes' : codec === 'raw' ? 'raw pictures' : codec.toUpperCase();
  return `It is recorded by encoding ${what} in H.264 with ${encoder.elements[0]}, which takes processor time.`;
}

/** Why nothing can be recorded on this machine that is not kept as it comes. */
export function noRecording(elements: ElementSet): DetectdError {
  const missing = [...COMMON, 'h264parse', 'mpegtsmux'].filter((name) => !elements.has(name));
  const what =
    missing.length > 0 ? missing.join(', ') : 'an encoder for H.264 (x264enc, openh264enc or nvv4l2h264enc)';
  return new DetectdError(
    'RECORDING_UNAVAILABLE',
    `GStreamer lacks ${what}.`,
    'Install them: apt-get install gstreamer1.0-plugins-bad gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly.',
  );
}

function encoderOf(elements: ElementSet): (typeof ENCODERS)[number] | undefined {
  if (!hasAll(elements, [...COMMON, 'h264parse', 'mpegtsmux'])) return undefined;
  return ENCODERS.find((encoder) => hasAll(elements, encoder.elements));
}

/** What fails behind it does not reach the tee, and what is slow there does not hold it back. */
function queue(): string[] {
  const limits = `max-size-buffers=0 max-size-time=0 max-size-bytes=${QUEUE_BYTES}`;
  return ['errorignore', `queue name=${RECORDER_NAME}_queue ${limits} leaky=downstream`];
}

function muxer(): string {
  return `mpegtsmux name=${RECORDER_NAME}_muxer`;
}

function sink({ folder, run, seconds }: RecordingInput, form: RecordingForm): string {
  // Percent signs of the folder are none of the pattern's.
  const location = `${folder.replaceAll('%', '%%')}/${piecePattern(run, form)}`;
  return (
    `multifilesink name=${RECORDER_NAME} ${property('location', location)} next-file=max-duration ` +
    `max-file-duration=${PIECE_NS} max-files=${seconds + SPARE_PIECES} sync=false async=false enable-last-sample=false`
  );
}

function hasAll(elements: ElementSet, names: readonly string[]): boolean {
  return names.every((name) => elements.has(name));
}
