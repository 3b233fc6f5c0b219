/**
 * Puts an archive on a broker in retained chunks, and takes one away again. The manifest goes first when something is taken
 * away and comes last when something is put there, so that whoever reads it finds all that it names.
 */
import { createHash } from 'node:crypto';
import { boundedChunks } from '../base/bounded-file.js';
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import {
  type ChunkManifest,
  chunkTopic,
  MOST_CHUNK_DIGESTS,
  manifestTopic,
  parseChunkManifest,
} from '../models/fetch/chunk-manifest.js';
import type { BrokerConnection } from '../publish/broker-connection.js';

const EMPTY = Buffer.alloc(0);
/** More at once would only fill the memory of both. */
const MOST_IN_FLIGHT = 4;
/** Between the broker's answer to a subscription and what it holds. */
const RETAINED_MS = 1000;
/** MQTT headers, and the topic. */
const HEADER_BYTES = 1100;

export interface ChunkSenderOptions {
  connection: BrokerConnection;
  topic: string;
  clock: Clock;
  signal: AbortSignal;
  /** For each answer of the broker. */
  timeoutMs: number;
  /** One more message is with the broker. */
  onSent: () => void;
}

/** What the archive at `path` is, in chunks of `chunkBytes`. Throws the system's errors. */
export async function describeArchive(
  path: string,
  chunkBytes: number,
  maxBytes: number,
): Promise<ChunkManifest> {
  const hash = createHash('sha256');
  const digests: string[] = [];
  let size = 0;
  for await (const chunk of chunksOf(path, chunkBytes, maxBytes)) {
    hash.update(chunk);
    size += chunk.length;
    if (digests.length <= MOST_CHUNK_DIGESTS) digests.push(createHash('sha256').update(chunk).digest('hex'));
  }
  const chunks = Math.ceil(size / chunkBytes);
  const facts = { schema: 1, size, sha256: hash.digest('hex'), chunk_bytes: chunkBytes, chunks } as const;
  return chunks <= MOST_CHUNK_DIGESTS ? { ...facts, chunk_sha256: digests } : facts;
}

export class ChunkSender {
  readonly #options: ChunkSenderOptions;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #failures = new Set<(error: unknown) => void>();

  constructor(options: ChunkSenderOptions) {
    this.#options = options;
  }

  /** From here on the end of the connection is the end of what waits for it. */
  start(): void {
    const { connection } = this.#options;
    void connection.over.then((reason) => {
      const error =
        reason ?? new DetectdError('MQTT_UNREACHABLE', 'The connection to the broker was closed.');
      for (const fail of this.#failures) fail(error);
    });
  }

  /** What lies there now; undefined where nothing does, or nothing that can be understood. */
  async present(): Promise<ChunkManifest | undefined> {
    const { connection, topic, clock, signal } = this.#options;
    const wanted = manifestTopic(topic);
    let heard: (payload: Buffer | undefined) => void = () => undefined;
    const found = new Promise<Buffer | undefined>((resolve) => {
      heard = resolve;
    });
    await connection.subscribe([wanted], (from, payload) => {
      if (from === wanted) heard(payload);
    });
    const timer = clock.after(RETAINED_MS, () => heard(undefined));
    const payload = await found;
    timer.cancel();
    signal.throwIfAborted();
    if (payload === undefined || payload.length === 0) return undefined;
    try {
      return parseChunkManifest(payload, topic);
    } catch {
      return undefined;
    }
  }

  /** Takes away what `manifest` names. Rejects with MQTT_… errors, and with the reason of the signal. */
  async remove(manifest: ChunkManifest, from = 0): Promise<void> {
    const { topic } = this.#options;
    if (from === 0) await this.#sendNow(manifestTopic(topic), EMPTY);
    for (let index = from; index < manifest.chunks; index += 1)
      await this.#send(chunkTopic(topic, index), EMPTY);
    await this.#allSent();
  }

  /** Puts the archive at `path` there in place of `before`. Rejects as remove(), and with OUTPUT_… where it changed. */
  async put(path: string, manifest: ChunkManifest, before: ChunkManifest | undefined): Promise<void> {
    const { topic } = this.#options;
    if (before !== undefined) await this.#sendNow(manifestTopic(topic), EMPTY);
    const hash = createHash('sha256');
    let index = 0;
    for await (const chunk of chunksOf(path, manifest.chunk_bytes, manifest.size)) {
      hash.update(chunk);
      await this.#send(chunkTopic(topic, index), chunk);
      index += 1;
    }
    await this.#allSent();
    if (hash.digest('hex') !== manifest.sha256)
      throw new DetectdError(
        'BUNDLE_ARCHIVE',
        `The archive ${path} changed while it was sent.`,
        'Send it again.',
      );
    if (before !== undefined && before.chunks > manifest.chunks) await this.remove(before, manifest.chunks);
    await this.#sendNow(manifestTopic(topic), Buffer.from(JSON.stringify(manifest)));
  }

  async #sendNow(topic: string, payload: Buffer): Promise<void> {
    await this.#send(topic, payload);
    await this.#allSent();
  }

  /** Resolves when another may follow. */
  async #send(topic: string, payload: Buffer): Promise<void> {
    const { connection, signal } = this.#options;
    signal.throwIfAborted();
    const room = connection.maxPacketBytes - HEADER_BYTES;
    if (payload.length > room)
      throw new DetectdError(
        'USAGE',
        `The broker takes messages of ${room} bytes, and one has ${payload.length}.`,
        'Give smaller chunks with --chunk-kb, or allow larger messages in the broker.',
      );
    const sent: Promise<void> = this.#acknowledged(topic, payload).finally(() => this.#inFlight.delete(sent));
    // Awaited below or with a later one.
    sent.catch(() => undefined);
    this.#inFlight.add(sent);
    if (this.#inFlight.size >= Math.min(MOST_IN_FLIGHT, connection.maxInFlight))
      await Promise.race(this.#inFlight);
  }

  async #allSent(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  #acknowledged(topic: string, payload: Buffer): Promise<void> {
    const { connection, clock, signal, timeoutMs, onSent } = this.#options;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => settle(() => reject(error));
      const cut = (): void => fail(signal.reason);
      const settle = (how: () => void): void => {
        timer.cancel();
        signal.removeEventListener('abort', cut);
        this.#failures.delete(fail);
        how();
      };
      const timer = clock.after(timeoutMs, () => fail(silent(connection.display, timeoutMs)));
      signal.addEventListener('abort', cut, { once: true });
      this.#failures.add(fail);
      connection.send(topic, payload, { qos: 1, retain: true }, (error) => {
        if (error) return fail(error);
        settle(resolve);
        onSent();
      });
    });
  }
}

function silent(display: string, timeoutMs: number): DetectdError {
  return new DetectdError(
    'MQTT_UNREACHABLE',
    `The MQTT broker ${display} did not acknowledge a message within ${Math.round(timeoutMs / 1000)} s.`,
    'Look at its load, its log and its access rules, or give it more time with --timeout.',
  );
}

/** The file in pieces of `chunkBytes`; the last one may be shorter. */
async function* chunksOf(path: string, chunkBytes: number, maxBytes: number): AsyncGenerator<Buffer, void> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (let piece of boundedChunks(path, maxBytes)) {
    while (bytes + piece.length >= chunkBytes) {
      const end = chunkBytes - bytes;
      yield Buffer.concat([...held, piece.subarray(0, end)]);
      piece = piece.subarray(end);
      held = [];
      bytes = 0;
    }
    if (piece.length > 0) held.push(piece);
    bytes += piece.length;
  }
  if (bytes > 0) yield Buffer.concat(held);
}
