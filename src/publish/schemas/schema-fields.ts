/**
 * Pieces that the schemas of several topics share. These files are the one source of what travels: the types of the
 * builders, config/schemas/ and its TypeScript declarations come from them. The daemon imports their types alone.
 */
import { z } from 'zod';

export const text = (description: string) => z.string().describe(description);
export const number = (description: string) => z.number().describe(description);
/** Not below 0. */
export const amount = (description: string) => z.number().min(0).describe(description);
/** Whole and not below 0. */
export const count = (description: string) => z.int().min(0).describe(description);
export const flag = (description: string) => z.boolean().describe(description);
export const time = (description: string) => z.string().meta({ description, format: 'date-time' });
export const byName = <T extends z.ZodType>(value: T, description: string) =>
  z.record(z.string(), value).describe(description);

/** Of every message. */
export const head = {
  schema: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/)
    .describe(
      'Version of the schema as major.minor.patch; readers of one major version understand all of it.',
    ),
  device: text('Name of the device, as in the topic.'),
  boot_id: text('Differs with every start of the daemon.'),
};

export const camera = text('Name of the camera, as in the topic.');
export const digest = 'sha256: and 64 hexadecimal digits';
export const ts = time('When the message was made, RFC 3339 in UTC with milliseconds.');

export const errorFields = {
  code: text('Stable code, listed in the README.'),
  message: text('One sentence on what is wrong; without secrets.'),
  hint: text('One sentence on what to do.').exactOptional(),
};
export const error = (description: string) => z.object(errorFields).describe(description);

export const stepsDown = z
  .array(
    z.object({
      provider: z.enum(['tensorrt', 'cuda', 'cpu']).describe('The provider that would be better.'),
      reason: text('Why it is not used, in one sentence.'),
    }),
  )
  .describe('Providers that would be better, and why they are not used.');

export const size = (description: string) =>
  z.object({ w: count('Width in pixels.'), h: count('Height in pixels.') }).describe(description);

export const pixels = z
  .tuple([
    amount('Left edge, in pixels.'),
    amount('Top edge, in pixels.'),
    amount('Right edge, in pixels.'),
    amount('Bottom edge, in pixels.'),
  ])
  .describe('The box as x1, y1, x2, y2 in pixels of the original picture.');
