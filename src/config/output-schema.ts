/**
 * The sections `outbox`, `outputs` and `home_assistant` of the configuration: what is kept until the broker has it, and in
 * which other forms results are told.
 */
import { z } from 'zod';
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

const adapter = (base: string, what: string) =>
  z
    .strictObject({
      enabled: z.boolean().default(false).describe(`Publish ${what}.`),
      topic: topicSchema.default(base).describe('First part of its topics.'),
    })
    .prefault({});

export const outputs = z
  .strictObject({
    detections: z
      .boolean()
      .default(true)
      .describe('Publish detections in the form of detectd; false where only others are wanted.'),
    frigate: adapter('frigate', 'counts, events and snapshots as Frigate does').describe(
      'For what reads Frigate.',
    ),
    deepstream: z
      .strictObject({
        enabled: z
          .boolean()
          .default(false)
          .describe('Publish messages as the message converter of DeepStream does.'),
        topic: topicSchema.default('deepstream').describe('Topic of all its messages.'),
        schema: z
          .enum(['minimal', 'full'])
          .default('minimal')
          .describe('minimal: one message for a frame; full: one for an object.'),
        every: z
          .number()
          .int()
          .min(1)
          .max(100_000)
          .default(1)
          .describe('Of so many analysed frames of a camera one is told; DeepStream itself takes 30.'),
      })
      .prefault({})
      .describe('For what reads DeepStream.'),
    dlstreamer: z
      .strictObject({
        enabled: z
          .boolean()
          .default(false)
          .describe('Publish messages as gvametaconvert and gvametapublish do.'),
        topic: topicSchema.default('dlstreamer').describe('Topic of all its messages.'),
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
      .describe('Labels with a count and an occupancy sensor for each camera, where its model knows them.'),
  })
  .describe('Discovery by Home Assistant, over MQTT.');
