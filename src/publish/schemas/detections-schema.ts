/** The message of `cameras/<camera>/detections`: one analysed frame. */
import { z } from 'zod';
import { amount, camera, count, head, pixels, size, text, time } from './schema-fields.js';

export const share = (description: string) => z.number().min(0).max(1).describe(description);

export const box = {
  label: text('Name of the class.'),
  label_id: count('Number of the class, from 0.'),
  bbox: z
    .object({
      x: share('Left edge.'),
      y: share('Top edge.'),
      w: share('Width.'),
      h: share('Height.'),
    })
    .describe('The box as fractions of the picture, 0 to 1 from its top left, clipped to it.'),
  bbox_px: pixels,
};

export const zones = z.array(text('Name of a zone.')).describe('Zones that it stands in.');

const detectedObject = z.object({
  track_id: text(
    'Of the object that it is, the same in every message; absent where it is not known yet, or nothing is followed.',
  ).exactOptional(),
  ...box,
  confidence: share('How sure the model is, 0 to 1.'),
  zones,
});

const truthObject = z.object({
  ...box,
  visible: share('Part of it that can be seen, 0 to 1. The box is around all of it.'),
});

export const modelIdentity = (description: string) =>
  z
    .object({
      name: text('Name of the model in the configuration.'),
      version: text('Version of its bundle.'),
      digest: text('Digest of its bundle.'),
    })
    .describe(description);

export const detectionsSchema = z.object({
  ...head,
  camera,
  seq: count('Counts the messages sent for this camera since the daemon started, from 0, without a gap.'),
  ts: time('When the picture was captured, RFC 3339 in UTC with milliseconds.'),
  ts_source: z
    .enum(['capture', 'arrival'])
    .describe(
      'What `ts` is the time of: `capture`, or `arrival`, when the decoded picture reached this program, since no source of today tells more.',
    )
    .exactOptional(),
  latency_ms: z
    .object({
      capture: amount('Waiting for the model, in milliseconds.'),
      infer: amount('Running it and reading its outputs, in milliseconds.'),
      publish: amount('All that came after, until the message was made, in milliseconds.'),
    })
    .describe('Together the age of the picture when the message was made.'),
  model: modelIdentity('The model that found the objects.'),
  image: size('Size of the original picture.'),
  objects: z.array(detectedObject).describe('What was found, best first.'),
  truth: z
    .array(truthObject)
    .describe('Only of a source that draws its pictures: what has to be found in this one.')
    .exactOptional(),
  unsure: z
    .array(truthObject)
    .describe(
      'Only of a source that draws its pictures: what is too hidden or too small to count either way.',
    )
    .exactOptional(),
});

export type DetectionsPayload = z.infer<typeof detectionsSchema>;
export type DetectedObject = z.infer<typeof detectedObject>;
/** A shape that is really there, in the same form. */
export type TruthObject = z.infer<typeof truthObject>;
