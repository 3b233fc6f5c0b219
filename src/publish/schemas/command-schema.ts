/** What is asked on `cmd/<name>`, and the answer to it. */
import { z } from 'zod';
import { error, flag, head, text, ts } from './schema-fields.js';

/** Everything in it is optional: an empty message is a command, too. */
export const commandSchema = z.object({
  id: z.string().max(200).describe('Given back in the answer, to tell answers apart.').exactOptional(),
  camera: z.string().max(200).describe('Of snapshot, record and camera: name of the camera.').exactOptional(),
  enabled: flag('Of camera: whether it is to be watched.').exactOptional(),
  quality: z.int().min(1).max(100).describe('Of snapshot: of the JPEG, 1 to 100.').exactOptional(),
});

export const commandReplySchema = z.object({
  ...head,
  ts,
  command: text('Name of the command.'),
  id: text('As it was given; absent when none was.').exactOptional(),
  ok: flag('It was obeyed.'),
  result: z
    .looseObject({})
    .describe('What came of it; depends on the command. Only when ok.')
    .exactOptional(),
  error: error('Why it was not obeyed. Only when not ok.').exactOptional(),
});

export type CommandPayload = z.infer<typeof commandSchema>;
export type CommandReplyPayload = z.infer<typeof commandReplySchema>;
