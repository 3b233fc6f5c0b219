/** The message of `models/<model>/shadow`: what a new version finds and the one that serves does not, and the other way round. */
import { z } from 'zod';
import { amount, byName, count, digest, flag, head, pixels, size, text, time, ts } from './schema-fields.js';

const object = z.object({
  label: text('Name of the class.'),
  confidence: amount('How sure the model is, 0 to 1.'),
  bbox_px: pixels,
});

const example = z.object({
  ts: time('When the picture was captured, RFC 3339 in UTC.'),
  image: size('Size of the picture.'),
  only_old: z.array(object).describe('Found by the version that serves alone.'),
  only_new: z.array(object).describe('Found by the new version alone.'),
});

const camera = z.object({
  frames: count('Frames analysed by both.'),
  both: count('Objects that both found: same label, overlap (IoU) of 0.5 or more.'),
  only_old: count('Objects that the version that serves found alone.'),
  only_new: count('Objects that the new version found alone.'),
  examples: z.array(example).describe('The newest few frames in which they differ.'),
});

export const shadowSchema = z.object({
  ...head,
  ts,
  model: text('Name of the model, as in the topic.'),
  digest: text(`Digest of the new version: ${digest}.`),
  seconds: amount('For how long both have run, in seconds.'),
  frames: count('Frames analysed by both.'),
  done: flag('The run is over.'),
  agreement: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('Part of all that either found which both found, 0 to 1; null before anything was found.'),
  cameras: byName(camera, 'The same for each camera.'),
});

export type ShadowPayload = z.infer<typeof shadowSchema>;
export type ShadowObject = z.infer<typeof object>;
