/**
 * The section `outputs.deepstream` of the configuration. What DeepStream reads from the file of its message converter, groups
 * [sensor0] and [place0], is told here.
 */
import { z } from 'zod';

const text = z.string().max(200);
const number = z.number().min(-1e9).max(1e9);

const location = z
  .tuple([number, number, number])
  .default([0, 0, 0])
  .describe('Latitude and longitude in degrees, and height in metres.');
const coordinate = z
  .tuple([number, number, number])
  .default([0, 0, 0])
  .describe('Where it is on a plan: x, y and z.');

const sensor = z
  .strictObject({
    id: text
      .min(1)
      .optional()
      .meta({
        description: 'Its name for readers. Default: that of the camera.',
        examples: ['GATE_7'],
      }),
    type: text.default('Camera').describe('What it is.'),
    description: text.default('').describe('What it sees.'),
    location,
    coordinate,
  })
  .describe('The camera of that name.');

const place = z
  .strictObject({
    id: text
      .optional()
      .meta({ description: 'Its name for programs. Default: that of the device.', examples: ['1'] }),
    name: text
      .optional()
      .meta({ description: 'Its name for people. Default: that of the device.', examples: ['dock'] }),
    type: text.default('').describe('What it is, such as a garage.'),
    location,
    coordinate,
    sub_field: z
      .tuple([text, text, text])
      .default(['', '', ''])
      .describe('Id, name and level of a part of it, such as an aisle.'),
  })
  .prefault({})
  .describe('Where the device is; told with schema: full.');

/** @param topic where its messages go */
export function deepstreamSchema(topic: z.ZodDefault<z.ZodString>) {
  return z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe('Publish messages as the message converter of DeepStream does.'),
      topic,
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
      sensors: z
        .record(z.string(), sensor)
        .default({})
        .describe('What is told of cameras beside their names.'),
      place,
    })
    .prefault({})
    .describe('For what reads DeepStream.');
}

export type SensorFacts = z.infer<typeof sensor>;
export type PlaceFacts = z.infer<typeof place>;
