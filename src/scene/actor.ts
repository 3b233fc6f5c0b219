/**
 * One moving shape: its colours and its paths of place, angle and size over time. The paths are sums of
 * sines, so any moment can be asked for directly and nothing drifts away in a long run.
 */

import { randomColour } from './backdrop.js';
import type { Prng } from './prng.js';
import type { Colour } from './raster.js';
import { SHAPE_LABELS, type ShapeLabel } from './shapes.js';

/** base + reach · sin(pace · t + phase) */
interface Swing {
  base: number;
  reach: number;
  pace: number;
  phase: number;
}

export interface Actor {
  label: ShapeLabel;
  fill: { from: Colour; to: Colour };
  /** Parts of the picture's width and height. */
  x: Swing;
  y: Swing;
  /** Part of the picture's short side. */
  radius: Swing;
  angle: number;
  /** Radians per second. */
  spin: number;
}

export interface Pose {
  x: number;
  y: number;
  radius: number;
  angle: number;
}

/** How large shapes are, as parts of the picture's short side, and how far they roam, as parts of each side. */
interface Manner {
  /** Least distance in colour between a shape and the mean of its background. */
  contrast: number;
  radius: [number, number];
  reach: [number, number];
}

/** Large shapes that keep to their places, so that few are cut off or covered. */
const PLAIN: Manner = { contrast: 150, radius: [0.13, 0.2], reach: [0.02, 0.08] };

/**
 * `count` shapes that stand out from a background of the given mean colour, back to front; `plain` ones are
 * large and keep to their places.
 */
export function makeActors(random: Prng, count: number, background: Colour, plain = false): Actor[] {
  const {
    contrast,
    radius: sizes,
    reach,
  }: Manner = plain ? PLAIN : { contrast: 90, radius: [0.07, count > 4 ? 0.15 : 0.21], reach: [0.02, 0.22] };
  const actors: Actor[] = [];
  for (let i = 0; i < count; i += 1) {
    const label = SHAPE_LABELS[random.index(SHAPE_LABELS.length)] ?? 'circle';
    const home = freePlace(random, actors);
    const radius = random.range(...sizes);
    actors.push({
      label,
      fill: contrastingFill(random, background, actors, contrast),
      x: swing(random, home.x, random.range(...reach)),
      y: swing(random, home.y, random.range(...reach)),
      radius: swing(random, radius, random.range(0, 0.2) * radius),
      angle: random.range(0, 2 * Math.PI),
      spin: random.sign() * random.range(0, 1),
    });
  }
  return actors;
}

/** Where the actor is at `time` seconds, in pixels of a picture of the given size. */
export function poseAt(actor: Actor, time: number, width: number, height: number): Pose {
  return {
    x: at(actor.x, time) * width,
    y: at(actor.y, time) * height,
    radius: at(actor.radius, time) * Math.min(width, height),
    angle: actor.angle + actor.spin * time,
  };
}

function at(path: Swing, time: number): number {
  return path.base + path.reach * Math.sin(path.pace * time + path.phase);
}

function swing(random: Prng, base: number, reach: number): Swing {
  return { base, reach, pace: random.range(0.3, 1.6), phase: random.range(0, 2 * Math.PI) };
}

/** The best of a few random places, so that shapes meet but do not pile up. */
function freePlace(random: Prng, others: readonly Actor[]): { x: number; y: number } {
  let best = { x: 0.5, y: 0.5 };
  let bestGap = -1;
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const place = { x: random.range(0.1, 0.9), y: random.range(0.1, 0.9) };
    let gap = 2;
    for (const { x, y } of others) gap = Math.min(gap, Math.hypot(place.x - x.base, place.y - y.base));
    if (gap > bestGap) {
      best = place;
      bestGap = gap;
    }
  }
  return best;
}

function contrastingFill(
  random: Prng,
  background: Colour,
  others: readonly Actor[],
  contrast: number,
): { from: Colour; to: Colour } {
  let from = randomColour(random);
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const clear = distance(from, background) >= contrast;
    // Two shapes of one colour that touch have no edge between them: nobody could tell them apart.
    if (clear && (attempt > 20 || others.every((other) => distance(from, other.fill.from) >= 60))) break;
    from = randomColour(random);
  }
  const to: Colour = random.chance(0.5)
    ? from
    : [
        (from[0] * 3 + random.range(0, 255)) / 4,
        (from[1] * 3 + random.range(0, 255)) / 4,
        (from[2] * 3 + random.range(0, 255)) / 4,
      ];
  return { from, to };
}

function distance(a: Colour, b: Colour): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
