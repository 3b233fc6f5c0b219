/**
 * The sections `outbox`, `outputs` and `home_assistant` of the configuration: what is kept until the broker has it, and in
 * which other forms results are told.
 */
import { z } from 'zod';
import { deepstreamSchema } from './deepstream-schema.js';
import { topicSchema } from './mqtt-schema.js';

export const outbox = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('Keep stored messages on the disk until the broker has them; otherwise in memory alone.'),
    store: z
      .array(z.enum(['events', 'tracks', 'detections']))
      .max(3)
      .default(['events', 'tracks'])
      .describe(
        'What is stored: events (of the device), tracks (events of cameras), detections (every frame; then with QoS 1).',
      ),
    max_mb: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(64)
      .describe(
        'Beyond this size the least valuable and oldest messages go; they are counted and announced.',
      ),
    max_age_h: z
      .number()
      .min(0.01)
      .max(8760)
      .default(168)
      .describe('Hours after which a message that could not be delivered is given up.'),
    sync_s: z
      .number()
      .min(0)
      .max(600)
      .default(5)
      .describe(
        'Seconds that a power cut may cost: writes are forced to the disk in batches of this interval. 0: each batch at once.',
      ),
    replay_per_s: z
      .number()
      .min(1)
      .max(10_000)
      .default(100)
      .describe('Messages per second that are sent after an outage, beside those of now.'),
  })
  .describe('Messages that must not be lost wait here for the broker.');

/** A topic that may hold names of what it is about, each in braces. */
const topicOf = (base: string, names: readonly string[], what: string) => {
  const written = names.map((name) => `{${name}}`);
  const wrong = `must not hold "{" or "}" except in ${written.join(' or ')}`;
  const known = new RegExp(`\\{(${names.join('|')})\\}`, 'g');
  return topicSchema
    .refine((topic) => !/[{}]/.test(topic.replace(known, '')), wrong)
    .default(base)
    .describe(
      `${what} In it ${written.join(' and ')} ${names.length === 1 ? 'stands for its name' : 'stand for the names'}.`,
    );
};

export const outputs = z
  .strictObject({
    detections: z
      .boolean()
      .default(true)
      .describe('Publish detections in the form of detectd; false where only others are wanted.'),
    frigate: z
      .strictObject({
        enabled: z.boolean().default(false).describe('Publish events, counts and states as Frigate does.'),
        topic: topicOf('frigate', ['device'], 'First part of its topics; each device needs its own.'),
        labels: z
          .array(z.string().min(1).max(200))
          .min(1)
          .max(64)
          .optional()
          .meta({
            description: 'Labels that are told. Default: every label of the model.',
            examples: [['person', 'car']],
          }),
      })
      .prefault({})
      .describe('For what reads Frigate.'),
    deepstream: deepstreamSchema(topicOf('deepstream', ['device', 'camera'], 'Topic of its messages.')),
    dlstreamer: z
      .strictObject({
        enabled: z
          .boolean()
          .default(false)
          .describe('Publish messages as gvametaconvert and gvametapublish do.'),
        topic: topicOf('dlstreamer', ['device', 'camera'], 'Topic of its messages.'),
        empty: z.boolean().default(false).describe('Tell frames without objects, too.'),
      })
      .prefault({})
      .describe('For what reads Intel DL Streamer.'),
  })
  .describe('Other forms of the results, beside those of detectd or instead of them.');

export const homeAssistant = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Announce this device to Home Assistant.'),
    prefix: topicSchema.default('homeassistant').describe('Where Home Assistant looks for devices.'),
    labels: z
      .array(z.string().min(1).max(200))
      .max(64)
      .default(['person', 'car'])
      .describe(
        'Labels with a count, an occupancy sensor and events for each camera, where its model knows them.',
      ),
  })
  .describe('Discovery by Home Assistant, over MQTT.');
