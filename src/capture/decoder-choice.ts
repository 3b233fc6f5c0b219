/**
 * What takes a coded stream apart and which element decodes it, as tables: hardware first where this machine has some,
 * unless it has failed.
 */
import type { Codec } from '../core/source.js';
import type { ElementSet } from './elements.js';

interface CodecElements {
  /** Out of packets of RTP, and its name there. */
  depay: string;
  encoding: string;
  /** What the bare stream is called. */
  caps: string;
  /** Finds the pictures in the stream; left out where this machine lacks it. */
  parser?: string;
  /** As `parser`, but nothing goes without it. */
  needed?: true;
  hardware: readonly string[];
  software: readonly string[];
}

/** On boards; it takes what comes out of the parsers, and its pictures lie in NVIDIA's memory. */
const NVIDIA = ['nvv4l2decoder'];

const ELEMENTS: Record<Exclude<Codec, 'raw'>, CodecElements> = {
  h264: {
    depay: 'rtph264depay',
    encoding: 'H264',
    caps: 'video/x-h264',
    parser: 'h264parse',
    needed: true,
    hardware: NVIDIA,
    software: ['avdec_h264', 'openh264dec'],
  },
  h265: {
    depay: 'rtph265depay',
    encoding: 'H265',
    caps: 'video/x-h265',
    parser: 'h265parse',
    needed: true,
    hardware: NVIDIA,
    software: ['avdec_h265', 'libde265dec'],
  },
  // The processor's JPEG decoder also on a board: the hardware ones refuse common camera variants.
  mjpeg: {
    depay: 'rtpjpegdepay',
    encoding: 'JPEG',
    caps: 'image/jpeg',
    hardware: [],
    software: ['jpegdec', 'avdec_mjpeg'],
  },
  vp8: {
    depay: 'rtpvp8depay',
    encoding: 'VP8',
    caps: 'video/x-vp8',
    hardware: NVIDIA,
    software: ['vp8dec', 'avdec_vp8'],
  },
  vp9: {
    depay: 'rtpvp9depay',
    encoding: 'VP9',
    caps: 'video/x-vp9',
    parser: 'vp9parse',
    hardware: NVIDIA,
    software: ['vp9dec', 'avdec_vp9'],
  },
};

export type CodedStream = Exclude<Codec, 'raw'>;

export interface DecodingChain {
  /** Elements of launch syntax, without the links around them. */
  text: string;
  decoder: string;
  /** It is the board's; otherwise the processor decodes. */
  hardware: boolean;
  /** The decoder that was passed over, since it failed. */
  instead?: string;
}

/** The codec with this name in RTP; undefined for those that no chain is known for. */
export function codecOf(encoding: string): CodedStream | undefined {
  const found = Object.entries(ELEMENTS).find(([, elements]) => elements.encoding === encoding);
  return found?.[0] as CodedStream | undefined;
}

export function encodingOf(codec: CodedStream): string {
  return ELEMENTS[codec].encoding;
}

/** The caps of the bare stream, in launch syntax. */
export function capsOf(codec: CodedStream): string {
  return ELEMENTS[codec].caps;
}

/** From packets of RTP to pictures; undefined where this machine lacks what it takes. */
export function chainFromRtp(
  codec: CodedStream,
  elements: ElementSet,
  software: boolean,
): DecodingChain | undefined {
  const { depay } = ELEMENTS[codec];
  const chain = elements.has(depay) ? chainFromStream(codec, elements, software) : undefined;
  return chain && { ...chain, text: `${depay} ! ${chain.text}` };
}

/** From the bare stream to pictures; undefined where this machine lacks what it takes. */
export function chainFromStream(
  codec: CodedStream,
  elements: ElementSet,
  software: boolean,
): DecodingChain | undefined {
  const { parser, needed, hardware, software: processor } = ELEMENTS[codec];
  const parses = parser !== undefined && elements.has(parser);
  if (needed === true && !parses) return undefined;
  const best = hardware.find((name) => elements.has(name));
  const plain = processor.find((name) => elements.has(name));
  const decoder = software ? (plain ?? best) : (best ?? plain);
  if (decoder === undefined) return undefined;
  return {
    text: parses ? `${parser} ! ${decoder}` : decoder,
    decoder,
    hardware: decoder === best,
    ...(best !== undefined && decoder !== best ? { instead: best } : {}),
  };
}
