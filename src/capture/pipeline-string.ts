/**
 * The GStreamer pipeline for a camera, as text: a pure function of the source, the wanted pictures and the
 * elements of the machine. On a board hardware scales and converts; elsewhere the processor does.
 */
import type { PixelFormat } from '../core/frame.js';
import type { Source } from '../core/source.js';
import type { View } from '../core/view.js';
import type { Size } from './camera-view.js';
import type { ElementSet } from './elements.js';
import { maskSecrets } from './launch-syntax.js';
import { packetBranch } from './packet-tap.js';
import { type ChainInput, chainElements, encoderChain, pictureChain } from './picture-chain.js';
import {
  encodedBranch,
  keepsStream,
  type RecordingInput,
  recordingNote,
  STREAM_TEE,
  streamBranch,
  withTap,
} from './recording-branch.js';
import { decodingChain, requireElements, type StreamFacts, sourceHead } from './source-head.js';

export type CaptureTarget =
  /** Stretched to exactly this size in pixels, as the network wants it. */
  | { kind: 'scaled'; width: number; height: number; format: PixelFormat }
  /** `described` keeps the newest picture, for what the source says about itself. */
  | { kind: 'source-size'; format: PixelFormat; described?: boolean };

export interface PipelineInput {
  source: Source;
  target: CaptureTarget;
  /** Cap on frames per second; fractions are fine. */
  fps?: number | undefined;
  /** Files only: as fast as they are taken and without loss, instead of in real time. */
  everyFrame: boolean;
  /** With a branch that makes JPEGs when asked, where this machine has an encoder. */
  snapshots?: boolean;
  /** What of the picture is wanted, and which way up; all of it as it comes without. */
  view?: View;
  /** Size of the source where it is known, for whoever plays the text and does nothing else. */
  sourceSize?: Size;
  /** With a branch that keeps the last seconds, where this machine can. */
  recording?: RecordingInput;
  /** What is known of the stream; without, GStreamer finds out. */
  stream?: StreamFacts;
}

/** Name of the appsink that delivers frames. */
export const SINK_NAME = 'detectd_sink';
/** Name of the appsink that holds the newest picture before scaling, for its size. */
export const SIZE_SINK_NAME = 'detectd_size';

/** Names of the branch that makes JPEGs: what shuts it, the encoder, and the appsink at its end. */
export const GATE_NAME = 'detectd_gate';
export const ENCODER_NAME = 'detectd_jpeg';
export const SNAPSHOT_SINK_NAME = 'detectd_snapshot';

/** Frames that may wait undelivered in every-frame mode; the decoder blocks beyond them. */
const EVERY_FRAME_BUFFERS = 3;

/**
 * The binding leaks every caps field of a type that JavaScript lacks (some 70 bytes per frame): fractions and
 * flags become strings before they reach it.
 */
const PLAIN_CAPS =
  'capssetter join=true replace=false caps="video/x-raw,framerate=(string)any,' +
  'pixel-aspect-ratio=(string)any,multiview-flags=(string)any"';

/**
 * A rate that no source exceeds, where caps may have none and buffers no duration (MJPEG over HTTP, H.264 without timing
 * information): videorate ends the whole process then. Pictures keep their times, by which it drops.
 */
const NOMINAL_RATE = 'capssetter join=true replace=false caps="video/x-raw,framerate=(fraction)1000/1"';

/** The pipeline in launch syntax. Throws GSTREAMER_MISSING when the source needs an element that is not there. */
export function pipelineString(input: PipelineInput, elements: ElementSet): string {
  const { source, target, fps } = input;
  const rate = fps === undefined || source.kind === 'shapes' ? undefined : rateCaps(fps);
  const chain = chainInput(input);
  requireElements(elements, [
    'appsink',
    'videoconvert',
    'videoscale',
    ...(rate === undefined ? [] : ['videorate']),
    ...chainElements(chain, elements),
  ]);
  const pictures = pictureChain(chain, elements, input.sourceSize);
  const parts: string[] = [];
  const coded = recordedStream(input, elements);
  const plain = sourceHead(source, elements, input.stream);
  const head = coded === undefined ? plain : withTap(plain, coded.decoder);
  if (rate !== undefined) parts.push(...rated(elements), `videorate drop-only=true ! ${rate}`);
  // Between decoding and scaling a live source keeps one picture, the newest.
  if (!losesNothing(source)) {
    parts.push('queue max-size-buffers=1 max-size-bytes=0 max-size-time=0 leaky=downstream');
  }
  const branches: string[] = [];
  const hidesSize = target.kind === 'scaled' || chain.view.region !== undefined;
  if (hidesSize || (target.kind === 'source-size' && target.described === true)) branches.push(sizeSink());
  if (input.snapshots === true && canSnapshot(elements)) branches.push(snapshotBranch(elements, chain.view));
  const encoded =
    coded === undefined && input.recording !== undefined
      ? encodedBranch(input.recording, Math.min(fps ?? 30, ownRate(source)), elements)
      : undefined;
  if (encoded !== undefined) branches.push(encoded);
  const packets = packetBranch(source, elements);
  const end = `${coded?.branch ?? ''}${packets === undefined ? '' : ` ${packets}`}`;
  if (branches.length === 0) {
    parts.push(pictures, sink(input, elements));
    return `${head} ${parts.join(' ! ')}${end}`;
  }
  // The branch to the appsink comes first: without a queue the tee serves it first, so that its preroll lets
  // the pipeline play before the other sinks wait for that.
  parts.push('tee name=detectd_tee', pictures, sink(input, elements));
  const more = branches.map((branch) => ` detectd_tee. ! ${branch}`);
  return `${head} ${parts.join(' ! ')}${more.join('')}${end}`;
}

/** Codec of what is kept as it comes: where it is known, and can be joined again. */
export function keptCodec(
  { source, stream, recording }: PipelineInput,
  elements: ElementSet,
): string | undefined {
  if (recording === undefined || decodingChain(source, elements, stream) === undefined) return undefined;
  const codec = stream?.codec ?? (source.kind === 'http' ? 'mjpeg' : undefined);
  return keepsStream(codec, elements) ? codec : undefined;
}

/** What should be known of how it is recorded; undefined where it is not, or is kept as it comes. */
export function recordingRemark(input: PipelineInput, elements: ElementSet): string | undefined {
  if (input.recording === undefined || keptCodec(input, elements) !== undefined) return undefined;
  return recordingNote(input.stream?.codec, elements);
}

function recordedStream(
  input: PipelineInput,
  elements: ElementSet,
): { decoder: string; branch: string } | undefined {
  const { source, stream, recording } = input;
  const codec = keptCodec(input, elements);
  const chain = decodingChain(source, elements, stream);
  if (recording === undefined || codec === undefined || chain === undefined) return undefined;
  return { decoder: chain.decoder, branch: ` ${STREAM_TEE}. ! ${streamBranch(recording, codec)}` };
}

/** As pipelineString(), with passwords masked: for logs. */
export function describePipeline(input: PipelineInput, elements: ElementSet): string {
  return pipelineString({ ...input, source: maskSource(input.source) }, elements);
}

function maskSource(source: Source): Source {
  if (source.kind === 'rtsp' || source.kind === 'http') return { ...source, url: maskSecrets(source.url) };
  return source.kind === 'gst' ? { ...source, pipeline: maskSecrets(source.pipeline) } : source;
}

/** Frames per second at most, where that is known. */
function ownRate(source: Source): number {
  return source.kind === 'test' || source.kind === 'shapes' ? (source.fps ?? 30) : 30;
}

/** A file would lose pictures at a leaky queue, and drawn pictures the truth that goes with each. */
function losesNothing({ kind }: Source): boolean {
  return kind === 'file' || kind === 'shapes';
}

/** What the chain to the frames' appsink is made from. */
export function chainInput({ target, view = {} }: Pick<PipelineInput, 'target' | 'view'>): ChainInput {
  const { format } = target;
  const size = target.kind === 'scaled' ? { width: target.width, height: target.height } : undefined;
  return { format, size, view };
}

function sink(input: PipelineInput, elements: ElementSet): string {
  const plain = elements.has('capssetter') ? `${PLAIN_CAPS} ! ` : '';
  const start = `${plain}appsink name=${SINK_NAME} qos=false enable-last-sample=false`;
  if (input.source.kind === 'shapes') return `${start} sync=false drop=false max-buffers=1`;
  if (input.source.kind !== 'file') return `${start} sync=false drop=true max-buffers=1`;
  if (input.everyFrame) return `${start} sync=false drop=false max-buffers=${EVERY_FRAME_BUFFERS}`;
  return `${start} sync=true drop=true max-buffers=1`;
}

function sizeSink(): string {
  return (
    `appsink name=${SIZE_SINK_NAME} sync=false async=false drop=true max-buffers=1 ` +
    // Its picture is seldom taken: waiting for that would hold back the end of the stream.
    'wait-on-eos=false qos=false enable-last-sample=false'
  );
}

/** Whether JPEGs can be made on this machine. */
export function canSnapshot(elements: ElementSet): boolean {
  return ['identity', 'queue', 'videoconvert', 'jpegenc'].every((name) => elements.has(name));
}

/**
 * A valve would keep back the end of the stream, too, unless it is GStreamer 1.20's. The queue gives the encoder a thread
 * of its own, so that no frame waits for it. The processor encodes on a board as well: now and then a picture is not worth
 * another hardware session, and `nvjpegenc` would want the picture in NVIDIA's memory.
 */
function snapshotBranch(elements: ElementSet, { rotate }: View): string {
  const convert = encoderChain(rotate, elements);
  return (
    `identity name=${GATE_NAME} drop-probability=1 ! ` +
    `queue max-size-buffers=1 max-size-bytes=0 max-size-time=0 leaky=downstream ! ${convert} ! ` +
    `jpegenc name=${ENCODER_NAME} ! appsink name=${SNAPSHOT_SINK_NAME} sync=false async=false drop=true ` +
    'max-buffers=1 wait-on-eos=false qos=false enable-last-sample=false'
  );
}

function rated(elements: ElementSet): string[] {
  return elements.has('capssetter') ? [NOMINAL_RATE] : [];
}

/** A range, so that a slower source passes untouched; of any memory, since decoders may keep theirs. */
function rateCaps(fps: number): string {
  let [numerator, denominator] = [Math.max(1, Math.round(fps * 1000)), 1000];
  const divisor = greatestCommonDivisor(numerator, denominator);
  numerator /= divisor;
  denominator /= divisor;
  return `video/x-raw(ANY),framerate=(fraction)[0/1,${numerator}/${denominator}]`;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
