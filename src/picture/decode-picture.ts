/**
 * Image files to plain RGB, byte for byte as the models' own tools decode them: embedded colour profiles
 * are left unapplied (they cost up to 61 grey levels of difference), EXIF orientation is applied.
 */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import sharp, { type OutputInfo, type Sharp } from 'sharp';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';

export interface Picture {
  /** Pixels, after EXIF orientation. */
  width: number;
  height: number;
  format: 'RGB';
  /** uint8, height × width × 3, tightly packed. */
  data: Uint8Array<ArrayBuffer>;
}

export interface DecodeOptions {
  /** Pictures with more pixels are refused before they are decoded. */
  maxPixels?: number;
}

/** File name endings of the formats that decodePicture() reads. */
export const PICTURE_EXTENSIONS = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.gif', '.avif'];

const MAX_PIXELS = 268_402_689;
const TOO_LARGE = 'it has too many pixels';
const FORMATS = 'Supported are JPEG, PNG, WebP, TIFF, GIF (first picture) and AVIF.';
/** What sharp can open beside pictures (SVG, PDF, …) is not for a detector, and a risk. */
const READABLE = new Set(['jpeg', 'png', 'webp', 'tiff', 'gif', 'heif']);

/**
 * The picture in a file or buffer: 8-bit RGB; grey is repeated, alpha dropped, CMYK and 16 bit converted,
 * of an animation the first picture taken. Throws IMAGE_UNREADABLE.
 */
export async function decodePicture(
  pathOrBuffer: string | Uint8Array,
  options: DecodeOptions = {},
): Promise<Picture> {
  const name = typeof pathOrBuffer === 'string' ? pathOrBuffer : 'in memory';
  try {
    if (typeof pathOrBuffer === 'string') await requireFile(pathOrBuffer);
    const image = sharp(pathOrBuffer, {
      limitInputPixels: options.maxPixels ?? MAX_PIXELS,
      failOn: 'error',
      sequentialRead: true,
    });
    const { data, info } = await toRgb(image);
    return { width: info.width, height: info.height, format: 'RGB', data: own(data) };
  } catch (error) {
    const reason = reasonOf(error);
    const hint = hintFor(error, reason);
    throw new DetectdError('IMAGE_UNREADABLE', `The image ${name} cannot be read: ${reason}.`, hint, {
      cause: error,
    });
  }
}

function hintFor(error: unknown, reason: string): string {
  if (error instanceof NotAFile) return 'Check the path and its permissions.';
  return reason === TOO_LARGE ? 'Scale it down; 268 million pixels are the most that is read.' : FORMATS;
}

class NotAFile extends Error {}

/** Asked first: sharp would wait for ever at a pipe, and calls everything that it cannot open missing. */
async function requireFile(path: string): Promise<void> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new NotAFile('it is a folder');
    if (!found.isFile()) throw new NotAFile('it is not a regular file');
    if (found.size === 0) throw new NotAFile('it is empty');
    await access(path, constants.R_OK);
  } catch (error) {
    throw error instanceof NotAFile
      ? error
      : new NotAFile(REASONS[systemCode(error) ?? ''] ?? messageOf(error));
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'it does not exist',
  EACCES: 'access is denied',
};

async function toRgb(image: Sharp): Promise<{ data: Buffer; info: OutputInfo }> {
  const { format, space } = await image.metadata();
  if (format === undefined || !READABLE.has(format)) throw new Error('unsupported image format');
  let pipeline = image.autoOrient();
  // Profiles of CMYK pictures are needed to reach RGB at all; others would shift the colours.
  if (space !== 'cmyk') pipeline = pipeline.keepIccProfile();
  const decoded = await pipeline
    .removeAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return decoded.info.channels === 3 ? decoded : { ...decoded, data: spread(decoded.data, decoded.info) };
}

/** One or two channels to three: grey, and grey with alpha. */
function spread(data: Buffer, info: OutputInfo): Buffer {
  const pixels = info.width * info.height;
  const rgb = Buffer.alloc(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel++)
    rgb.fill(data[pixel * info.channels] ?? 0, pixel * 3, pixel * 3 + 3);
  return rgb;
}

/** The pixels in an ArrayBuffer of their own, so that it can be transferred to another thread. */
function own(data: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = data;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && buffer.byteLength === byteLength) {
    return new Uint8Array(buffer);
  }
  return new Uint8Array(data);
}

function reasonOf(error: unknown): string {
  const message = messageOf(error).split('\n')[0] ?? '';
  if (/pixel limit/i.test(message)) return TOO_LARGE;
  if (/unsupported image format|buffer is empty/i.test(message))
    return 'it is no image of a supported format';
  return message.replace(/\.$/, '');
}
