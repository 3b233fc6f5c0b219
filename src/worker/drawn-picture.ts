/** A picture for whoever has none at hand: a drawn scene of the size that cameras give, as a JPEG file. */
import { writeFile } from 'node:fs/promises';
import { annotatePicture } from '../picture/annotate.js';
import { Scene } from '../scene/scene.js';

/** The same picture each time. */
export async function writeDrawnPicture(path: string, width = 1920, height = 1080): Promise<void> {
  const drawing = new Scene({ seed: 1, width, height }).draw(0);
  await writeFile(path, await annotatePicture(drawing, []));
}
