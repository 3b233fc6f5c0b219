/**
 * The pictures on which a fresh engine is held against the CPU: the samples of the bundle, or drawn scenes where it has
 * none. In live mode they are scaled to the network, as a camera's would be.
 */
import type { Bundle } from '../bundle/bundle.js';
import { readSamples } from '../bundle/samples.js';
import type { GraphFacts } from '../core/prepared-graph.js';
import { liveSize } from '../graph/picture-feeds.js';
import { decodePicture } from '../picture/decode-picture.js';
import { fitPicture, type PlainPicture } from '../picture/fit-picture.js';
import { Scene } from '../scene/scene.js';
import type { ProofPicture } from './contender.js';

export interface ProofPictures {
  /** What they are, for the record. */
  of: 'samples' | 'drawn scenes';
  /** One at a time: samples may be large. Throws IMAGE_UNREADABLE. */
  pictures: AsyncIterable<ProofPicture>;
}

/** More would take a board minutes and tell no more. */
const MOST = 8;
const SCENE = { seed: 1, width: 640, height: 480 };
/** So far apart that no two look alike. */
const SCENE_TIMES = [0, 9, 18, 27];

/** Throws BUNDLE_SAMPLES for samples that cannot be understood. */
export async function proofPictures(bundle: Bundle, graph: GraphFacts): Promise<ProofPictures> {
  const samples = (await readSamples(bundle.folder))?.pictures.slice(0, MOST) ?? [];
  const plain = samples.length > 0 ? decoded(samples.map(({ path }) => path)) : drawn();
  return {
    of: samples.length > 0 ? 'samples' : 'drawn scenes',
    pictures: fitted(plain, bundle, graph),
  };
}

async function* decoded(paths: string[]): AsyncGenerator<PlainPicture> {
  for (const path of paths) yield await decodePicture(path);
}

async function* drawn(): AsyncGenerator<PlainPicture> {
  const scene = new Scene(SCENE);
  for (const seconds of SCENE_TIMES) yield scene.draw(seconds);
}

async function* fitted(
  pictures: AsyncIterable<PlainPicture>,
  { inferCfg }: Bundle,
  { mode, format }: GraphFacts,
): AsyncGenerator<ProofPicture> {
  for await (const picture of pictures) {
    const { width: sourceWidth, height: sourceHeight } = picture;
    const own = { width: sourceWidth, height: sourceHeight };
    const size = mode === 'live' ? liveSize(inferCfg, sourceWidth, sourceHeight) : own;
    yield { ...size, sourceWidth, sourceHeight, data: await fitPicture(picture, size, format) };
  }
}
