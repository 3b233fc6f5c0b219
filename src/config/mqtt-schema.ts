/** The section `mqtt` of the configuration: which broker, how it is reached, and how messages travel. */
import { z } from 'zod';

/** A whole topic, or the first part of one. */
export const TOPIC = /^(?![$/])[^+#\s\0]{1,200}(?<!\/)$/;
export const topicSchema = z
  .string()
  .regex(TOPIC, 'must not be empty, start with "$" or "/", end with "/" or hold "+", "#" or spaces');

const address = z
  .string()
  .regex(
    /^(mqtt|mqtts|ws|wss):\/\/[^/\s]+/,
    'must be "embedded" or an address such as mqtt://host:1883, mqtts://host:8883, ws://host/path or wss://host/path',
  );

export const mqtt = z
  .strictObject({
    broker: z
      .union([z.literal('embedded'), address, z.array(address).min(1).max(8)])
      .default('embedded')
      .meta({
        description:
          'Address of the broker (mqtt, mqtts, ws or wss), or a list of them, of which the first that can be reached is used, or "embedded" for a broker inside detectd.',
      }),
    base: topicSchema.default('detectd').describe('First part of every topic.'),
    client_id: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .meta({
        description: 'MQTT client identifier. Default: detectd-<device id>.',
        examples: ['detectd-dock-3'],
      }),
    username: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'User name for the broker.', examples: ['dock-3'] }),
    password: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: `Password; give it as \${file:PATH} or \${NAME}, not in clear.`,
        examples: [`\${file:mqtt-password}`],
      }),
    ca: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: "PEM file of the authorities that may have signed the broker's certificate.",
        examples: ['tls/ca.pem'],
      }),
    cert: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'PEM file of the client certificate.', examples: ['tls/client.pem'] }),
    key: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'PEM file of the client key.', examples: ['tls/client-key.pem'] }),
    protocol: z
      .enum(['auto', '5', '3.1.1'])
      .default('auto')
      .describe('MQTT version; auto tries 5 and falls back.'),
    format: z
      .enum(['json', 'cbor'])
      .default('json')
      .describe('Form of every message of detectd itself: JSON text, or CBOR, which says the same in less.'),
    session_expiry_s: z
      .number()
      .int()
      .min(0)
      .max(604_800)
      .default(0)
      .describe(
        'Seconds that the broker keeps what is sent to this device while it is away, such as commands; 0: not at all.',
      ),
    topic_alias: z
      .boolean()
      .default(true)
      .describe(
        'Send the topic of detections once for each connection, where the broker goes along (MQTT 5).',
      ),
    user_properties: z
      .boolean()
      .default(true)
      .describe('Tell the schema and the content type of each message beside it (MQTT 5).'),
    keepalive_s: z.number().int().min(5).max(3600).default(30).describe('Seconds between pings.'),
    detections_expiry_s: z
      .number()
      .int()
      .min(1)
      .max(86_400)
      .default(10)
      .describe('Seconds after which the broker drops undelivered detections (MQTT 5).'),
    embedded: z
      .strictObject({
        host: z
          .string()
          .min(1)
          .default('127.0.0.1')
          .describe(
            'Address that it listens on. Any other than loopback is open to the network and wants username and password.',
          ),
        port: z.number().int().min(0).max(65_535).default(1883).describe('Its port; 0 takes a free one.'),
      })
      .prefault({})
      .describe(
        'Only with broker: embedded. It asks clients for a password only when username and password are set.',
      ),
  })
  .refine((value) => (value.cert === undefined) === (value.key === undefined), {
    path: ['cert'],
    message: 'belongs together with "mqtt.key": give both or neither',
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .describe('Where results go.');
