/** The section `recordings` of the configuration, and `recording` of a camera: the stream around an event, kept as a file. */
import { z } from 'zod';
import { RECORDING_REASONS } from '../core/recording.js';

export const cameraRecording = z
  .strictObject({
    on: z
      .array(z.enum(RECORDING_REASONS))
      .min(1)
      .max(RECORDING_REASONS.length)
      .default([...RECORDING_REASONS])
      .describe(
        'What is recorded: object (one comes into view), camera (it was online and is no more), command (cmd/record).',
      ),
    before_s: z
      .number()
      .min(0)
      .max(60)
      .default(5)
      .describe('Seconds before it. The file begins with a whole picture, so there may be some more.'),
    after_s: z.number().min(0).max(300).default(5).describe('Seconds after it.'),
  })
  .describe(
    'Keeps the stream around an event as a file, as the camera sends it; what comes unencoded is encoded in H.264. Off unless it is here.',
  );

export const recordings = z
  .strictObject({
    folder: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'Folder of the files. Default: recordings in the state folder.',
        examples: ['/srv/recordings'],
      }),
    buffer: z
      .string()
      .min(1)
      .optional()
      .meta({
        description:
          'Folder of the last seconds of each camera, which are written all the time; one in memory spares a flash disk. Default: recordings in the cache folder.',
        examples: ['/dev/shm/detectd'],
      }),
    max_size_mb: z
      .number()
      .int()
      .min(1)
      .max(100_000_000)
      .default(500)
      .describe('Size of all files together in MB; beyond it the oldest go.'),
    max_age_days: z
      .number()
      .min(0.01)
      .max(3650)
      .optional()
      .meta({ description: 'Days after which a file goes. Default: never.', examples: [30] }),
    min_free_mb: z
      .number()
      .int()
      .min(0)
      .max(100_000_000)
      .default(256)
      .describe('Never leave less than this free on the disk, in MB; the oldest files go first.'),
    max_length_s: z
      .number()
      .min(1)
      .max(3600)
      .default(120)
      .describe('Events that follow one another are one file up to this length; then another begins.'),
  })
  .describe('Recordings of what cameras with a section "recording" saw.');
