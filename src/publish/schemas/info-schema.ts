/** The message of `info`: what the device is and what it runs. */
import { z } from 'zod';
import { byName, digest, head, size, stepsDown, text, time, ts } from './schema-fields.js';

const modelInfo = z.object({
  version: text('Version of the bundle.'),
  digest: text(`Digest of the bundle: ${digest}.`),
  provider: text('What it is run by: tensorrt, cuda or cpu.'),
  precision: text('Arithmetic that it computes in: fp32, fp16 or int8.'),
  family: text('Architecture of the network, as its decoder has it.'),
  labels: z
    .array(text('Name of a class.'))
    .describe('Names of its classes; `label_id` counts in them from 0.'),
  input: size("Size of the network's input."),
  steps_down: stepsDown,
});

export const infoSchema = z.object({
  ...head,
  version: text('Version of detectd.'),
  started: time('When the daemon started by the clock of now, RFC 3339 in UTC.').exactOptional(),
  node: text('Version of Node.js.'),
  platform: text('Operating system and processor, as in linux-arm64.'),
  fingerprint: byName(
    text('The fact, as its maker writes it.'),
    'What the machine is: l4t, jetpack, compute_capability …; what is unknown is left out.',
  ).exactOptional(),
  models: byName(modelInfo, 'Models that are loaded, by name.'),
  cameras: z.array(text('Name of a camera.')).describe('Names of the configured cameras.'),
  ts,
});

export type InfoPayload = z.infer<typeof infoSchema>;
export type ModelInfo = z.infer<typeof modelInfo>;
