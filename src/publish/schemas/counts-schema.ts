/** The message of `cameras/<camera>/counts`: how many of each label there are. */
import { z } from 'zod';
import { byName, camera, count, head, ts } from './schema-fields.js';

const labels = byName(count('How many.'), 'By label.');

export const countsSchema = z.object({
  ...head,
  camera,
  labels: labels.describe(
    'By label: the most objects in one frame of the last second. A label that is absent has none; empty, too, while the camera is not online.',
  ),
  zones: byName(labels, 'The same for each zone, by its name.'),
  ts,
});

export type CountsPayload = z.infer<typeof countsSchema>;
