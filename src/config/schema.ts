/**
 * The configuration, once: types, defaults, help texts, the editor schema and the example all come from
 * here. Keys are snake_case as in the file; every object refuses keys that it does not know. `examples`
 * are the values that the example file shows where there is no default.
 */
import { z } from 'zod';
import { DEFAULT_SLICING, LEAST_TILE, MOST_OVERLAP, MOST_TILE } from '../core/slicing.js';
import { CODECS } from '../core/source.js';
import { LEAST_REGION, ROTATIONS } from '../core/view.js';
import { health, http } from './health-schema.js';
import { mqtt } from './mqtt-schema.js';
import { nameSchema } from './name-schema.js';
import { homeAssistant, outbox, outputs } from './output-schema.js';
import { cameraRecording, recordings } from './recording-schema.js';
import { tracking } from './tracking-schema.js';
import { remote, updates } from './update-schema.js';
import { lines, zones } from './zone-schema.js';

const device = z
  .strictObject({
    id: nameSchema.optional().meta({
      description: 'Name of this device in every topic. Default: the host name.',
      examples: ['dock-3'],
    }),
  })
  .describe('Who this device is.');

const log = z
  .strictObject({
    level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .describe('Least severe level that is logged.'),
    format: z
      .enum(['auto', 'json', 'pretty'])
      .default('auto')
      .describe('json for machines, pretty for people, auto: pretty on a terminal.'),
  })
  .describe('Logs go to standard output.');

const paths = z
  .strictObject({
    state: z
      .string()
      .min(1)
      .optional()
      .meta({
        description:
          'Folder for what must survive. Default: /var/lib/detectd, without root the XDG state folder.',
        examples: ['/var/lib/detectd'],
      }),
    cache: z
      .string()
      .min(1)
      .optional()
      .meta({
        description:
          'Folder for what can be made again. Default: /var/cache/detectd, without root the XDG cache folder.',
        examples: ['/var/cache/detectd'],
      }),
  })
  .describe('Folders.');

export const modelSchema = z
  .strictObject({
    bundle: z
      .string()
      .min(1)
      .meta({
        description:
          'Folder or .tar.gz with model.onnx and infer_cfg.yml, used where it lies; or where an archive is fetched from: file:PATH, https://…, http://… or mqtt:TOPIC.',
        examples: ['/srv/models/people'],
      }),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits in small letters')
      .optional()
      .meta({
        description: 'Of the archive that is fetched; needed where updates.keys is empty.',
        examples: ['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      }),
    version: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({
        description:
          'That its manifest must give. Default: any that is not older than the newest that served.',
        examples: ['1.3.0'],
      }),
    classes: z
      .union([z.enum(['same', 'any']), z.array(z.string().min(1).max(200)).min(1).max(10_000)])
      .default('same')
      .describe(
        'Classes that a new version must have: same (all that the one before has), any, or a list of names.',
      ),
    downgrade: z.boolean().default(false).describe('Take a version that is older than the one that served.'),
    attempt: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(1)
      .describe('Raise it to have a version tried again that was refused or rolled back.'),
    urgent: z
      .boolean()
      .default(false)
      .describe('Fetch and change it at once: outside the window, and over a metered network.'),
    threshold: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('Detections at or below this score are dropped.'),
    precision: z.enum(['fp32', 'fp16', 'int8']).default('fp32').describe('Arithmetic of the engine.'),
    provider: z
      .enum(['auto', 'tensorrt', 'cuda', 'cpu'])
      .default('auto')
      .describe('Execution provider; auto takes the best that works.'),
    threads: z
      .number()
      .int()
      .min(0)
      .max(256)
      .default(0)
      .describe('CPU threads inside one inference; 0 lets the runtime decide.'),
    dla_core: z
      .number()
      .int()
      .min(0)
      .max(1)
      .optional()
      .meta({
        description:
          'Deep learning accelerator that its TensorRT engine runs on, in FP16 or INT8; what that cannot do stays with the GPU. Default: the GPU alone.',
        examples: [0],
      }),
    max_batch: z
      .number()
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe(
        'At most this many pictures, of different cameras, are analysed at once; helps on a GPU. A model that cannot do so takes them one by one.',
      ),
    batch_wait_ms: z
      .number()
      .min(0)
      .max(1000)
      .default(0)
      .describe(
        'With max_batch: how long a picture may wait for others while nothing is analysed; 0 takes what is there.',
      ),
  })
  .describe('A model.');

const slicing = z
  .strictObject({
    tile: z
      .union([z.literal('auto'), z.number().int().min(LEAST_TILE).max(MOST_TILE)])
      .default(DEFAULT_SLICING.tile)
      .describe("Side of a tile in pixels; auto is the size of the network's input."),
    overlap: z
      .number()
      .min(0)
      .max(MOST_OVERLAP)
      .default(DEFAULT_SLICING.overlap)
      .describe(
        'Least part of a tile that its neighbour covers too; objects up to that size are seen whole.',
      ),
    merge: z
      .enum(['ios', 'nms'])
      .default(DEFAULT_SLICING.merge)
      .describe('ios joins the parts of cut objects, nms only drops what coincides with something better.'),
    threshold: z
      .number()
      .positive()
      .max(1)
      .default(DEFAULT_SLICING.threshold)
      .describe('Overlap from which two boxes are one object.'),
    whole: z
      .boolean()
      .default(DEFAULT_SLICING.whole)
      .describe('Analyse the whole picture too, for what is larger than a tile.'),
  })
  .describe(
    'Cuts each picture into overlapping tiles and analyses them one by one, for objects that are small in it. Every tile costs an inference; set fps to what the machine can do.',
  );

const fraction = z.number().min(0).max(1);
const side = z.number().min(LEAST_REGION).max(1);
/** Of sums such as 0.7 + 0.3. */
const ROUNDING = 1e-9;

const region = z
  .strictObject({
    x: fraction.default(0).describe('Left side.'),
    y: fraction.default(0).describe('Upper side.'),
    width: side.default(1).describe('Width.'),
    height: side.default(1).describe('Height.'),
  })
  .refine(({ x, width }) => x + width <= 1 + ROUNDING, {
    message: 'must end within the picture: x + width is at most 1',
    path: ['width'],
  })
  .refine(({ y, height }) => y + height <= 1 + ROUNDING, {
    message: 'must end within the picture: y + height is at most 1',
    path: ['height'],
  })
  .describe(
    'Part of the picture that is analysed, cut out before it is scaled: x, y, width and height as fractions of the picture as it is seen, after rotation. Boxes and snapshots refer to the whole picture.',
  );

export const cameraSchema = z
  .strictObject({
    source: z
      .string()
      .min(1)
      .meta({
        description:
          'file:PATH, v4l2:DEVICE, rtsp://…, csi:ID, http(s)://… (MJPEG), test:shapes, test:PATTERN, or gst:PIPELINE ending before the appsink.',
        examples: ['v4l2:/dev/video0'],
      }),
    model: nameSchema.meta({ description: 'Name of a model above.', examples: ['people'] }),
    enabled: z.boolean().default(true).describe('false keeps the camera configured but closed.'),
    fps: z
      .number()
      .positive()
      .max(1000)
      .optional()
      .meta({
        description: 'At most this many frames per second are analysed. Default: all that come.',
        examples: [10],
      }),
    every_frame: z
      .boolean()
      .default(false)
      .describe('Files only: analyse every frame, however long it takes. Otherwise the newest frame wins.'),
    loop: z.boolean().default(false).describe('Files only: start over at the end.'),
    codec: z
      .enum(['auto', ...CODECS])
      .default('auto')
      .describe(
        'RTSP and v4l2: how the pictures are coded (raw: v4l2 only). auto asks the camera before it is opened; name it for one that takes no questions. http: mjpeg, or auto.',
      ),
    rtsp_transport: z.enum(['tcp', 'udp']).default('tcp').describe('RTSP only: how the stream travels.'),
    rtsp_latency_ms: z.number().int().min(0).max(10_000).default(200).describe('RTSP only: jitter buffer.'),
    stall_timeout_s: z
      .number()
      .min(1)
      .max(600)
      .default(4)
      .describe('Seconds without a frame, where one is due, after which the camera is opened anew.'),
    weight: z
      .number()
      .min(0.1)
      .max(100)
      .default(1)
      .describe(
        'When there is not time for the frames of all cameras: one with twice the weight gets twice the frames.',
      ),
    rotate: z
      .literal(ROTATIONS)
      .default(0)
      .describe('Degrees clockwise by which pictures are turned: 0, 90, 180 or 270.'),
    region: region.optional(),
    frozen_after_s: z
      .number()
      .min(0)
      .max(3600)
      .default(4)
      .describe('Seconds of pictures that are all the same, after which the camera is frozen; 0: never.'),
    black_after_s: z
      .number()
      .min(0)
      .max(3600)
      .default(3)
      .describe(
        'Seconds of pictures in which nothing can be told apart, after which the camera is black or covered; 0: never.',
      ),
    slicing: slicing.optional(),
    zones,
    lines,
    recording: cameraRecording.optional(),
  })
  .describe('A camera.');

const worker = z
  .strictObject({
    hang_timeout_s: z
      .number()
      .min(1)
      .max(600)
      .default(8)
      .describe(
        'Seconds without a result while frames arrive, or without a sign of life, after which the worker is replaced. Must be more than one inference takes: a large model on a slow processor may need 30.',
      ),
    start_timeout_s: z
      .number()
      .min(1)
      .max(3600)
      .default(120)
      .describe('Seconds that a worker may take to load its models.'),
    restart_delay_s: z
      .number()
      .min(0.1)
      .max(60)
      .default(0.2)
      .describe('First delay before a failed worker is started again; doubles up to a minute.'),
    stable_s: z
      .number()
      .min(1)
      .max(86_400)
      .default(60)
      .describe('A worker that ran this long has recovered: the delay starts over.'),
  })
  .describe('The process that holds cameras and models.');

const engines = z
  .strictObject({
    build: z
      .boolean()
      .default(true)
      .describe(
        'Build missing engines in the background; otherwise only those serve that `detectd engines build` has made.',
      ),
    max_size_mb: z
      .number()
      .int()
      .min(16)
      .max(1_000_000)
      .default(2048)
      .describe(
        'Size of all engines together in MB; beyond it those go that were not used for longest, never one in use.',
      ),
  })
  .describe(
    'Engines are kept in the cache folder, for exactly the software and hardware they were built on.',
  );

export const configSchema = z
  .strictObject({
    device: device.prefault({}),
    log: log.prefault({}),
    paths: paths.prefault({}),
    mqtt: mqtt.prefault({}),
    outbox: outbox.prefault({}),
    outputs: outputs.prefault({}),
    home_assistant: homeAssistant.prefault({}),
    models: z
      .record(nameSchema, modelSchema)
      .refine((value) => Object.keys(value).length > 0, 'must name at least one model')
      .describe('Models by name.'),
    cameras: z
      .record(nameSchema, cameraSchema)
      .refine((value) => Object.keys(value).length > 0, 'must name at least one camera')
      .describe('Cameras by name.'),
    tracking: tracking.prefault({}),
    recordings: recordings.prefault({}),
    engines: engines.prefault({}),
    worker: worker.prefault({}),
    updates: updates.prefault({}),
    remote: remote.prefault({}),
    health: health.prefault({}),
    http: http.prefault({}),
  })
  .describe('Configuration of detectd.');

export type Config = z.output<typeof configSchema>;
export type MqttConfig = Config['mqtt'];
export type OutboxConfig = Config['outbox'];
export type OutputsConfig = Config['outputs'];
export type HomeAssistantConfig = Config['home_assistant'];
export type ModelConfig = Config['models'][string];
export type CameraConfig = Config['cameras'][string];
export type CameraRecordingConfig = NonNullable<CameraConfig['recording']>;
export type RecordingsConfig = Config['recordings'];
export type TrackingConfig = Config['tracking'];
export type WorkerConfig = Config['worker'];
export type HealthConfig = Config['health'];
export type HttpConfig = Config['http'];
export type UpdatesConfig = Config['updates'];
export type RemoteConfig = Config['remote'];
