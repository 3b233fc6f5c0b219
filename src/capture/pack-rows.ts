/** GStreamer pads each row of a picture to a multiple of four bytes; frames are tightly packed. */
import { DetectdError } from '../base/errors.js';
import { BYTES_PER_PIXEL, type PixelFormat } from '../core/frame.js';

/**
 * The picture without row padding: the same array where there is none (every width that is a multiple of
 * four), else a smaller one on its own buffer. Throws CAMERA_LOST when the bytes do not fit the size.
 */
export function packRows(
  data: Uint8Array<ArrayBuffer>,
  width: number,
  height: number,
  format: string,
): Uint8Array<ArrayBuffer> {
  const row = width * (format in BYTES_PER_PIXEL ? BYTES_PER_PIXEL[format as PixelFormat] : 0);
  if (data.length === row * height && row > 0) return data;
  const stride = data.length / height;
  if (row === 0 || !Number.isInteger(stride) || stride < row) {
    throw new DetectdError(
      'CAMERA_LOST',
      `GStreamer delivered ${data.length} bytes for a ${format} picture of ${width}×${height}.`,
    );
  }
  const packed = new Uint8Array(row * height);
  for (let y = 0; y < height; y += 1) packed.set(data.subarray(y * stride, y * stride + row), y * row);
  return packed;
}

/** The other way round, for a picture to be pushed: the same array where there is nothing to pad. */
export function padRows<T extends ArrayBufferLike>(
  data: Uint8Array<T>,
  width: number,
  height: number,
  format: PixelFormat,
): Uint8Array<T | ArrayBuffer> {
  const row = width * BYTES_PER_PIXEL[format];
  const stride = (row + 3) & ~3;
  if (stride === row) return data;
  const padded = new Uint8Array(stride * height);
  for (let y = 0; y < height; y += 1) padded.set(data.subarray(y * row, (y + 1) * row), y * stride);
  return padded;
}
