/** The message of `config/reported`: what configuration is in force, and why not the rest. */
import { z } from 'zod';
import { amount, byName, count, error, errorFields, flag, head, text, ts } from './schema-fields.js';

const document = z.object({
  state: z
    .enum(['absent', 'in_force', 'superseded', 'waiting', 'refused'])
    .describe(
      'Of the last document that came; `superseded`: the other one says something else to all of it.',
    ),
  version: count('Its version; absent where it could not be read.').exactOptional(),
  code: errorFields.code.describe('Of a refused one: stable code, listed in the README.').exactOptional(),
  message: errorFields.message.describe('Of a refused one: what is wrong.').exactOptional(),
  hint: errorFields.hint.describe('Of a refused one: what to do.'),
  rollout: z
    .object({
      bucket: amount('Where this device stands, 0 to 100; it takes part below `percent`.'),
      percent: amount('Percent of the devices that take part.'),
      in: flag('This device takes part.'),
      waiting: text('What it waits for, as a clause.').exactOptional(),
    })
    .describe('Of a document that is rolled out step by step.')
    .exactOptional(),
});

const leftOut = z.object({
  path: text('Keys with dots between them.'),
  code: z.enum(['DESIRED_NOT_ALLOWED', 'DESIRED_PINNED']).describe('Why it was left out.'),
  message: text('The same in a sentence, without values.'),
  document: z.enum(['fleet', 'device']).describe('The document that it stood in.'),
});

const model = z.object({
  wanted: text('Its configured source without secrets, and version where one is given.'),
  phase: text('As in the state of the model.'),
  active: text('Digest of what serves; absent before anything does.').exactOptional(),
  error: error('What failed last.').exactOptional(),
});

export const reportedSchema = z.object({
  ...head,
  ts,
  local: z
    .object({
      path: text('Path of the file on the device.'),
      digest: text('Digest of what that file alone says, secrets masked.'),
    })
    .describe('The local configuration.'),
  documents: z
    .object({
      fleet: document.describe('The document for all devices.'),
      device: document.describe('The document for this device.'),
    })
    .describe('What became of the documents.'),
  in_force: z
    .object({
      fleet: count('Version of the document for all devices; absent when none is.').exactOptional(),
      device: count('Version of the document for this device; absent when none is.').exactOptional(),
      digest: text('Digest of the whole configuration, secrets masked.'),
    })
    .describe('What is in force.'),
  left_out: z.array(leftOut).describe('Parts of documents that were not taken.'),
  models: byName(model, 'What each configured model should be and is.'),
});

export type ReportedPayload = z.infer<typeof reportedSchema>;
export type ReportedDocument = z.infer<typeof document>;
