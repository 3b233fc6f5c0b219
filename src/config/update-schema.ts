/**
 * The sections `updates` and `remote` of the configuration: how models are fetched, trusted, tried and kept, and what
 * may be changed from afar. Both are the local file's alone; nothing that comes over a network changes them.
 */
import { z } from 'zod';
import { COMMAND_NAMES } from '../core/command.js';
import { topicSchema } from './mqtt-schema.js';

/** In clear, or a file of it. */
const KEY = /^RW[A-Za-z0-9+/]{54}$|\.pub$/;
const keyPath = z
  .string()
  .regex(/^[a-z0-9_*-]+(\.[a-z0-9_*-]+){0,5}$/, 'must be a path of keys, such as models.*.threshold');
const CLOCK_TIME = '([01]\\d|2[0-3]):[0-5]\\d';
const WINDOW = new RegExp(`^${CLOCK_TIME}-${CLOCK_TIME}$`);

export const updates = z
  .strictObject({
    keys: z
      .array(
        z
          .string()
          .regex(KEY, 'must be a minisign public key (RW… of 56 characters) or the path of a .pub file'),
      )
      .max(16)
      .default([])
      .meta({
        description:
          'Public keys of minisign, or paths of .pub files, one of which must have signed every model that is fetched. Without any, a model that is fetched needs its sha256 here.',
        examples: [['RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3']],
      }),
    probation_s: z
      .number()
      .min(0)
      .max(604_800)
      .default(600)
      .describe(
        'Seconds that a new model must serve well before the one before is let go; until then it is rolled back by itself.',
      ),
    standby_s: z
      .number()
      .min(0)
      .max(3600)
      .default(60)
      .describe(
        'Seconds that the worker with the model before stays loaded beside the new one, where memory allows, to be called back at once.',
      ),
    shadow: z
      .strictObject({
        share: z
          .number()
          .gt(0)
          .max(1)
          .default(0.1)
          .describe('Part of the frames that the new model analyses too.'),
        seconds: z.number().min(1).max(604_800).default(300).describe('How long before it may take over.'),
        min_agreement: z
          .number()
          .min(0)
          .max(1)
          .default(0)
          .describe(
            'Refuse it when less than this part of the detections of both is found by both; 0 only tells.',
          ),
      })
      .optional()
      .describe(
        'Run a new model beside the one that serves before it takes over; what both find is compared and published, no output changes.',
      ),
    window: z
      .string()
      .regex(WINDOW, 'must be a time of day, such as 22:00-05:00')
      .optional()
      .meta({
        description: 'Local time of day in which models are fetched and changed. Default: always.',
        examples: ['22:00-05:00'],
      }),
    watch: z
      .boolean()
      .default(false)
      .describe(
        'Read this file again by itself when it is replaced, as `systemctl reload detectd` has it done.',
      ),
    max_kb_s: z
      .number()
      .int()
      .min(0)
      .max(10_000_000)
      .default(0)
      .describe('Kilobytes per second that fetching may take; 0: as many as come.'),
    metered: z
      .boolean()
      .default(false)
      .describe(
        'The network costs by the byte: nothing is fetched over it but models that say urgent: true.',
      ),
    max_model_mb: z.number().int().min(1).max(2048).default(1024).describe('Larger archives are refused.'),
    max_size_mb: z
      .number()
      .int()
      .min(16)
      .max(1_000_000)
      .default(4096)
      .describe(
        'Size of all fetched models together in MB; the oldest that are neither used nor kept for a way back go.',
      ),
    stall_s: z
      .number()
      .min(1)
      .max(3600)
      .default(30)
      .describe('Seconds without a byte after which fetching is begun anew where it stopped.'),
    deadline_s: z
      .number()
      .min(60)
      .max(2_592_000)
      .default(86_400)
      .describe('Seconds that fetching a model may take in all, pauses for the window not counted.'),
  })
  .describe('How new models are fetched, trusted, tried and kept.');

export const remote = z
  .strictObject({
    desired: z
      .boolean()
      .default(false)
      .describe(
        'Follow the documents on <base>/<device>/config/desired and on fleet_topic. Whoever may publish there may change what allow names.',
      ),
    fleet_topic: topicSchema.optional().meta({
      description: 'Topic of the document for many devices. Default: <base>/fleet/config/desired.',
      examples: ['detectd/fleet/config/desired'],
    }),
    signed: z.boolean().default(false).describe('Take only documents that one of updates.keys has signed.'),
    tags: z
      .array(z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.:-]{0,62}$/))
      .max(32)
      .default([])
      .meta({ description: 'What roll-outs may choose this device by.', examples: [['site-7', 'dock']] }),
    allow: z
      .array(keyPath)
      .max(64)
      .default(['models', 'cameras', 'log.level'])
      .describe(
        'What documents may change, as paths of keys; * stands for any one key, and what is below counts too.',
      ),
    pin: z
      .array(keyPath)
      .max(64)
      .default([])
      .meta({
        description: 'What stays as this file has it, whatever is allowed.',
        examples: [['models.people.threshold']],
      }),
    commands: z
      .array(z.enum(COMMAND_NAMES))
      .max(COMMAND_NAMES.length)
      .default(['ping'])
      .describe(
        'Commands that are obeyed on <base>/<device>/cmd/<name>. Whoever may publish there may give them: see that the broker lets in nobody else.',
      ),
    commands_per_minute: z
      .number()
      .int()
      .min(1)
      .max(6000)
      .default(60)
      .describe('More commands than this are refused.'),
  })
  .describe('What may be changed over MQTT.');
