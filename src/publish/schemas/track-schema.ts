/**
 * The messages of `cameras/<camera>/events`: what became of an object that is followed, or how many are in a zone. Each
 * holds the whole state.
 */
import { z } from 'zod';
import { TRACK_EVENT_TYPES } from '../../core/track-event.js';
import { box, modelIdentity, share, zones } from './detections-schema.js';
import { amount, byName, camera, count, flag, head, size, text, time } from './schema-fields.js';

const objectSchema = z.object({
  ...head,
  camera,
  seq: count('Counts the events of this camera since the daemon started, from 0, without a gap.'),
  type: z
    .enum(TRACK_EVENT_TYPES)
    .describe(
      'new: it was seen often enough; update: there is news of it; end: it is gone; zone_enter, zone_exit, dwell: it came into a zone, left it, or has been there for long; line_cross: it went over a line.',
    ),
  id: text('Of the object, and never given to another one.'),
  ts: time('When it was seen last, RFC 3339 in UTC with milliseconds; the box is from then.'),
  start_ts: time('When it was seen first.'),
  end_ts: time('Only of end: when it was seen last.').exactOptional(),
  ...box,
  confidence: share('How sure the model was at the last sight, 0 to 1.'),
  top_confidence: share('The best of all sights, 0 to 1.'),
  image: size('Size of the original picture.'),
  zones,
  entered_zones: z
    .array(text('Name of a zone.'))
    .describe('Zones that it has been in, in the order in which it entered them.'),
  zone: text('Of zone_enter, zone_exit and dwell: which.').exactOptional(),
  dwell_s: amount('Of zone_exit and dwell: seconds since it entered the zone.').exactOptional(),
  line: text('Of line_cross: which.').exactOptional(),
  direction: z
    .enum(['in', 'out'])
    .describe(
      'Of line_cross: `in` goes from the left of the line to its right, looking from its first to its second point.',
    )
    .exactOptional(),
  hits: count('How often it was seen.'),
  stationary: flag('It has hardly moved for ten seconds.'),
  path: z
    .array(z.tuple([share('Across.'), share('Down.')]))
    .max(16)
    .describe('Where its bottom centre has been, oldest first, as fractions of the picture.'),
  model: modelIdentity('The model that found it.'),
  historical: flag('True when it is delivered late, after an outage; else absent.').exactOptional(),
});

const occupancySchema = z.object({
  ...head,
  camera,
  seq: count('Counts the events of this camera since the daemon started, from 0, without a gap.'),
  type: z
    .literal('occupancy')
    .describe('The number of objects in a zone is not what it may be, or is again.'),
  ts: time('When that was seen, RFC 3339 in UTC with milliseconds.'),
  zone: text('Which.'),
  state: z.enum(['low', 'normal', 'high']).describe('Fewer than may be, as many, or more.'),
  count: count('How many are in it.'),
  labels: byName(count('How many.'), 'The same by label.'),
  min: count('How many there must be.'),
  max: count('How many there may be.').exactOptional(),
  historical: flag('True when it is delivered late, after an outage; else absent.').exactOptional(),
});

export const trackSchema = z.union([objectSchema, occupancySchema]);

export type ObjectPayload = z.infer<typeof objectSchema>;
export type OccupancyPayload = z.infer<typeof occupancySchema>;
export type TrackPayload = z.infer<typeof trackSchema>;
