/** The message of `cameras/<camera>/events`: what became of an object that is followed. Each holds its whole state. */
import { z } from 'zod';
import { TRACK_EVENT_TYPES } from '../../core/track-event.js';
import { box, modelIdentity, share, zones } from './detections-schema.js';
import { camera, count, flag, head, size, text, time } from './schema-fields.js';

export const trackSchema = z.object({
  ...head,
  camera,
  seq: count('Counts the events of this camera since the daemon started, from 0, without a gap.'),
  type: z
    .enum(TRACK_EVENT_TYPES)
    .describe('new: it was seen often enough; update: there is news of it; end: it is gone.'),
  id: text('Of the object, and never given to another one.'),
  ts: time('When it was seen last, RFC 3339 in UTC with milliseconds; the box is from then.'),
  start_ts: time('When it was seen first.'),
  end_ts: time('Only of end: when it was seen last.').exactOptional(),
  ...box,
  confidence: share('How sure the model was at the last sight, 0 to 1.'),
  top_confidence: share('The best of all sights, 0 to 1.'),
  image: size('Size of the original picture.'),
  zones,
  hits: count('How often it was seen.'),
  stationary: flag('It has hardly moved for ten seconds.'),
  path: z
    .array(z.tuple([share('Across.'), share('Down.')]))
    .max(16)
    .describe('Where its bottom centre has been, oldest first, as fractions of the picture.'),
  model: modelIdentity('The model that found it.'),
  historical: flag('True when it is delivered late, after an outage; else absent.').exactOptional(),
});

export type TrackPayload = z.infer<typeof trackSchema>;
