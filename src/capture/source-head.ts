/**
 * The first part of a pipeline, from the source to decoded pictures in whatever memory the decoder uses.
 * Streams other than the first video stream are never decoded: a camera's audio track cannot break it.
 */
import { DetectdError } from '../base/errors.js';
import type { Codec, Source } from '../core/source.js';
import { capsOf, chainFromRtp, chainFromStream, type DecodingChain, encodingOf } from './decoder-choice.js';
import type { ElementSet } from './elements.js';
import { property } from './launch-syntax.js';
import { packetTee } from './packet-tap.js';

/**
 * `decodebin` takes hardware decoders by their rank where they exist. It stops at raw video of any memory,
 * and leaves alone what cannot become that. Its pads appear while it plays: ":" links them at every play,
 * where "!" would link once and leave a pipeline that is played again unlinked.
 */
const DECODE = 'decodebin caps="video/x-raw(ANY)" expose-all-streams=false :';

/** What is known of a stream before it is opened. */
export interface StreamFacts {
  /** `other`: none that a chain is known for; undefined: nobody has asked. */
  codec?: Codec | 'other';
  /** The hardware decoder has failed: the processor decodes. */
  software?: boolean;
}

/** Network silence in µs after which rtspsrc gives up; a UDP attempt falls back to TCP after the same. */
const RTSP_TIMEOUT_US = 5_000_000;
const HTTP_TIMEOUT_S = 10;

const PACKAGES: Record<string, string> = {
  rtspsrc: 'gstreamer1.0-plugins-good',
  v4l2src: 'gstreamer1.0-plugins-good',
  souphttpsrc: 'gstreamer1.0-plugins-good',
  multipartdemux: 'gstreamer1.0-plugins-good',
  jpegdec: 'gstreamer1.0-plugins-good',
};

/** Name of the appsrc that pictures are pushed into, in pipelines that begin with one. */
export const SOURCE_NAME = 'detectd_source';

/** Name of the element that counts what a source delivers, before it is decoded. */
export const COUNTER_NAME = 'detectd_arrived';

/** Throws GSTREAMER_MISSING, with the package to install, unless every element exists. */
export function requireElements(elements: ElementSet, names: readonly string[]): void {
  const missing = names.filter((name) => !elements.has(name));
  if (missing.length === 0) return;
  const [first = ''] = missing;
  const hint = first.startsWith('nv')
    ? 'CSI cameras need an NVIDIA Jetson with the nvidia-l4t-gstreamer package; elsewhere use v4l2: or rtsp:.'
    : `Install it: apt-get install ${PACKAGES[first] ?? 'gstreamer1.0-plugins-base'}.`;
  throw new DetectdError('GSTREAMER_MISSING', `GStreamer lacks ${missing.join(', ')}.`, hint);
}

/** The elements that decode this source, where they are named one by one; undefined where GStreamer finds them. */
export function decodingChain(
  source: Source,
  elements: ElementSet,
  { codec, software = false }: StreamFacts = {},
): DecodingChain | undefined {
  if (codec === 'raw' || codec === 'other') return undefined;
  if (source.kind === 'http') return chainFromStream('mjpeg', elements, software);
  if (codec === undefined) return undefined;
  if (source.kind === 'rtsp') return chainFromRtp(codec, elements, software);
  return source.kind === 'v4l2' ? chainFromStream(codec, elements, software) : undefined;
}

/** Elements in launch syntax, up to and with the link to what follows. Pure. */
export function sourceHead(source: Source, elements: ElementSet, facts: StreamFacts = {}): string {
  switch (source.kind) {
    case 'file':
      requireElements(elements, ['filesrc', 'decodebin']);
      return `filesrc ${property('location', source.path)} ! ${DECODE}`;
    case 'v4l2':
      return deviceHead(source, elements, facts);
    case 'rtsp':
      return rtspHead(source, elements, facts);
    case 'csi':
      requireElements(elements, ['nvarguscamerasrc', 'nvvidconv']);
      return (
        `nvarguscamerasrc sensor-id=${source.sensorId} ! ` +
        'video/x-raw(memory:NVMM),width=1920,height=1080,framerate=30/1,format=NV12 !'
      );
    case 'http':
      return httpHead(source, elements, facts);
    case 'test': {
      requireElements(elements, ['videotestsrc']);
      const { pattern, width = 640, height = 480, fps = 30 } = source;
      return (
        `videotestsrc is-live=true ${property('pattern', pattern)} ! ` +
        `video/x-raw,format=I420,width=${width},height=${height},framerate=${fps}/1 !`
      );
    }
    case 'shapes':
      requireElements(elements, ['appsrc']);
      return (
        `appsrc name=${SOURCE_NAME} is-live=true format=time do-timestamp=true ` +
        `caps="video/x-raw,format=RGB,width=${source.width},height=${source.height},framerate=${source.fps}/1" !`
      );
    case 'gst':
      return playableAgain(`${source.pipeline} !`);
  }
}

/** It looks at no byte, and has no thread. */
function counter(elements: ElementSet): string {
  return elements.has('identity') ? `identity name=${COUNTER_NAME} ! ` : '';
}

function deviceHead(
  source: Extract<Source, { kind: 'v4l2' }>,
  elements: ElementSet,
  facts: StreamFacts,
): string {
  requireElements(elements, ['v4l2src']);
  const head = `v4l2src ${property('device', source.device)} do-timestamp=true ! `;
  if (facts.codec === 'raw') return `${head}video/x-raw !`;
  const chain = decodingChain(source, elements, facts);
  if (chain !== undefined && facts.codec !== undefined && facts.codec !== 'other') {
    return `${head}${capsOf(facts.codec)} ! ${counter(elements)}${chain.text} !`;
  }
  requireElements(elements, ['decodebin']);
  return `${head}${counter(elements)}${DECODE}`;
}

function httpHead(
  source: Extract<Source, { kind: 'http' }>,
  elements: ElementSet,
  facts: StreamFacts,
): string {
  const head =
    `souphttpsrc ${property('location', source.url)} is-live=true do-timestamp=true ` +
    `timeout=${HTTP_TIMEOUT_S} retries=0 keep-alive=false ! ${counter(elements)}`;
  if (facts.codec === 'other') {
    requireElements(elements, ['souphttpsrc', 'decodebin']);
    return `${head}${DECODE}`;
  }
  requireElements(elements, ['souphttpsrc', 'multipartdemux', 'jpegdec']);
  const decoder = decodingChain(source, elements, facts)?.text ?? 'jpegdec';
  return `${head}multipartdemux single-stream=true : ${decoder} !`;
}

function rtspHead(
  source: Extract<Source, { kind: 'rtsp' }>,
  elements: ElementSet,
  facts: StreamFacts,
): string {
  requireElements(elements, ['rtspsrc']);
  const protocols = source.transport === 'tcp' ? 'tcp' : 'udp+tcp';
  const head =
    `rtspsrc ${property('location', source.url)} protocols=${protocols} latency=${source.latencyMs} ` +
    `drop-on-latency=true timeout=${RTSP_TIMEOUT_US} tcp-timeout=${RTSP_TIMEOUT_US} : capsfilter `;
  const chain = decodingChain(source, elements, facts);
  const { codec } = facts;
  const arriving = `${counter(elements)}${packetTee(source, elements)}`;
  if (chain !== undefined && codec !== undefined && codec !== 'raw' && codec !== 'other') {
    const caps = `application/x-rtp,media=video,encoding-name=${encodingOf(codec)}`;
    return `${head}caps="${caps}" ! ${arriving}${chain.text} !`;
  }
  requireElements(elements, ['decodebin']);
  return `${head}caps="application/x-rtp,media=video" ! ${arriving}${DECODE}`;
}

/** Elements whose pads appear while playing, with their properties, and the link behind them. */
const LATE_LINKS =
  /((?:^|\s)(?:decodebin3?|uridecodebin3?|urisourcebin|parsebin|rtspsrc|[a-z0-9]*demux)(?:\s+[\w-]+=(?:"[^"]*"|[^\s"]+))*)\s*!(?!\s*(?:"|[a-z]+\/|[a-z]*caps=))/g;

/** A user's pipeline with those links made anew at every play; where a filter follows it stays as it is. */
function playableAgain(pipeline: string): string {
  return pipeline.replace(LATE_LINKS, '$1 :');
}
