/**
 * Drawn scenes with known truth: shapes that move, turn, grow and cover one another over varied
 * backgrounds, seen through a camera that is soft, noisy and badly lit. A picture depends on nothing
 * but the options and the time, so a live run, a data set and a test can draw the very same one.
 */
import type { Box } from '../core/detection.js';
import type { DrawnObject } from '../core/truth.js';
import { type Actor, makeActors, poseAt } from './actor.js';
import { paintBackdrop } from './backdrop.js';
import { blur, exposeInto, type Light, noiseTable } from './lens.js';
import { mixSeeds, Prng } from './prng.js';
import { type Canvas, extentOf, fillOutlines } from './raster.js';
import { outlinesArea, placeOutlines, SHAPE_LABELS, SHAPE_OUTLINES } from './shapes.js';

export interface SceneOptions {
  seed: number;
  /** Pixels; at least 32 each way. */
  width: number;
  height: number;
  /** Shapes at a time; by default 2 to 7, drawn by lot at each cut. */
  objects?: number;
  /** A new background with new shapes each so many seconds; 0 never. Default 8. */
  cutSeconds?: number;
  /** Large shapes that seldom meet, by default 3: what any detector of them has to find. */
  plain?: boolean;
}

export interface Drawing {
  width: number;
  height: number;
  /** RGB, rows tightly packed. The caller may keep or transfer it. */
  data: Uint8Array<ArrayBuffer>;
  /** What a detector has to find. */
  truth: DrawnObject[];
  /** Too hidden or too small to be demanded, too visible to be called wrong: counts neither way. */
  unsure: DrawnObject[];
}

/** A shape is truth from this visible part on, … */
export const TRUTH_VISIBLE = 0.4;
/** … unless the short side of its box is below this part of the picture's short side. */
export const TRUTH_SIDE = 0.05;
/** Below this visible part a shape is nothing at all. */
export const UNSURE_VISIBLE = 0.03;

const PLAIN_OBJECTS = 3;

interface Cut {
  index: number;
  backdrop: Uint8ClampedArray;
  actors: Actor[];
  light: (timeSeconds: number) => Light;
  blurRadius: number;
  noise: Int8Array;
}

export class Scene {
  readonly #options: Required<Omit<SceneOptions, 'objects'>> & { objects: number | undefined };
  readonly #canvas: Canvas & { owner: Uint8Array; shown: Int32Array };
  readonly #scratch: Uint8ClampedArray;
  #cut: Cut | undefined;

  /** Throws RangeError for a size, count or duration that cannot be drawn. */
  constructor(options: SceneOptions) {
    const { seed, width, height, objects, cutSeconds = 8, plain = false } = options;
    for (const side of [width, height]) {
      if (!Number.isInteger(side) || side < 32 || side > 16_384) {
        throw new RangeError(`a scene is 32 to 16384 pixels wide and high, not ${width}x${height}`);
      }
    }
    if (objects !== undefined && (!Number.isInteger(objects) || objects < 0 || objects > 64)) {
      throw new RangeError(`a scene has 0 to 64 objects, not ${objects}`);
    }
    if (!(cutSeconds >= 0 && Number.isFinite(cutSeconds))) {
      throw new RangeError(`cutSeconds is 0 or more, not ${cutSeconds}`);
    }
    this.#options = { seed, width, height, objects, cutSeconds, plain };
    const pixels = width * height;
    this.#canvas = {
      width,
      height,
      data: new Uint8ClampedArray(pixels * 3),
      owner: new Uint8Array(pixels),
      shown: new Int32Array(65),
    };
    this.#scratch = new Uint8ClampedArray(pixels * 3);
  }

  /** The picture at `timeSeconds` (0 or more) with its truth. */
  draw(timeSeconds: number): Drawing {
    const time = Math.max(0, timeSeconds);
    const cut = this.#cutAt(time);
    const { width, height, data, owner, shown } = this.#canvas;
    data.set(cut.backdrop);
    owner.fill(0);
    shown.fill(0);
    const drawn = cut.actors.map((actor, at) => this.#drawActor(actor, at + 1, time));
    const truth: DrawnObject[] = [];
    const unsure: DrawnObject[] = [];
    drawn.forEach(({ object, area }, at) => {
      object.visible = Math.min(1, (shown[at + 1] as number) / Math.max(1, area));
      const { x1, y1, x2, y2 } = object.box;
      if (object.visible < UNSURE_VISIBLE || x2 <= x1 || y2 <= y1) return;
      const side = Math.min(x2 - x1, y2 - y1) / Math.min(width, height);
      (object.visible >= TRUTH_VISIBLE && side >= TRUTH_SIDE ? truth : unsure).push(object);
    });
    blur(data, this.#scratch, width, height, cut.blurRadius);
    const out = new Uint8ClampedArray(data.length);
    const random = new Prng(mixSeeds(this.#options.seed, Math.round(time * 1000)));
    exposeInto(out, data, width * 3, cut.light(time), cut.noise, random);
    return { width, height, data: new Uint8Array(out.buffer), truth, unsure };
  }

  #drawActor(actor: Actor, number: number, time: number): { object: DrawnObject; area: number } {
    const { width, height } = this.#options;
    const pose = poseAt(actor, time, width, height);
    const outlines = placeOutlines(SHAPE_OUTLINES[actor.label], pose.x, pose.y, pose.radius, pose.angle);
    fillOutlines(this.#canvas, outlines, { ...actor.fill, opacity: 1, object: number });
    const extent = extentOf(outlines);
    const box: Box = {
      x1: Math.max(0, extent.x1),
      y1: Math.max(0, extent.y1),
      x2: Math.min(width, extent.x2),
      y2: Math.min(height, extent.y2),
    };
    const labelId = SHAPE_LABELS.indexOf(actor.label);
    return { object: { label: actor.label, labelId, box, visible: 0 }, area: outlinesArea(outlines) };
  }

  #cutAt(time: number): Cut {
    const { cutSeconds } = this.#options;
    const index = cutSeconds === 0 ? 0 : Math.floor(time / cutSeconds);
    if (this.#cut?.index !== index) this.#cut = this.#makeCut(index);
    return this.#cut;
  }

  #makeCut(index: number): Cut {
    const { seed, width, height, plain } = this.#options;
    const objects = this.#options.objects ?? (plain ? PLAIN_OBJECTS : undefined);
    const random = new Prng(mixSeeds(seed, index));
    const backdrop = new Uint8ClampedArray(width * height * 3);
    const mean = paintBackdrop({ width, height, data: backdrop }, random, plain);
    const actors = makeActors(random, objects ?? 2 + random.index(6), mean, plain);
    const step = Math.min(width, height) / 480;
    const blurRadius = !plain && random.chance(0.35) ? Math.round(random.range(0.5, 2) * step) : 0;
    const noise = noiseTable(random, random.chance(0.7) ? random.range(1, plain ? 4 : 10) : 0);
    const contrast = random.range(plain ? 0.9 : 0.6, 1.15);
    const brightness = random.range(-35, 35) * (plain ? 0.5 : 1);
    const swing = random.range(0, 15);
    const pace = random.range(0.05, 0.4) * 2 * Math.PI;
    const light = (t: number) => ({ contrast, brightness: brightness + swing * Math.sin(pace * t) });
    return { index, backdrop, actors, light, blurRadius, noise };
  }
}
