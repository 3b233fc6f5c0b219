/**
 * The form of a document that changes the configuration from afar, before anything in it is believed. One source for
 * those who read documents and for the schema that those who write them check against.
 */
import { z } from 'zod';
import type { Json } from '../base/canonical-json.js';

export type JsonObject = { readonly [key: string]: Json };

const time = (description: string) =>
  z.iso
    .datetime({ offset: true, error: 'must be a time such as 2026-11-23T22:00:00Z' })
    .describe(`${description} RFC 3339.`);

const configuration = z
  .custom<JsonObject>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be a mapping of keys to values',
  )
  .meta({
    type: 'object',
    description: 'A partial configuration, laid over the local file; null deletes a key.',
  });

const rollout = z
  .strictObject({
    percent: z
      .number()
      .min(0)
      .max(100)
      .default(100)
      .describe('Percent of the devices that take part, 0 to 100.'),
    seed: z
      .string()
      .max(200)
      .default('')
      .describe('Any text that is the same for all stages; needed with a percent between 0 and 100.'),
    tags: z
      .array(z.string().max(63).describe('A tag.'))
      .max(64)
      .optional()
      .describe('Only devices with one of these tags (remote.tags) take part.'),
    not_before: time('Not applied before this time;').optional(),
    hold: z.boolean().default(false).describe('Not applied until a version without it comes.'),
  })
  .refine(({ percent, seed }) => percent === 0 || percent === 100 || seed !== '', {
    path: ['seed'],
    message: 'is needed with a percent between 0 and 100: any text that is the same for all stages',
  });

export const desiredForm = z.strictObject({
  version: z.int().min(1).describe('Goes up with every document; a lower one is refused.'),
  issued: time('When it was written;').optional(),
  expires: time('Refused from this time on;').optional(),
  device: z
    .string()
    .min(1)
    .max(63)
    .optional()
    .describe('Name of the one device that it is for; needed in a signed document for one device.'),
  config: configuration,
  rollout: rollout.optional().describe('For step by step; without it all take part.'),
});
