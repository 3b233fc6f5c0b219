/** A decoded picture at another size and in the form in which frames come from cameras. */
import sharp from 'sharp';
import { BYTES_PER_PIXEL, type PixelFormat } from '../core/frame.js';

export interface PlainPicture {
  width: number;
  height: number;
  /** uint8 RGB, height × width × 3, tightly packed. */
  data: Uint8Array;
}

/** Scaled to exactly `size`, whatever its shape, with an opaque fourth channel where `format` has one. */
export async function fitPicture(
  { width, height, data }: PlainPicture,
  size: { width: number; height: number },
  format: PixelFormat,
): Promise<Uint8Array> {
  const image = sharp(data, { raw: { width, height, channels: 3 } }).resize({
    ...size,
    fit: 'fill',
    kernel: 'linear',
  });
  const wanted = BYTES_PER_PIXEL[format] === 4 ? image.ensureAlpha() : image;
  return new Uint8Array(await wanted.raw({ depth: 'uchar' }).toBuffer());
}
