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
  zones: byName(
    labels,
    'The same for each zone, by its name; of objects that are followed. A zone that is absent: none since the daemon started.',
  ),
  lines: byName(
    z.object({ in: count('From left to right.'), out: count('The other way.') }),
    'By name of the line: how many have crossed it since the daemon started. A line that is absent: nobody.',
  ),
  ts,
});

export type CountsPayload = z.infer<typeof countsSchema>;
