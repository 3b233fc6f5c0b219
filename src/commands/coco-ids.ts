/**
 * The ids of COCO results. Given annotations have the say. Without them a picture's id is the number at the
 * end of its file name, as COCO's own files have it, or else its place in the input.
 */
import { basename, parse, resolve } from 'node:path';
import { DetectdError } from '../base/errors.js';
import type { DetectJob } from '../ipc/detect-protocol.js';
import type { CocoAnnotations, CocoImage } from './coco-annotations.js';
import type { CocoIds } from './coco-results.js';

/** Ids without annotations; categories count from 1. */
export function ownIds(jobs: readonly DetectJob[]): CocoIds {
  const numbers = new Map(jobs.map((job) => [job.path, numberOf(job)]));
  const distinct = new Set(numbers.values());
  const named = distinct.size === jobs.length && !distinct.has(undefined);
  let last = 0;
  return {
    image: ({ path }) => {
      last += 1;
      return named ? (numbers.get(path) as number) : last;
    },
    categories: (labels) => labels.map((_, index) => index + 1),
  };
}

/** `000000014439.jpg` → 14439. */
function numberOf({ path, kind }: DetectJob): number | undefined {
  const digits = /\d+$/.exec(parse(path).name)?.[0];
  return kind === 'video' || digits === undefined || digits.length > 15 ? undefined : Number(digits);
}

/** Ids from annotations. Throws COCO_ANNOTATIONS for pictures that are not in them and USAGE for videos. */
export function annotatedIds(jobs: readonly DetectJob[], annotations: CocoAnnotations): CocoIds {
  const { where } = annotations;
  const video = jobs.find(({ kind }) => kind === 'video');
  if (video !== undefined) {
    throw new DetectdError(
      'USAGE',
      `${video.path} is a video, which COCO annotations know nothing of.`,
      'Name pictures only, or leave --coco-annotations away.',
    );
  }
  const ids = imageIds(jobs, annotations);
  return {
    image: ({ path }) => ids.get(path) as number,
    categories: (labels) =>
      labels.map((label) => {
        const id = annotations.categories.get(label);
        if (id !== undefined) return id;
        const known = [...annotations.categories.keys()];
        const more = known.length > 10 ? ', …' : '';
        throw new DetectdError(
          'COCO_ANNOTATIONS',
          `The model's label "${label}" is no category of ${where}.`,
          `Its categories are ${known.slice(0, 10).join(', ')}${more}; rename one or the other.`,
        );
      }),
  };
}

function imageIds(jobs: readonly DetectJob[], { images, where }: CocoAnnotations): Map<string, number> {
  const byName = new Map<string, CocoImage[]>();
  for (const image of images) {
    const name = basename(image.fileName);
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [image]);
    else same.push(image);
  }
  const ids = new Map<string, number>();
  const taken = new Map<number, string>();
  const missing: string[] = [];
  for (const { path } of jobs) {
    const image = imageOf(path, byName.get(basename(path)) ?? []);
    if (image === undefined) {
      missing.push(path);
      continue;
    }
    const other = taken.get(image.id);
    if (other !== undefined)
      throw new DetectdError(
        'USAGE',
        `${other} and ${path} are both the picture "${image.fileName}" of ${where}.`,
        'Name each picture once.',
      );
    taken.set(image.id, path);
    ids.set(path, image.id);
  }
  const [first] = missing;
  if (first === undefined) return ids;
  throw new DetectdError(
    'COCO_ANNOTATIONS',
    `${missing.length} of ${jobs.length} pictures are not in ${where}; the first is ${first}.`,
    `A picture is in it when its path ends with a file_name, such as "${images[0]?.fileName ?? ''}".`,
  );
}

/** The image whose file name is the longest end of the path, in whole segments. */
function imageOf(path: string, candidates: readonly CocoImage[]): CocoImage | undefined {
  const whole = `/${resolve(path)}`;
  let best: CocoImage | undefined;
  for (const image of candidates)
    if (whole.endsWith(`/${image.fileName}`) && image.fileName.length > (best?.fileName.length ?? 0))
      best = image;
  return best;
}
