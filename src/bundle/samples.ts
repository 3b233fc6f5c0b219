/**
 * The samples of a bundle: pictures with what the model's publisher finds in them. They tell whether a model
 * that loads also works, on this machine and after every step that changed it.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { readBoundedFile } from '../base/bounded-file.js';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';

const FOLDER = 'samples';
const EXPECTED = 'expected.json';
const MAX_BYTES = 16 * 2 ** 20;
const MAX_PICTURES = 256;
const MAX_DETECTIONS = 10_000;

const detection = z.object({
  label: z.string(),
  label_id: z.int().min(0),
  score: z.number(),
  /** Corners in pixels of the picture. */
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
});

const schema = z.object({
  tool: z.string().max(1000).optional(),
  threshold: z.number().min(0).max(1),
  images: z
    .array(
      z.object({
        image: z.string().regex(/^(?!\.)[^/\\\p{Cc}]{1,255}$/u, 'must be the plain name of a file'),
        width: z.int().min(1),
        height: z.int().min(1),
        detections: z.array(detection).max(MAX_DETECTIONS),
      }),
    )
    .max(MAX_PICTURES),
});

export type SampleDetection = z.output<typeof detection>;

export interface Sample {
  /** Of the picture file. */
  path: string;
  name: string;
  width: number;
  height: number;
  /** What scores above the threshold. */
  detections: SampleDetection[];
}

export interface Samples {
  /** What found the detections. */
  tool: string | undefined;
  threshold: number;
  pictures: Sample[];
}

/** Of the bundle in `folder`; undefined when it has none. Throws BUNDLE_SAMPLES. */
export async function readSamples(folder: string): Promise<Samples | undefined> {
  const path = join(folder, FOLDER, EXPECTED);
  let text: string;
  try {
    text = (await readBoundedFile(path, MAX_BYTES)).toString('utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw invalid(`${path} cannot be read: ${messageOf(error)}.`);
  }
  return parseSamples(text, path, join(folder, FOLDER));
}

/** Parses the text of an expected.json. Throws BUNDLE_SAMPLES; `where` names the file. */
export function parseSamples(text: string, where: string, folder: string): Samples {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`${where} is not valid JSON: ${messageOf(error)}.`);
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw invalid(`${where}: "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'cannot be understood'}.`);
  }
  const { tool, threshold, images } = result.data;
  const pictures = images.map(({ image, ...rest }) => ({ path: join(folder, image), name: image, ...rest }));
  return { tool, threshold, pictures };
}

function invalid(message: string): DetectdError {
  return new DetectdError(
    'BUNDLE_SAMPLES',
    message,
    'Export the model again with --samples, or remove the samples from the bundle.',
  );
}
