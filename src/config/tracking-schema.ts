/** The section `tracking` of the configuration; names are those of PaddleDetection's tracker_config.yml where it has them. */
import { z } from 'zod';

const share = z.number().min(0).max(1);

export const tracking = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe(
        'Follow objects from frame to frame: detections get a track_id, and events tell what became of each.',
      ),
    conf_thres: share.optional().meta({
      description: 'Detections above this score are matched first. Default: the threshold of the model.',
      examples: [0.6],
    }),
    low_conf_thres: share
      .default(0.1)
      .describe(
        'Detections above this score, though below the threshold, still go on with an object that is known.',
      ),
    det_thresh: share.optional().meta({
      description:
        'Only a detection from this score on begins a new object. Default: conf_thres; ByteTrack itself adds 0.1.',
      examples: [0.7],
    }),
    match_thres: share
      .default(0.9)
      .describe('1 minus the least overlap of a detection with where its object should be.'),
    track_buffer: z
      .number()
      .int()
      .min(1)
      .max(3000)
      .default(90)
      .describe(
        'Thirtieths of a second after which an object that is not seen is gone, whatever the rate of frames.',
      ),
    min_box_area: z
      .number()
      .min(0)
      .max(1e8)
      .default(0)
      .describe('Boxes of no more pixels than this are not followed.'),
    vertical_ratio: z
      .number()
      .min(0)
      .max(100)
      .default(0)
      .describe('Boxes of more width for their height are not followed, as 1.6 for people; 0: all are.'),
    min_hits: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('Times that an object must be seen before it is told.'),
    update_s: z
      .number()
      .min(0.1)
      .max(3600)
      .default(2)
      .describe('Seconds between two updates of one object, at least.'),
  })
  .describe('How objects are followed.');
