/**
 * What has come of an archive, on disk: a `.part` with a `.json` beside it that says how much of it is certain to be there
 * after a power cut and what it is a part of. Whole, it becomes `.archive`, with its signature as `.minisig`.
 */
import { createHash, type Hash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeFileAtomic } from '../../base/atomic-file.js';
import type { Clock } from '../../base/clock.js';
import { ensureFolder } from '../../base/writable-folder.js';
import { modelSourceText } from '../../config/model-source.js';
import type { ModelSource, ModelTarget } from '../../core/model-update.js';
import { FetchFault } from './fetch-fault.js';
import { storeFault } from './store-fault.js';

/** What the other side says that it sends. */
export interface Offer {
  /** Undefined where it was not told. */
  size: number | undefined;
  /** Changes when the archive does; undefined where nothing of the kind was told. */
  validator: string | undefined;
}

/** The `.json`. */
interface PartRecord extends Offer {
  schema: 1;
  target: string;
  /** Bytes that were synced; what lies behind them may be anything. */
  synced: number;
  pieced: boolean;
  /** Of the whole archive, before it is renamed. */
  sha256: string | undefined;
}

const SYNC_BYTES = 8 * 2 ** 20;
const SYNC_US = 5_000_000;
const ENDINGS = ['.part', '.json', '.archive', '.minisig'];

/** Of all files of a source in the folder; says nothing about the address, which may hold secrets. */
export function downloadName(source: ModelSource): string {
  return createHash('sha256').update(modelSourceText(source)).digest('hex');
}

/** Removes whatever has come of a source. */
export async function discardDownload(folder: string, source: ModelSource): Promise<void> {
  for (const ending of ENDINGS) await rm(join(folder, downloadName(source) + ending), { force: true });
}

/** Removes what has come of sources that nobody wants any more. */
export async function sweepDownloads(folder: string, wanted: readonly ModelSource[]): Promise<void> {
  const names = new Set(wanted.map(downloadName));
  // A leading dot: what an interrupted write has left.
  for (const file of await readdir(folder).catch(() => []))
    if (!names.has(file.replace(/^\./, '').slice(0, 64)))
      await rm(join(folder, file), { recursive: true, force: true });
}

export interface DownloadOptions {
  folder: string;
  target: ModelTarget;
  clock: Clock;
  /** What came before is dropped. */
  fresh: boolean;
  /** There are more bytes, or fewer. */
  onMoved: () => void;
}

export class Download {
  readonly #options: DownloadOptions;
  readonly #base: string;
  readonly #folder: string;
  readonly #target: string;
  readonly #clock: Clock;
  #file: FileHandle | undefined;
  #hash: Hash = createHash('sha256');
  #bytes = 0;
  #offer: Offer = { size: undefined, validator: undefined };
  #pieced = false;
  #synced = 0;
  #syncedUs: number;
  #finished = false;
  #resumable = true;

  private constructor(options: DownloadOptions) {
    const { folder, target, clock } = options;
    this.#options = options;
    this.#folder = folder;
    this.#base = join(folder, downloadName(target.source));
    this.#target = JSON.stringify([target.sha256 ?? null, target.version ?? null, target.attempt]);
    this.#clock = clock;
    this.#syncedUs = clock.monotonicUs();
  }

  /**
   * Takes up what came for this target before, unless `fresh`; what came for another one is dropped. Throws
   * FOLDER_UNWRITABLE, UPDATE_NO_SPACE and UPDATE_STORE, as all here.
   */
  static async open(options: DownloadOptions): Promise<Download> {
    const { folder, target, fresh } = options;
    await ensureFolder(folder, 'paths.state');
    const download = new Download(options);
    try {
      await sweep(folder, downloadName(target.source));
      if (fresh) await discardDownload(folder, target.source);
      await download.#takeUp();
    } catch (error) {
      await download.close();
      throw storeFault(error, folder);
    }
    return download;
  }

  /** Bytes that are there. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that may be gone on with: where nothing would tell a wrong end, it has to begin anew. */
  get start(): number {
    const told = this.#offer.validator !== undefined || this.#options.target.sha256 !== undefined;
    return this.#resumable && told ? this.#bytes : 0;
  }

  get offer(): Offer {
    return this.#offer;
  }

  /** Whether it was put together from more than one answer. */
  get pieced(): boolean {
    return this.#pieced;
  }

  /** Whole, with its signature, since an earlier call. */
  get finished(): boolean {
    return this.#finished;
  }

  get archivePath(): string {
    return `${this.#base}.archive`;
  }

  /** Of what is there, 64 hexadecimal digits. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Drops what is there and begins with what is offered now. */
  async begin(offer: Offer): Promise<void> {
    this.#offer = offer;
    this.#pieced = false;
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#synced = 0;
    await this.#storing(async () => {
      await this.#opened().truncate(0);
      await this.#record(undefined);
    });
    this.#options.onMoved();
  }

  /** Drops what is there; from now on only the whole in one answer will do. */
  async distrust(): Promise<void> {
    this.#resumable = false;
    await this.begin({ size: undefined, validator: undefined });
  }

  /** What comes from here on is another answer. */
  goOn(offer: Offer): void {
    this.#offer = offer;
    this.#pieced = true;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#storing(async () => {
      for (let at = 0; at < chunk.length; ) {
        const { bytesWritten } = await this.#opened().write(chunk, at, chunk.length - at, this.#bytes + at);
        at += bytesWritten;
      }
    });
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    this.#options.onMoved();
    const waitedUs = this.#clock.monotonicUs() - this.#syncedUs;
    if (this.#bytes - this.#synced >= SYNC_BYTES || waitedUs >= SYNC_US) await this.sync();
  }

  /** Makes sure that what is there survives a power cut. */
  async sync(): Promise<void> {
    if (this.#file === undefined || this.#synced === this.#bytes) return;
    await this.#storing(async () => {
      await this.#opened().datasync();
      this.#synced = this.#bytes;
      await this.#record(undefined);
    });
    this.#syncedUs = this.#clock.monotonicUs();
  }

  /** It is whole: puts it and its signature in place. */
  async finish(minisig: string | undefined): Promise<void> {
    await this.#storing(async () => {
      await this.#opened().sync();
      this.#synced = this.#bytes;
      if (minisig === undefined) await rm(`${this.#base}.minisig`, { force: true });
      else await writeFileAtomic(`${this.#base}.minisig`, minisig);
      await this.#record(this.sha256);
      await rename(`${this.#base}.part`, this.archivePath);
      await syncFolder(this.#folder);
    });
    this.#finished = true;
  }

  /** The signature that came with a finished one. */
  async minisig(): Promise<string | undefined> {
    return readFile(`${this.#base}.minisig`, 'utf8').catch(() => undefined);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #takeUp(): Promise<void> {
    const record = parseRecord(await readFile(`${this.#base}.json`, 'utf8').catch(() => ''));
    const known = record?.target === this.#target ? record : undefined;
    const { sha256 = known?.sha256 } = this.#options.target;
    const whole = known?.sha256 !== undefined && known.sha256 === sha256;
    if (whole && (await sizeOf(this.archivePath)) === known.synced) {
      await this.#hashFile(this.archivePath, known.synced);
      if (this.sha256 === known.sha256) {
        this.#adopt(known);
        this.#finished = true;
        return;
      }
      this.#hash = createHash('sha256');
    }
    for (const ending of ['.archive', '.minisig']) await rm(this.#base + ending, { force: true });
    this.#file = await open(`${this.#base}.part`, constants.O_RDWR | constants.O_CREAT, 0o640);
    const { size } = await this.#file.stat();
    if (known === undefined || size < known.synced) {
      await this.#file.truncate(0);
      return;
    }
    await this.#file.truncate(known.synced);
    await this.#hashFile(`${this.#base}.part`, known.synced);
    this.#adopt(known);
  }

  #adopt({ size, validator, synced, pieced }: PartRecord): void {
    this.#offer = { size, validator };
    this.#bytes = synced;
    this.#synced = synced;
    this.#pieced = pieced;
  }

  async #hashFile(path: string, bytes: number): Promise<void> {
    if (bytes === 0) return;
    let read = 0;
    for await (const piece of createReadStream(path, { end: bytes - 1, highWaterMark: 1 << 18 })) {
      this.#hash.update(piece as Buffer);
      read += (piece as Buffer).length;
    }
    if (read !== bytes) throw new FetchFault('UPDATE_STORE', 'soon', `${path} changes while it is read.`);
  }

  async #record(sha256: string | undefined): Promise<void> {
    const record = { schema: 1, target: this.#target, ...this.#offer, synced: this.#synced, sha256 };
    await writeFileAtomic(`${this.#base}.json`, `${JSON.stringify({ ...record, pieced: this.#pieced })}\n`);
  }

  #opened(): FileHandle {
    if (this.#file === undefined) throw new Error('the download is closed');
    return this.#file;
  }

  async #storing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw storeFault(error, this.#folder);
    }
  }
}

/** Removes what a process left that ended while it wrote. */
async function sweep(folder: string, name: string): Promise<void> {
  for (const file of await readdir(folder))
    if (file.startsWith(`.${name}.`) && file.endsWith('.tmp')) await rm(join(folder, file), { force: true });
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

/** Whatever is wrong with it, undefined: what came is fetched again. */
function parseRecord(text: string): PartRecord | undefined {
  try {
    const { schema, target, synced, size, validator, pieced, sha256 } = JSON.parse(text);
    if (schema !== 1 || typeof target !== 'string' || !isCount(synced)) return undefined;
    return {
      schema,
      target,
      synced,
      size: isCount(size) ? size : undefined,
      validator: typeof validator === 'string' ? validator : undefined,
      pieced: pieced === true,
      sha256: typeof sha256 === 'string' ? sha256 : undefined,
    };
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
