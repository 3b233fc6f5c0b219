/**
 * Which encoder and container a video file is written with: by the ending of its name and the elements of the
 * machine, hardware first. Pure.
 */
import { DetectdError } from '../base/errors.js';
import type { FrameRate } from '../core/frame-rate.js';
import type { ElementSet } from './elements.js';

interface Encoder {
  /** All of these must exist. */
  elements: string[];
  /** From raw pictures in system memory, in launch syntax. */
  launch: (bitsPerSecond: number) => string;
}

type Codec = 'h264' | 'vp8' | 'vp9' | 'mpeg4' | 'mjpeg';

const KEY_FRAMES = 60;

/** Best first. Lookahead is short: every frame in it is held as a whole picture. */
const ENCODERS: Record<Codec, Encoder[]> = {
  h264: [
    {
      elements: ['nvv4l2h264enc', 'nvvidconv', 'h264parse'],
      launch: (bits) =>
        'nvvidconv ! video/x-raw(memory:NVMM),format=NV12 ! ' +
        `nvv4l2h264enc bitrate=${bits} iframeinterval=${KEY_FRAMES} insert-sps-pps=true`,
    },
    {
      elements: ['x264enc', 'h264parse'],
      launch: () =>
        'video/x-raw,format=I420 ! x264enc pass=qual quantizer=23 speed-preset=veryfast rc-lookahead=10 ' +
        `key-int-max=${KEY_FRAMES}`,
    },
    {
      elements: ['openh264enc', 'h264parse'],
      launch: (bits) =>
        `video/x-raw,format=I420 ! openh264enc bitrate=${bits} rate-control=bitrate gop-size=${KEY_FRAMES}`,
    },
  ],
  vp8: [{ elements: ['vp8enc'], launch: (bits) => `vp8enc ${vpx(bits)}` }],
  vp9: [{ elements: ['vp9enc'], launch: (bits) => `vp9enc ${vpx(bits)} row-mt=true` }],
  mpeg4: [{ elements: ['avenc_mpeg4'], launch: (bits) => `avenc_mpeg4 bitrate=${bits}` }],
  mjpeg: [{ elements: ['jpegenc'], launch: () => 'jpegenc quality=88' }],
};

/** What goes on to the muxer: behind a tap, which lets anything pass, it must be said. */
const ENCODED: Record<Codec, string> = {
  h264: 'h264parse',
  vp8: 'video/x-vp8',
  vp9: 'video/x-vp9',
  mpeg4: 'video/mpeg,mpegversion=4,systemstream=false',
  mjpeg: 'image/jpeg',
};

function vpx(bits: number): string {
  return `deadline=1 cpu-used=6 threads=4 target-bitrate=${bits} keyframe-max-dist=${KEY_FRAMES}`;
}

const CONTAINERS: Record<string, { muxer: string; codecs: Codec[] }> = {
  '.mp4': { muxer: 'mp4mux', codecs: ['h264', 'mpeg4'] },
  '.m4v': { muxer: 'mp4mux', codecs: ['h264', 'mpeg4'] },
  '.mov': { muxer: 'qtmux', codecs: ['h264', 'mpeg4', 'mjpeg'] },
  '.mkv': { muxer: 'matroskamux', codecs: ['h264', 'vp8', 'mpeg4', 'mjpeg'] },
  '.webm': { muxer: 'webmmux', codecs: ['vp8', 'vp9'] },
  '.avi': { muxer: 'avimux', codecs: ['mjpeg', 'mpeg4'] },
};

/** Endings of names of video files that can be written, with their dots. */
export const WRITABLE_VIDEOS: readonly string[] = Object.keys(CONTAINERS);

const PACKAGES: Record<string, string> = {
  h264: 'gstreamer1.0-plugins-ugly gstreamer1.0-plugins-bad (H.264)',
  vp8: 'gstreamer1.0-plugins-good (VP8)',
  vp9: 'gstreamer1.0-plugins-good (VP9)',
  mpeg4: 'gstreamer1.0-libav (MPEG-4)',
  mjpeg: 'gstreamer1.0-plugins-good (JPEG)',
};

export interface EncodedVideo {
  width: number;
  height: number;
  frameRate: FrameRate;
}

/**
 * Ways to encode into a file with that ending, the best first: from raw pictures to a muxer, in launch syntax;
 * `tap` is put between encoder and muxer. Which of them works shows when it runs: a board may list an encoder
 * that its chip lacks. Throws USAGE for another ending and GSTREAMER_MISSING, with the packages, when there is none.
 */
export function encoderChains(
  ending: string,
  video: EncodedVideo,
  elements: ElementSet,
  tap: string,
): [string, ...string[]] {
  const container = CONTAINERS[ending.toLowerCase()];
  if (container === undefined) {
    throw new DetectdError(
      'USAGE',
      `Videos cannot be written as ${ending === '' ? 'a file without an ending' : ending}.`,
      `Known endings are ${WRITABLE_VIDEOS.join(' ')}.`,
    );
  }
  const { muxer, codecs } = container;
  const bits = bitsPerSecond(video);
  const [first, ...others] = codecs
    .flatMap((codec) => ENCODERS[codec].map((encoder) => ({ ...encoder, encoded: ENCODED[codec] })))
    .filter((encoder) => [...encoder.elements, muxer].every((name) => elements.has(name)))
    .map(({ launch, encoded }) => `${launch(bits)} ! ${tap} ! ${encoded} ! ${muxer}`);
  if (first !== undefined) return [first, ...others];
  const wanted = codecs.map((codec) => PACKAGES[codec]).join(', or ');
  throw new DetectdError(
    'GSTREAMER_MISSING',
    elements.has(muxer)
      ? `GStreamer has no video encoder for ${ending} files.`
      : `GStreamer lacks ${muxer}, which writes ${ending} files.`,
    `Install it with apt-get install gstreamer1.0-plugins-good and ${wanted}; --frames writes pictures instead.`,
  );
}

/** What keeps lines and tags sharp: 0.12 bits per pixel, within what encoders take. */
function bitsPerSecond({ width, height, frameRate }: EncodedVideo): number {
  const bits = (0.12 * width * height * frameRate.numerator) / frameRate.denominator;
  return Math.round(Math.min(80e6, Math.max(500e3, bits)));
}
