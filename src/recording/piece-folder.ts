/**
 * The last seconds of one camera's stream, as its pipeline leaves them: a folder of pieces. Looks at it now and then, so that
 * the time of each piece is known by the monotonic clock, and keeps it small. Other files in it are left alone.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { systemCode } from '../base/errors.js';
import { makeFolder } from '../base/writable-folder.js';
import { parsePiece, type RecordingForm } from '../core/recording.js';

export interface Piece {
  path: string;
  run: string;
  index: number;
  form: RecordingForm;
  bytes: number;
  /** When its first and last bytes came, by the monotonic clock in µs; half a second early or late. */
  fromUs: number;
  toUs: number;
  /** Nothing is added to it any more. */
  whole: boolean;
}

export interface PieceFolderOptions {
  folder: string;
  /** How much of the stream is kept. */
  keepS: number;
  clock: Clock;
}

/** A piece that did not grow for so long is the last one of its run. */
const SETTLED_US = 3_000_000;
/** More than any ring has; a folder with more of them is not looked at any further. */
const MOST_PIECES = 4096;

export class PieceFolder {
  readonly #options: PieceFolderOptions;
  readonly #pieces = new Map<string, Piece>();
  #lookedUs = Number.NEGATIVE_INFINITY;

  constructor(options: PieceFolderOptions) {
    this.#options = options;
  }

  /** Makes it, and takes away what an earlier start left. Throws what the system says. */
  async start(): Promise<void> {
    const { folder } = this.#options;
    for (const name of await this.#names()) {
      if (parsePiece(name) !== undefined) await rm(join(folder, name), { force: true });
    }
  }

  /** All pieces that there are, the oldest first. Throws what the system says. */
  async look(): Promise<Piece[]> {
    const { clock } = this.#options;
    const names = (await this.#names()).filter((name) => parsePiece(name) !== undefined);
    const there = new Set(names.slice(0, MOST_PIECES));
    for (const name of this.#pieces.keys()) if (!there.has(name)) this.#pieces.delete(name);
    const newest = new Map<string, number>();
    for (const name of there) {
      const { run, index } = parsePiece(name) as Piece;
      newest.set(run, Math.max(newest.get(run) ?? -1, index));
    }
    const nowUs = clock.monotonicUs();
    for (const name of [...there].sort()) await this.#see(name, newest, nowUs);
    this.#lookedUs = nowUs;
    return [...this.#pieces.values()].sort(
      (a, b) => a.toUs - b.toUs || (a.run === b.run ? a.index - b.index : 0),
    );
  }

  /** Takes away what is too old to be wanted. */
  async prune(): Promise<void> {
    // Of a camera that is gone the last seconds stay.
    const newestUs = Math.max(...[...this.#pieces.values()].map(({ toUs }) => toUs));
    const oldestUs = newestUs - this.#options.keepS * 1e6;
    for (const [name, piece] of this.#pieces) {
      if (!piece.whole || piece.toUs >= oldestUs) continue;
      await rm(piece.path, { force: true });
      this.#pieces.delete(name);
    }
  }

  /** Takes the folder away: the camera is recorded no more. */
  async clear(): Promise<void> {
    await rm(this.#options.folder, { recursive: true, force: true });
    this.#pieces.clear();
  }

  /** Somebody may have taken it away: GStreamer goes on when it is there again. */
  async #names(): Promise<string[]> {
    const { folder } = this.#options;
    try {
      return await readdir(folder);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      await makeFolder(folder);
      return [];
    }
  }

  async #see(name: string, newest: ReadonlyMap<string, number>, nowUs: number): Promise<void> {
    const known = this.#pieces.get(name);
    if (known?.whole === true) return;
    const { folder, clock } = this.#options;
    const path = join(folder, name);
    const { run, index, form } = parsePiece(name) as Piece;
    const now = await sizeOf(path);
    if (now === undefined) {
      this.#pieces.delete(name);
      return;
    }
    const replaced = (newest.get(run) ?? index) > index;
    const grew = known === undefined || now.bytes !== known.bytes;
    // The wall clock may have jumped since it was written, which was not before the last look.
    const agoUs = Math.max(0, clock.wallMs() - now.writtenMs) * 1000;
    const toUs = grew ? Math.max(nowUs - agoUs, known?.toUs ?? this.#lookedUs) : known.toUs;
    const before = [...this.#pieces.values()].find((piece) => piece.run === run && piece.index === index - 1);
    const fromUs = known?.fromUs ?? before?.toUs ?? toUs;
    const whole = replaced || (!grew && nowUs - toUs > SETTLED_US);
    this.#pieces.set(name, { path, run, index, form, bytes: now.bytes, fromUs, toUs, whole });
  }
}

async function sizeOf(path: string): Promise<{ bytes: number; writtenMs: number } | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { bytes: size, writtenMs: mtimeMs };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
