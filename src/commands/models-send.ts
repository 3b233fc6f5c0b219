/**
 * `detectd models send`: puts an archive on the broker, for devices that are configured with `bundle: mqtt:TOPIC`, or takes
 * it away again. It speaks to the broker of a configuration or to one that is named, and needs no daemon.
 */
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Command } from 'commander';
import { readBoundedFile } from '../base/bounded-file.js';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';
import { printableText } from '../base/printable.js';
import { findConfig } from '../config/folders.js';
import { loadConfig } from '../config/load.js';
import { parseModelSource } from '../config/model-source.js';
import { configSchema, type MqttConfig } from '../config/schema.js';
import type { ChunkManifest } from '../models/fetch/chunk-manifest.js';
import { brokerUrls } from '../publish/broker-address.js';
import { type BrokerConnection, hangUp } from '../publish/broker-connection.js';
import { BrokerDialer } from '../publish/broker-dialer.js';
import { wholeNumber } from './arguments.js';
import { ChunkSender, describeArchive } from './chunk-sender.js';
import type { Interruption } from './interruption.js';
import { ProgressLine } from './progress-line.js';

interface SendOptions {
  topic: string;
  config?: string;
  broker?: string;
  username?: string;
  passwordFile?: string;
  ca?: string;
  minisig?: string;
  chunkKb: number;
  remove: boolean;
  timeout: number;
  json: boolean;
}

export interface SendResult {
  topic: string;
  /** Null when something was taken away. */
  sha256: string | null;
  bytes: number;
  chunks: number;
  signed: boolean;
  /** Chunks of what lay there before. */
  removed_chunks: number;
}

const MAX_ARCHIVE_BYTES = 2 * 2 ** 30;
const MAX_SIGNATURE_BYTES = 4096;
const MAX_PASSWORD_BYTES = 4096;
const GZIP = Buffer.from([0x1f, 0x8b]);

export function sendCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('send')
    .description('put an archive on the broker, for bundle: mqtt:TOPIC; or take it away')
    .argument('[archive]', 'made by "detectd models pack"; its signature is sent with it')
    .requiredOption('--topic <topic>', 'below which it is put, such as site/models/people')
    .option('-c, --config <file>', 'configuration whose broker is used')
    .option('--broker <url>', 'broker to use instead, such as mqtts://broker:8883')
    .option('--username <name>', 'for --broker')
    .option('--password-file <file>', 'for --broker')
    .option('--ca <file>', 'for --broker: authorities that may have signed its certificate')
    .option('--minisig <file>', 'signature (default: ARCHIVE.minisig, where there is one)')
    .option('--chunk-kb <number>', 'size of a message in KiB', wholeNumber(1, 1024), 256)
    .option('--remove', 'take away what lies below the topic', false)
    .option('--timeout <seconds>', 'patience with each answer of the broker', wholeNumber(1, 600), 30)
    .option('--json', 'print one JSON object', false)
    .action((archive: string | undefined, options: SendOptions) =>
      interruption.guard(async (signal) => {
        const result = await send(io, archive, options, signal);
        io.out(options.json ? `${JSON.stringify(result)}\n` : printableText(resultText(result, options)));
      }),
    );
}

async function send(
  io: CommandIo,
  archive: string | undefined,
  options: SendOptions,
  signal: AbortSignal,
): Promise<SendResult> {
  if ((archive === undefined) !== options.remove)
    throw new DetectdError('USAGE', 'Give either an archive or --remove.');
  const topic = checkedTopic(options.topic);
  const mqtt = await brokerConfig(io, options);
  const manifest = archive === undefined ? undefined : await prepared(archive, options);
  const timeoutMs = options.timeout * 1000;
  const connection = await connected(mqtt, timeoutMs, signal);
  const total = manifest === undefined ? 0 : manifest.chunks + 1;
  const progress = new ProgressLine({ io, clock: systemClock, total, noun: 'chunks', worthwhile: true });
  const onSent = (): void => progress.advance();
  const sender = new ChunkSender({ connection, topic, clock: systemClock, signal, timeoutMs, onSent });
  sender.start();
  try {
    const before = await sender.present();
    if (manifest === undefined || archive === undefined) return await takenAway(sender, before, topic);
    await sender.put(archive, manifest, before);
    const { sha256, size: bytes, chunks, minisig } = manifest;
    const removed_chunks = Math.max(0, (before?.chunks ?? 0) - chunks);
    return { topic, sha256, bytes, chunks, signed: minisig !== undefined, removed_chunks };
  } finally {
    progress.close();
    await hangUp(connection, systemClock);
  }
}

async function takenAway(
  sender: ChunkSender,
  before: ChunkManifest | undefined,
  topic: string,
): Promise<SendResult> {
  if (before === undefined)
    throw new DetectdError(
      'UPDATE_UNKNOWN',
      `The broker holds no archive below ${topic}.`,
      'Check --topic, and whether this user may read it.',
    );
  await sender.remove(before);
  return { topic, sha256: null, bytes: 0, chunks: 0, signed: false, removed_chunks: before.chunks };
}

function checkedTopic(topic: string): string {
  try {
    parseModelSource(`mqtt:${topic}`);
    return topic;
  } catch (error) {
    throw new DetectdError('USAGE', `--topic cannot be used: ${messageOf(error)}`, undefined, {
      cause: error,
    });
  }
}

async function connected(
  mqtt: MqttConfig,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<BrokerConnection> {
  const clientId = `detectd-send-${randomBytes(6).toString('hex')}`;
  const url = brokerUrls(mqtt);
  return new BrokerDialer().connect({ config: mqtt, url, clientId, timeoutMs, clock: systemClock, signal });
}

async function brokerConfig(io: CommandIo, options: SendOptions): Promise<MqttConfig> {
  const { broker, username, passwordFile, ca, config: file } = options;
  if (broker === undefined) {
    if (username !== undefined || passwordFile !== undefined || ca !== undefined)
      throw new DetectdError('USAGE', '--username, --password-file and --ca belong to --broker.');
    return (await loadConfig(file ?? (await findConfig(io.env)), { env: io.env })).config.mqtt;
  }
  if (file !== undefined) throw new DetectdError('USAGE', 'Give either --config or --broker.');
  const password = passwordFile === undefined ? undefined : await readPassword(passwordFile);
  const login = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
  const { success, data, error } = configSchema
    .pick({ mqtt: true })
    .safeParse({ mqtt: { broker, ...login, ...(ca === undefined ? {} : { ca }) } });
  if (success && data.mqtt.broker !== 'embedded') return data.mqtt;
  throw new DetectdError(
    'USAGE',
    `--broker cannot be used: it ${error?.issues[0]?.message ?? 'is in a daemon'}.`,
  );
}

async function readPassword(path: string): Promise<string> {
  try {
    return (await readBoundedFile(path, MAX_PASSWORD_BYTES)).toString('utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new DetectdError('USAGE', `The password file ${path} cannot be read: ${messageOf(error)}.`);
  }
}

async function prepared(archive: string, options: SendOptions): Promise<ChunkManifest> {
  try {
    await requireArchive(archive);
    const manifest = await describeArchive(archive, options.chunkKb * 1024, MAX_ARCHIVE_BYTES);
    const minisig = await signature(archive, options.minisig);
    return minisig === undefined ? manifest : { ...manifest, minisig };
  } catch (error) {
    if (error instanceof DetectdError) throw error;
    throw new DetectdError(
      'BUNDLE_NOT_FOUND',
      `The archive ${archive} cannot be read: ${messageOf(error)}.`,
      'Make one with "detectd models pack".',
      { cause: error },
    );
  }
}

async function requireArchive(path: string): Promise<void> {
  const file = await open(path);
  try {
    const facts = await file.stat();
    const { buffer } = facts.isFile()
      ? await file.read(Buffer.alloc(2), 0, 2, 0)
      : { buffer: Buffer.alloc(2) };
    if (buffer.equals(GZIP)) return;
  } finally {
    await file.close();
  }
  throw new DetectdError(
    'BUNDLE_ARCHIVE',
    `${path} is no .tar.gz archive.`,
    'Make one with "detectd models pack".',
  );
}

async function signature(archive: string, given: string | undefined): Promise<string | undefined> {
  const path = given ?? `${archive}.minisig`;
  try {
    return (await readBoundedFile(path, MAX_SIGNATURE_BYTES)).toString('utf8');
  } catch (error) {
    if (given === undefined && systemCode(error) === 'ENOENT') return undefined;
    throw new DetectdError('USAGE', `The signature ${path} cannot be read: ${messageOf(error)}.`);
  }
}

function resultText(
  { topic, sha256, bytes, chunks, signed, removed_chunks }: SendResult,
  options: SendOptions,
): string {
  if (sha256 === null) return `took ${removed_chunks} chunks away from ${topic}\n`;
  const lines = [
    `sent ${bytes} bytes in ${chunks} messages of ${options.chunkKb} KiB, ${signed ? 'signed' : 'not signed'}`,
    `  bundle: mqtt:${topic}`,
    `  sha256: ${sha256}`,
  ];
  return `${lines.join('\n')}\n`;
}
