/**
 * Draws detections into a picture: boxes and labels as an SVG laid over it. Sizes follow the picture,
 * every label has its own steady colour, and labels stay inside the picture.
 */
import sharp, { type Sharp } from 'sharp';
import type { Detection } from '../core/detection.js';
import { labelColour } from './label-colour.js';

export interface RawPicture {
  width: number;
  height: number;
  /** uint8, height × width × 3. */
  data: Uint8Array;
}

export interface AnnotateOptions {
  /** Chooses the format by its ending: .png, else JPEG. */
  name?: string;
  /** JPEG quality, 1 to 100. */
  quality?: number;
}

/** The picture with its detections drawn in, encoded as JPEG, or as PNG when `name` ends so. */
export async function annotatePicture(
  picture: RawPicture,
  detections: readonly Detection[],
  options: AnnotateOptions = {},
): Promise<Buffer> {
  const image = annotated(picture, detections);
  if (options.name?.toLowerCase().endsWith('.png') === true) return image.png().toBuffer();
  return image.jpeg({ quality: options.quality ?? 90, chromaSubsampling: '4:4:4' }).toBuffer();
}

/** The picture with its detections drawn in, as it is: RGB, rows tightly packed. The same array where there is nothing to draw. */
export async function drawDetections(
  picture: RawPicture,
  detections: readonly Detection[],
): Promise<Uint8Array> {
  if (detections.length === 0) return picture.data;
  return annotated(picture, detections).raw().toBuffer();
}

function annotated({ width, height, data }: RawPicture, detections: readonly Detection[]): Sharp {
  const overlay = Buffer.from(annotationSvg(width, height, detections));
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .composite([{ input: overlay, top: 0, left: 0 }])
    .removeAlpha();
}

/** The overlay for a picture of that size in pixels. Best detections are drawn last, on top; tags above all. */
export function annotationSvg(width: number, height: number, detections: readonly Detection[]): string {
  const style = styleFor(width, height);
  const bestFirst = [...detections].sort((a, b) => b.score - a.score);
  const taken: Rectangle[] = [];
  const boxes: string[] = [];
  const tags: string[] = [];
  for (const detection of bestFirst) {
    const box = visibleBox(detection, width, height, style);
    boxes.push(boxShape(box, detection.labelId, style));
    const caption = `${shorten(detection.label)} ${percent(detection.score)}`;
    const tag = placeTag(box, caption, width, height, style, taken);
    taken.push(tag);
    tags.push(tagShape(tag, caption, detection.labelId, style));
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `font-family="DejaVu Sans, Liberation Sans, Noto Sans, Helvetica, Arial, sans-serif" ` +
    `font-size="${style.font}" font-weight="600">${boxes.reverse().join('')}${tags.reverse().join('')}</svg>`
  );
}

interface Style {
  line: number;
  font: number;
}

interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

function styleFor(width: number, height: number): Style {
  const extent = Math.sqrt(width * height);
  return { line: round(clamp(extent / 260, 1, 14)), font: round(clamp(extent / 50, 9, 72)) };
}

/** Half a line inwards, so that a box at the edge of the picture shows all of its line. */
function visibleBox({ box }: Detection, width: number, height: number, { line }: Style): Rectangle {
  const inX = (value: number) => round(clamp(value, line / 2, width - line / 2));
  const inY = (value: number) => round(clamp(value, line / 2, height - line / 2));
  const x = inX(Math.min(box.x1, box.x2));
  const y = inY(Math.min(box.y1, box.y2));
  return {
    x,
    y,
    width: round(inX(Math.max(box.x1, box.x2)) - x),
    height: round(inY(Math.max(box.y1, box.y2)) - y),
  };
}

/** Above the box, else at another of its corners where no better detection has its tag yet. */
function placeTag(
  box: Rectangle,
  caption: string,
  width: number,
  height: number,
  { line, font }: Style,
  taken: readonly Rectangle[],
): Rectangle {
  const tag = { width: round(Math.min(width, (textWidth(caption) + 0.8) * font)), height: round(font * 1.4) };
  const left = box.x - line / 2;
  const right = box.x + box.width + line / 2 - tag.width;
  const above = box.y - line / 2 - tag.height;
  const top = box.y - line / 2;
  const below = box.y + box.height + line / 2;
  const wanted = [left, right].flatMap((x) => [above, top, below].map((y) => ({ x, y })));
  const inside = wanted
    .filter(({ y }) => y >= 0 && y + tag.height <= height)
    .map(({ x, y }) => ({ ...tag, x: round(clamp(x, 0, width - tag.width)), y: round(y) }));
  const fallback = {
    ...tag,
    x: round(clamp(left, 0, width - tag.width)),
    y: round(clamp(above, 0, height - tag.height)),
  };
  return inside.find((place) => !taken.some((other) => overlap(place, other))) ?? inside[0] ?? fallback;
}

function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function boxShape(box: Rectangle, labelId: number, { line }: Style): string {
  const { fill } = labelColour(labelId);
  const place = `x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}"`;
  // A dark rim keeps the line readable on a background of its own colour.
  return (
    `<rect ${place} fill="none" stroke="#000" stroke-opacity="0.4" stroke-width="${round(line * 1.8)}" stroke-linejoin="round"/>` +
    `<rect ${place} fill="${fill}" fill-opacity="0.06" stroke="${fill}" stroke-width="${line}" stroke-linejoin="round"/>`
  );
}

function tagShape(tag: Rectangle, caption: string, labelId: number, { font }: Style): string {
  const { fill, text } = labelColour(labelId);
  // The text is fitted to the tag, whichever font there is.
  const fit = `textLength="${round(tag.width - font * 0.8)}" lengthAdjust="spacingAndGlyphs"`;
  return (
    `<rect x="${tag.x}" y="${tag.y}" width="${tag.width}" height="${tag.height}" rx="${round(font * 0.18)}" fill="${fill}"/>` +
    `<text x="${round(tag.x + font * 0.4)}" y="${round(tag.y + font * 1.03)}" fill="${text}" ${fit}>${escapeXml(caption)}</text>`
  );
}

/** Width of a text in units of its font size, by the classes of its letters: enough to size a tag. */
function textWidth(text: string): number {
  let width = 0;
  for (const letter of text) {
    if (/[iljI.,:;'|! ]/.test(letter)) width += 0.34;
    else if (/[mwMW%@]/.test(letter)) width += 0.95;
    else if (/[\u2e80-\uffff]/.test(letter)) width += 1;
    else width += 0.63;
  }
  return width;
}

function shorten(label: string): string {
  const letters = [...label];
  return letters.length <= 40 ? label : `${letters.slice(0, 39).join('')}…`;
}

function percent(score: number): string {
  return score >= 0 && score <= 1 ? `${Math.round(score * 100)}%` : '?';
}

/** XML knows no control characters at all, not even escaped ones. */
function escapeXml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function clamp(value: number, low: number, high: number): number {
  // A box may come with NaN or infinity from a broken model; the drawing must not break with it.
  return Number.isNaN(value) ? low : Math.max(low, Math.min(value, Math.max(low, high)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
