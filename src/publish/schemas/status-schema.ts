/** The message of `status`: the state of the device, which the broker itself changes to `lost`. */
import { z } from 'zod';
import { head, text, time } from './schema-fields.js';

export const statusSchema = z.object({
  ...head,
  state: z
    .enum(['starting', 'building', 'ready', 'degraded', 'updating', 'stopped', 'lost'])
    .describe('State of the device; `lost` is its last will, told by the broker.'),
  reason: text('Why it is degraded; absent when there is nothing to say.').exactOptional(),
  ts: time(
    'When the state was entered, RFC 3339 in UTC. Of `lost`: when the connection was made that was lost.',
  ),
});

export type StatusPayload = z.infer<typeof statusSchema>;
