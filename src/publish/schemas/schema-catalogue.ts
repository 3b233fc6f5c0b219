/**
 * Every message that detectd sends or takes, with its schema: what config/schemas/ is written from. Only scripts and tests
 * load this; messages of the daemon are right by their types.
 */
import { z } from 'zod';
import { cameraStatusSchema } from './camera-status-schema.js';
import { commandReplySchema, commandSchema } from './command-schema.js';
import { countsSchema } from './counts-schema.js';
import { desiredSchema } from './desired-schema.js';
import { detectionsSchema } from './detections-schema.js';
import { eventSchema } from './event-schema.js';
import { healthSchema } from './health-schema.js';
import { infoSchema } from './info-schema.js';
import { modelStateSchema } from './model-state-schema.js';
import { reportedSchema } from './reported-schema.js';
import { shadowSchema } from './shadow-schema.js';
import { statusSchema } from './status-schema.js';
import { trackSchema } from './track-schema.js';

export interface CataloguedPayload {
  /** Below `<base>/<device>/`. */
  topic: string;
  /** Name of the TypeScript type. */
  type: string;
  what: string;
  schema: z.ZodType;
  /** Somebody else sends it: what is written, not what is read. */
  toUs?: true;
}

/** By the name of its file in config/schemas/. */
export const PAYLOADS = {
  status: {
    ...{ topic: 'status', type: 'StatusPayload', schema: statusSchema },
    what: 'State of the device.',
  },
  info: {
    ...{ topic: 'info', type: 'InfoPayload', schema: infoSchema },
    what: 'What the device is and what it runs.',
  },
  health: {
    ...{ topic: 'health', type: 'HealthPayload', schema: healthSchema },
    what: 'Figures of the machine, the processes and the cameras.',
  },
  event: {
    ...{ topic: 'events', type: 'EventPayload', schema: eventSchema },
    what: 'Something that happened to the device.',
  },
  'camera-status': {
    ...{ topic: 'cameras/<camera>/status', type: 'CameraStatusPayload', schema: cameraStatusSchema },
    what: 'State of a camera.',
  },
  detections: {
    ...{ topic: 'cameras/<camera>/detections', type: 'DetectionsPayload', schema: detectionsSchema },
    what: 'What was found in one frame.',
  },
  track: {
    ...{ topic: 'cameras/<camera>/events', type: 'TrackPayload', schema: trackSchema },
    what: 'What became of an object that is followed.',
  },
  counts: {
    ...{ topic: 'cameras/<camera>/counts', type: 'CountsPayload', schema: countsSchema },
    what: 'How many of each label there are.',
  },
  'model-state': {
    ...{ topic: 'models/<model>/state', type: 'ModelStatePayload', schema: modelStateSchema },
    what: 'What serves, and what is on its way.',
  },
  shadow: {
    ...{ topic: 'models/<model>/shadow', type: 'ShadowPayload', schema: shadowSchema },
    what: 'A new version beside the one that serves.',
  },
  reported: {
    ...{ topic: 'config/reported', type: 'ReportedPayload', schema: reportedSchema },
    what: 'What configuration is in force, and why not the rest.',
  },
  desired: {
    ...{ topic: 'config/desired', type: 'DesiredPayload', schema: desiredSchema },
    what: 'A document that changes the configuration.',
    toUs: true,
  },
  command: {
    ...{ topic: 'cmd/<name>', type: 'CommandPayload', schema: commandSchema },
    what: 'A command.',
    toUs: true,
  },
  'command-reply': {
    ...{ topic: 'cmd/<name>/reply', type: 'CommandReplyPayload', schema: commandReplySchema },
    what: 'The answer to a command.',
  },
} as const satisfies Record<string, CataloguedPayload>;

export type PayloadKind = keyof typeof PAYLOADS;
export const PAYLOAD_KINDS = Object.keys(PAYLOADS) as PayloadKind[];

/** The part of JSON Schema that zod writes of these. */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  enum?: string[];
  anyOf?: JsonSchema[];
  required?: string[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | false;
  items?: JsonSchema | false;
  prefixItems?: JsonSchema[];
  [keyword: string]: unknown;
}

/**
 * JSON Schema, draft 2020-12. Fields that it does not name are allowed, as those of a later minor version are; `strict`
 * refuses them.
 */
export function payloadSchema(kind: PayloadKind, how: { strict?: boolean } = {}): JsonSchema {
  const entry: CataloguedPayload = PAYLOADS[kind];
  const { $schema, ...schema } = z.toJSONSchema(entry.schema, {
    io: how.strict === true && entry.toUs === undefined ? 'output' : 'input',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      delete jsonSchema.propertyNames;
      // zod writes the pattern out as well, half a screen of it.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  }) as JsonSchema;
  return {
    $schema,
    title: kind,
    ...schema,
    description: `${entry.what} Topic: <base>/<device>/${entry.topic}`,
  };
}
