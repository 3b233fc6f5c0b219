/** The message of `models/<model>/state`: what serves, and what is on its way. */
import { z } from 'zod';
import { count, digest, error, head, stepsDown, text, time, ts } from './schema-fields.js';

const phases = [
  ...['serving', 'probing', 'failed', 'missing', 'unused', 'waiting', 'preparing', 'parsing', 'building'],
  ...['loading', 'accepting', 'saving', 'downloading', 'verified', 'staged', 'trial', 'probation'],
] as const;

export const modelStateSchema = z.object({
  ...head,
  model: text('Name of the model, as in the topic.'),
  phase: z.enum(phases).describe('What it is at; `serving` when nothing else is.'),
  percent: z
    .int()
    .min(0)
    .max(99)
    .describe('Of the build, or of what an update is at; absent where it is not known.')
    .exactOptional(),
  elapsed_s: count('Seconds since the build began.').exactOptional(),
  expected_s: count(
    'Seconds that it is expected to take, or for a download those that are left.',
  ).exactOptional(),
  provider: text('Of the engine that is being built: tensorrt, cuda or cpu.').exactOptional(),
  precision: text('Of the engine that is being built: fp32, fp16 or int8.').exactOptional(),
  active: z
    .object({
      digest: text(`Digest of the bundle: ${digest}.`),
      version: text('Version of the bundle.'),
      provider: text('What it is run by: tensorrt, cuda or cpu.'),
      precision: text('fp32, fp16 or int8.'),
      engine: z
        .string()
        .nullable()
        .describe('Key of its engine; null for a graph that was prepared when it was loaded.'),
    })
    .describe('What serves; absent before the model is loaded.')
    .exactOptional(),
  previous_digest: text('Digest of the bundle that served before.').exactOptional(),
  last_error: error('What failed last, as far as it still matters.').exactOptional(),
  update: z
    .object({
      source: text('Where it comes from, with passwords masked.'),
      phase: text(
        'downloading, verified, staged, building, trial, active, confirmed, failed or rolled_back.',
      ),
      since: time('When that phase began, RFC 3339 in UTC.'),
      version: text('Version of the new bundle; absent before it is known.').exactOptional(),
      digest: text('Digest of the new bundle; absent before it is known.').exactOptional(),
      waiting: text('What it waits for, as a clause.').exactOptional(),
      error: error('Why it has ended, or why it is tried again.').exactOptional(),
    })
    .describe('The new version that is on its way, or how the last one ended; absent where there was none.')
    .exactOptional(),
  steps_down: stepsDown,
  ts,
});

export type ModelStatePayload = z.infer<typeof modelStateSchema>;
