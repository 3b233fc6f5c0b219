/**
 * The pictures on which a new version is tried: the samples of its bundle with what its publisher found, or, without any,
 * a grey picture and drawn scenes. They are made as a camera's would come: scaled to the network in live mode.
 */
import type { Bundle } from '../bundle/bundle.js';
import { readSamples, type SampleDetection } from '../bundle/samples.js';
import { BYTES_PER_PIXEL, type PixelFormat } from '../core/frame.js';
import type { PreprocessMode } from '../core/prepared-graph.js';
import { liveSize } from '../graph/picture-feeds.js';
import { decodePicture } from '../picture/decode-picture.js';
import { fitPicture, type PlainPicture } from '../picture/fit-picture.js';
import { Scene } from '../scene/scene.js';
import type { Picture } from './model-runner.js';

export interface TrialPicture {
  name: string;
  picture: Picture;
  /** What scores above `threshold`; undefined for one that is no sample. */
  expected: SampleDetection[] | undefined;
}

export interface TrialPictures {
  /** Of the samples; undefined without any. */
  threshold: number | undefined;
  pictures: TrialPicture[];
}

/** All are held in memory at the size of the network, or as they are in exact mode. */
const MOST = 8;
const SCENE = { seed: 1, width: 640, height: 480 };
const SCENE_TIMES = [0, 9, 18];

/** Throws BUNDLE_SAMPLES and IMAGE_UNREADABLE for samples that cannot be understood. */
export async function trialPictures(
  bundle: Bundle,
  mode: PreprocessMode,
  format: PixelFormat,
): Promise<TrialPictures> {
  const fit = async (picture: PlainPicture): Promise<Picture> => {
    const { width: sourceWidth, height: sourceHeight } = picture;
    const own = { width: sourceWidth, height: sourceHeight };
    const size = mode === 'live' ? liveSize(bundle.inferCfg, sourceWidth, sourceHeight) : own;
    return { ...size, sourceWidth, sourceHeight, data: await fitPicture(picture, size, format) };
  };
  const samples = await readSamples(bundle.folder);
  const pictures: TrialPicture[] = [];
  for (const { path, name, detections } of samples?.pictures.slice(0, MOST) ?? [])
    pictures.push({ name, picture: await fit(await decodePicture(path)), expected: detections });
  if (pictures.length > 0) return { threshold: samples?.threshold, pictures };
  const { width: sourceWidth, height: sourceHeight } = SCENE;
  const { width, height } = mode === 'live' ? liveSize(bundle.inferCfg, sourceWidth, sourceHeight) : SCENE;
  const data = new Uint8Array(width * height * BYTES_PER_PIXEL[format]).fill(114);
  pictures.push({
    name: 'grey',
    picture: { width, height, sourceWidth, sourceHeight, data },
    expected: undefined,
  });
  const scene = new Scene(SCENE);
  for (const seconds of SCENE_TIMES)
    pictures.push({
      name: `drawn ${seconds} s`,
      picture: await fit(scene.draw(seconds)),
      expected: undefined,
    });
  return { threshold: undefined, pictures };
}
