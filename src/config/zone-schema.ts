/** The keys `zones` and `lines` of a camera in the configuration. */
import { z } from 'zod';
import { SCHEDULE_ENTRY } from '../core/week-schedule.js';
import { nameSchema } from './name-schema.js';

const share = z.number().min(0).max(1);
const point = z.tuple([share, share]);
const seconds = z.number().min(0).max(86_400);

const watch = {
  labels: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(1000)
    .optional()
    .meta({ description: 'Labels that count. Default: all.', examples: [['person']] }),
  anchor: z
    .enum(['bottom', 'centre', 'top'])
    .default('bottom')
    .describe('Which point of the box, halfway across, says where its object is.'),
  min_area: share.default(0).describe('Smaller boxes do not count; as part of the picture.'),
  max_area: share.default(1).describe('Larger boxes do not count; as part of the picture.'),
  schedule: z
    .array(z.string().regex(SCHEDULE_ENTRY, 'must be like "mon-fri 08:00-18:00", "sat,sun" or "22:00-05:00"'))
    .max(50)
    .default([])
    .describe('When it counts, in local time, such as mon-fri 08:00-18:00. Default: always.'),
};

const occupancy = z
  .strictObject({
    min: z.number().int().min(0).max(10_000).default(0).describe('Fewer are told as low.'),
    max: z
      .number()
      .int()
      .min(0)
      .max(10_000)
      .optional()
      .meta({ description: 'More are told as high. Default: as many as come.', examples: [4] }),
  })
  .describe('How many objects there may be.');

const zone = z
  .strictObject({
    points: z
      .array(point)
      .min(3)
      .max(100)
      .meta({
        description:
          'Corners in order, each as [across, down] in fractions of the picture from its top left.',
        examples: [
          [
            [0.1, 0.5],
            [0.6, 0.5],
            [0.6, 1],
            [0.1, 1],
          ],
        ],
      }),
    ...watch,
    enter_s: seconds.default(0.5).describe('Seconds inside after which an object has entered.'),
    leave_s: seconds.default(1).describe('Seconds outside after which it has left.'),
    dwell_s: seconds.optional().meta({
      description: 'Tell of objects that stay this many seconds. Default: of none.',
      examples: [60],
    }),
    occupancy: occupancy.optional(),
  })
  .describe('A part of the picture.');

const line = z
  .strictObject({
    points: z.tuple([point, point]).meta({
      description:
        'Its two ends, as fractions of the picture. Who goes from the left to the right of someone who walks from the first to the second goes in, else out.',
      examples: [
        [
          [0, 0.6],
          [1, 0.6],
        ],
      ],
    }),
    ...watch,
  })
  .describe('A line to be crossed.');

export const zones = z
  .record(nameSchema, zone)
  .default({})
  .describe('Parts of the picture that are watched, by name.');
export const lines = z
  .record(nameSchema, line)
  .default({})
  .describe('Lines whose crossing is told and counted, by name.');

export type ZoneConfig = z.output<typeof zone>;
export type LineConfig = z.output<typeof line>;
