/**
 * Archives from the broker, for sites without HTTP: the manifest first, then a few chunks at a time, each subscribed to when
 * it is wanted, so that the broker never sends more than we take. A new manifest in between begins anew.
 */
import { createHash } from 'node:crypto';
import type { ArchiveSource } from './archive-source.js';
import type { Attempt } from './attempt.js';
import {
  type ChunkManifest,
  chunkSize,
  chunkTopic,
  manifestTopic,
  parseChunkManifest,
} from './chunk-manifest.js';
import type { Download, Offer } from './download.js';
import { FetchFault } from './fetch-fault.js';
import type { ChunkTopics, FetchOptions } from './fetch-options.js';
import { Intake } from './intake.js';

/** Chunks that may be on their way, or wait for one before them. */
const AHEAD = 4;

export class MqttSource implements ArchiveSource {
  readonly where: string;
  readonly #topic: string;
  readonly #options: FetchOptions;
  #manifest: ChunkManifest | undefined;

  constructor(topic: string, options: FetchOptions) {
    this.#topic = topic;
    this.where = `mqtt:${topic}`;
    this.#options = options;
  }

  async archive(download: Download, attempt: Attempt): Promise<void> {
    const inbox = new Inbox(this.#topics(), attempt);
    try {
      const manifest = await this.#readManifest(inbox);
      const intake = new Intake(download, attempt, this.#options);
      await intake.admit(manifest.size);
      const offer: Offer = { size: manifest.size, validator: `${manifest.sha256}/${manifest.chunk_bytes}` };
      // Chunks are taken whole, so what was synced ends with one or is cut back to nothing.
      const goesOn = download.offer.validator === offer.validator && isWhole(download.bytes, manifest);
      if (goesOn && download.start > 0) download.goOn(offer);
      else await download.begin(offer);
      await this.#chunks(manifest, inbox, download, intake);
      if (download.sha256 !== manifest.sha256) {
        await download.distrust();
        throw this.#fault('its chunks do not add up to it');
      }
    } finally {
      inbox.close();
    }
  }

  async signature(attempt: Attempt): Promise<string | undefined> {
    const inbox = new Inbox(this.#topics(), attempt);
    try {
      return (this.#manifest ?? (await this.#readManifest(inbox))).minisig;
    } finally {
      inbox.close();
    }
  }

  async #chunks(manifest: ChunkManifest, inbox: Inbox, download: Download, intake: Intake): Promise<void> {
    const first = Math.ceil(download.bytes / manifest.chunk_bytes);
    let asked = first;
    for (let index = first; index < manifest.chunks; index += 1) {
      for (; asked < Math.min(index + AHEAD, manifest.chunks); asked += 1)
        await inbox.open(chunkTopic(this.#topic, asked));
      const chunk = await inbox.take(chunkTopic(this.#topic, index));
      this.#refuseOther(manifest, inbox);
      this.#check(manifest, index, chunk);
      await intake.take(chunk);
    }
  }

  async #readManifest(inbox: Inbox): Promise<ChunkManifest> {
    const topic = manifestTopic(this.#topic);
    await inbox.open(topic, true);
    const payload = await inbox.newest(topic);
    if (payload.length === 0) throw this.#fault('there is none', 'later');
    this.#manifest = parseChunkManifest(payload, this.#topic);
    return this.#manifest;
  }

  /** Somebody puts another archive there, or the same again, while we take it. */
  #refuseOther(manifest: ChunkManifest, inbox: Inbox): void {
    const now = inbox.changed(manifestTopic(this.#topic));
    if (now === undefined) return;
    const same = now.length > 0 && parseChunkManifest(now, this.#topic).sha256 === manifest.sha256;
    if (!same) throw this.#fault('it is replaced at the moment');
  }

  #check(manifest: ChunkManifest, index: number, chunk: Buffer): void {
    if (chunk.length === 0) throw this.#fault(`chunk ${index} was removed`);
    const size = chunkSize(manifest, index);
    if (chunk.length !== size)
      throw this.#fault(`chunk ${index} has ${chunk.length} bytes instead of ${size}`);
    const wanted = manifest.chunk_sha256?.[index];
    if (wanted !== undefined && createHash('sha256').update(chunk).digest('hex') !== wanted)
      throw this.#fault(`chunk ${index} is damaged, or of another archive`);
  }

  #topics(): ChunkTopics {
    const { topics } = this.#options;
    if (topics !== undefined) return topics;
    throw new FetchFault('UPDATE_FETCH', 'later', `mqtt:${this.#topic} cannot be fetched without a broker.`, {
      hint: 'Have the daemon fetch it, which is connected to one.',
    });
  }

  #fault(why: string, again: 'soon' | 'later' = 'soon'): FetchFault {
    return new FetchFault('UPDATE_FETCH', again, `The archive on ${this.where} cannot be taken: ${why}.`, {
      hint: 'Send it again with "detectd models send".',
    });
  }
}

function isWhole(bytes: number, { chunk_bytes, size }: ChunkManifest): boolean {
  return bytes === size || bytes % chunk_bytes === 0;
}

/** The newest message of each topic that is open; never more than these. */
class Inbox {
  readonly #topics: ChunkTopics;
  readonly #attempt: Attempt;
  readonly #open = new Map<string, { payload: Buffer | undefined; changed: boolean; wake: () => void }>();

  constructor(topics: ChunkTopics, attempt: Attempt) {
    this.#topics = topics;
    this.#attempt = attempt;
  }

  /** `lasting`: later messages are of interest, too. */
  async open(topic: string, lasting = false): Promise<void> {
    const slot: { payload: Buffer | undefined; changed: boolean; wake: () => void } = {
      payload: undefined,
      changed: false,
      wake: () => undefined,
    };
    this.#open.set(topic, slot);
    const receive = (payload: Buffer): void => {
      if (this.#open.get(topic) !== slot || (slot.payload !== undefined && !lasting)) return;
      slot.changed = slot.payload !== undefined;
      slot.payload = payload;
      this.#attempt.touch();
      slot.wake();
    };
    await this.#attempt.within(this.#topics.subscribe(topic, receive)).catch((error) => {
      this.#attempt.signal.throwIfAborted();
      throw new FetchFault(
        'UPDATE_FETCH',
        'soon',
        `The broker refuses ${topic}: ${(error as Error).message}`,
        {
          hint: 'Check the access rules of the broker, and the connection to it.',
          cause: error,
        },
      );
    });
  }

  /** The message of the topic, when it has come. */
  async newest(topic: string): Promise<Buffer> {
    const slot = this.#open.get(topic);
    if (slot === undefined) throw new Error(`${topic} is not open`);
    if (slot.payload === undefined)
      await this.#attempt.within(
        new Promise<void>((resolve) => {
          slot.wake = resolve;
        }),
      );
    return slot.payload as Buffer;
  }

  /** The message of the topic, which is closed with it. */
  async take(topic: string): Promise<Buffer> {
    const payload = await this.newest(topic);
    this.#drop(topic);
    return payload;
  }

  /** A message that came after the first one. */
  changed(topic: string): Buffer | undefined {
    const slot = this.#open.get(topic);
    return slot?.changed ? slot.payload : undefined;
  }

  close(): void {
    for (const topic of [...this.#open.keys()]) this.#drop(topic);
  }

  #drop(topic: string): void {
    this.#open.delete(topic);
    this.#topics.unsubscribe(topic);
  }
}
