/** The message of `events`: something that happened to the device, told once and in order. */
import { z } from 'zod';
import { count, flag, head, text, time } from './schema-fields.js';

/** Further fields depend on the type of the event. */
export const eventSchema = z.looseObject({
  ...head,
  seq: count('Counts the events since the daemon started, from 0, without a gap.'),
  ts: time('When it happened, RFC 3339 in UTC with milliseconds.'),
  type: text(
    'What happened: started, device-state, camera-state, worker-failed, worker-recycled, remedy, engine-built, engine-refused, model-changed, config-applied, config-refused, command, recording, outbox, lost; others may come.',
  ),
  severity: z.enum(['info', 'warning', 'error']).describe('How bad it is.'),
  message: text('One sentence, without secrets.'),
  code: text('Stable code behind it, listed in the README.').exactOptional(),
  camera: text('Name of the camera that it is about.').exactOptional(),
  model: text('Name of the model that it is about.').exactOptional(),
  historical: flag('True when it is delivered late, after an outage; else absent.').exactOptional(),
});

export type EventPayload = z.infer<typeof eventSchema>;
