/**
 * Backgrounds: gradients, stripes, checks and soft patches, with clutter that is none of the classes
 * (thin lines, slivers, soft blots, jagged scraps), so that a model has to look at form.
 */
import type { Prng } from './prng.js';
import { type Canvas, type Colour, fillOutlines } from './raster.js';

const PATTERNS = ['plain', 'gradient', 'stripes', 'checks', 'patches'] as const;

const BARE_PATTERNS = ['plain', 'gradient'] as const;

/**
 * Paints a fresh background over the whole canvas and returns its mean colour. A `bare` one has no clutter
 * and no edges.
 */
export function paintBackdrop(canvas: Canvas, random: Prng, bare = false): Colour {
  const patterns = bare ? BARE_PATTERNS : PATTERNS;
  const pattern = patterns[random.index(patterns.length)] ?? 'plain';
  const base = randomColour(random);
  const other = near(base, random, pattern === 'gradient' ? 110 : 55);
  if (pattern === 'patches') paintPatches(canvas, random, base);
  else paintPattern(canvas, pattern, base, other, random);
  if (!bare) paintClutter(canvas, random);
  return meanColour(canvas);
}

export function randomColour(random: Prng): Colour {
  return [random.range(10, 245), random.range(10, 245), random.range(10, 245)];
}

function near(colour: Colour, random: Prng, reach: number): Colour {
  const shift = () => random.range(-reach, reach);
  return [clamp(colour[0] + shift()), clamp(colour[1] + shift()), clamp(colour[2] + shift())];
}

function clamp(value: number): number {
  return Math.min(255, Math.max(0, value));
}

function paintPattern(canvas: Canvas, pattern: string, from: Colour, to: Colour, random: Prng): void {
  const { width, height, data } = canvas;
  const angle = random.range(0, Math.PI);
  const short = Math.min(width, height);
  const period = random.range(0.05, 0.3) * short;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const span = Math.abs(width * cos) + Math.abs(height * sin);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const u = (x - width / 2) * cos + (y - height / 2) * sin;
      const v = (y - height / 2) * cos - (x - width / 2) * sin;
      let part = 0;
      if (pattern === 'gradient') part = u / span + 0.5;
      else if (pattern === 'stripes') part = 0.5 + 0.5 * Math.sin((2 * Math.PI * u) / period);
      else if (pattern === 'checks') part = (Math.floor(u / period) + Math.floor(v / period)) & 1;
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c += 1) {
        const low = from[c] as number;
        data[at + c] = low + ((to[c] as number) - low) * part;
      }
    }
  }
}

/** Smooth noise: a coarse grid of colours, interpolated. */
function paintPatches(canvas: Canvas, random: Prng, base: Colour): void {
  const { width, height, data } = canvas;
  const columns = 3 + random.index(8);
  const rows = 3 + random.index(6);
  const grid: Colour[] = [];
  for (let i = 0; i < (columns + 1) * (rows + 1); i += 1) grid.push(near(base, random, 60));
  for (let y = 0; y < height; y += 1) {
    const gy = (y / height) * rows;
    const row = Math.floor(gy);
    const fy = gy - row;
    for (let x = 0; x < width; x += 1) {
      const gx = (x / width) * columns;
      const column = Math.floor(gx);
      const fx = gx - column;
      const corner = row * (columns + 1) + column;
      const a = grid[corner] as Colour;
      const b = grid[corner + 1] as Colour;
      const c = grid[corner + columns + 1] as Colour;
      const d = grid[corner + columns + 2] as Colour;
      const at = (y * width + x) * 3;
      for (let k = 0; k < 3; k += 1) {
        const upper = (a[k] as number) + ((b[k] as number) - (a[k] as number)) * fx;
        const lower = (c[k] as number) + ((d[k] as number) - (c[k] as number)) * fx;
        data[at + k] = upper + (lower - upper) * fy;
      }
    }
  }
}

function paintClutter(canvas: Canvas, random: Prng): void {
  const { width, height } = canvas;
  const short = Math.min(width, height);
  for (let left = random.index(12); left > 0; left -= 1) {
    const x = random.range(0, width);
    const y = random.range(0, height);
    const kind = random.next();
    const colour = randomColour(random);
    const fill = { from: colour, to: colour, opacity: random.range(0.25, 0.8) };
    if (kind < 0.45) {
      const thick = random.range(0.002, 0.008) * short;
      fillOutlines(canvas, [strip(x, y, random.range(0.1, 0.9) * short, thick, random)], fill);
    } else if (kind < 0.7) {
      const long = random.range(0.06, 0.3) * short;
      fillOutlines(canvas, [strip(x, y, long, long * random.range(0.06, 0.14), random)], fill);
    } else if (kind < 0.85) {
      fillOutlines(canvas, [scrap(x, y, random.range(0.015, 0.04) * short, random)], fill);
    } else {
      paintBlot(canvas, x, y, random.range(0.08, 0.35) * short, colour, random.range(0.2, 0.5));
    }
  }
}

/** A rectangle of the given half length and half thickness at a random angle. */
function strip(x: number, y: number, long: number, thick: number, random: Prng): Float64Array {
  const angle = random.range(0, Math.PI);
  const ux = Math.cos(angle) * long;
  const uy = Math.sin(angle) * long;
  const vx = -Math.sin(angle) * thick;
  const vy = Math.cos(angle) * thick;
  return Float64Array.of(
    ...[x - ux - vx, y - uy - vy, x + ux - vx, y + uy - vy],
    ...[x + ux + vx, y + uy + vy, x - ux + vx, y - uy + vy],
  );
}

/** A small jagged piece with seven to ten uneven corners. */
function scrap(x: number, y: number, radius: number, random: Prng): Float64Array {
  const corners = 7 + random.index(4);
  const points = new Float64Array(corners * 2);
  for (let i = 0; i < corners; i += 1) {
    const angle = (2 * Math.PI * i) / corners;
    const reach = radius * random.range(0.3, 1.2);
    points[2 * i] = x + reach * Math.cos(angle);
    points[2 * i + 1] = y + 0.6 * reach * Math.sin(angle);
  }
  return points;
}

/** A patch of light without an edge. */
function paintBlot(
  canvas: Canvas,
  x: number,
  y: number,
  radius: number,
  colour: Colour,
  opacity: number,
): void {
  const { width, height, data } = canvas;
  const [r, g, b] = colour;
  for (let py = Math.max(0, Math.floor(y - radius)); py < Math.min(height, y + radius); py += 1) {
    for (let px = Math.max(0, Math.floor(x - radius)); px < Math.min(width, x + radius); px += 1) {
      const far = ((px - x) ** 2 + (py - y) ** 2) / (radius * radius);
      if (far >= 1) continue;
      const alpha = opacity * (1 - far) ** 2;
      const at = (py * width + px) * 3;
      data[at] = (data[at] as number) + (r - (data[at] as number)) * alpha;
      data[at + 1] = (data[at + 1] as number) + (g - (data[at + 1] as number)) * alpha;
      data[at + 2] = (data[at + 2] as number) + (b - (data[at + 2] as number)) * alpha;
    }
  }
}

function meanColour(canvas: Canvas): Colour {
  const sum = [0, 0, 0];
  let count = 0;
  for (let i = 0; i + 2 < canvas.data.length; i += 3 * 37) {
    for (let c = 0; c < 3; c += 1) sum[c] = (sum[c] as number) + (canvas.data[i + c] as number);
    count += 1;
  }
  return [(sum[0] as number) / count, (sum[1] as number) / count, (sum[2] as number) / count];
}
