/** The form of the pictures that cameras deliver on this machine, for engines that are named or built for it. */
import { findElements, pixelFormat } from '../capture/elements.js';
import type { PixelFormat } from '../core/frame.js';

/** Without GStreamer there are no cameras to speak of. */
export async function frameFormat(find: typeof findElements = findElements): Promise<PixelFormat> {
  try {
    return pixelFormat(await find());
  } catch {
    return 'RGB';
  }
}
