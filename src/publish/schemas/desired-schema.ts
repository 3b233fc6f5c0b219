/** What is sent to `config/desired`: a document as it is, or signed. */
import { z } from 'zod';
import { desiredForm } from '../../config/desired-form.js';
import { text } from './schema-fields.js';

const signed = z
  .strictObject({
    payload: text('The document as text, exactly as it was signed.'),
    minisig: text('Its signature, as a .minisig file has it.'),
  })
  .describe('A signed document.');

export const desiredSchema = z.union([desiredForm, signed]);
