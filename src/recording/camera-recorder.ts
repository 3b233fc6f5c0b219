/**
 * Recordings of one camera: takes what is wanted of the pieces that its pipeline leaves, as they become whole, and joins
 * them into a file. Events that overlap are one file. It acts when it is told to look, one look at a time.
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { RecordedMoment, Recording } from '../core/recording.js';
import { type PieceContent, pieceContent } from './piece-content.js';
import type { Piece, PieceFolder } from './piece-folder.js';
import type { RecordingFile, Sidecar } from './recording-file.js';
import type { RecordingShelf } from './recording-shelf.js';
import { secondsBetween } from './transport-stream.js';

export interface RecorderSettings {
  beforeS: number;
  afterS: number;
  /** Of a file; events that go on begin another. */
  longestS: number;
}

export interface CameraRecorderOptions {
  camera: string;
  settings: RecorderSettings;
  clock: Clock;
  pieces: Pick<PieceFolder, 'look' | 'prune'>;
  shelf: Pick<RecordingShelf, 'begin' | 'makeRoom' | 'finish' | 'discard'>;
  /** What is written beside a file; asked for anew as it becomes known. */
  describe: (recording: Recording, finished: boolean) => Sidecar;
  onRecording: (recording: Recording) => void;
  /** What was to be recorded is not; without moments nothing could be. */
  onFailed: (error: DetectdError, moments: readonly RecordedMoment[]) => void;
}

interface Take {
  fromUs: number;
  untilUs: number;
  moments: RecordedMoment[];
  /** Up to here it is there, or was given up. */
  doneUs: number;
  settle: ((outcome: Recording[] | DetectdError) => void)[];
  finished: Recording[];
  open: OpenFile | undefined;
}

interface OpenFile {
  file: RecordingFile;
  fromUs: number;
  toUs: number;
  last: { run: string; index: number; time: number | undefined };
  /** Room that was made for it. */
  reservedBytes: number;
  problem: DetectdError | undefined;
}

/** A stream that is late, or gone, is waited for so long. */
const PATIENCE_US = 6_000_000;
const RESERVE_BYTES = 1_000_000;
/** A second of the worst stream there is has less. */
const MOST_PIECE_BYTES = 256e6;
const MOST_MOMENTS = 64;
/** What is missing at the start because pieces are a second long is no fault. */
const TOLERANCE_S = 1;
/** Beyond this a stream has not gone on, but begun anew. */
const MOST_GAP_S = 2;
/** Pictures that others refer to come first. */
const MOST_BACK_S = 0.5;

export class CameraRecorder {
  readonly #options: CameraRecorderOptions;
  #take: Take | undefined;
  /** What came too late for the file that grows; the next one begins with it. */
  #later: RecordedMoment | undefined;
  #looking: Promise<void> | undefined;
  /** The end of the last file; the next one begins no earlier than it must. */
  #recordedUs = Number.NEGATIVE_INFINITY;
  #newestUs: number | undefined;

  constructor(options: CameraRecorderOptions) {
    this.#options = options;
  }

  /** When the newest that its pipeline left came, by the monotonic clock; undefined while there is nothing. */
  get newestUs(): number | undefined {
    return this.#newestUs;
  }

  /** Something happens that is to be on a recording. */
  note(moment: RecordedMoment): void {
    const { beforeS, afterS, longestS } = this.#options.settings;
    const wantedUs = moment.atUs + afterS * 1e6;
    const fromUs = Math.max(moment.atUs - beforeS * 1e6, this.#recordedUs);
    this.#take ??= {
      ...{ fromUs, untilUs: fromUs, doneUs: fromUs, moments: [] },
      ...{ settle: [], finished: [], open: undefined },
    };
    const take = this.#take;
    const longestUs = take.fromUs + longestS * 1e6;
    take.untilUs = Math.max(take.untilUs, Math.min(wantedUs, longestUs));
    if (wantedUs > longestUs) this.#later = moment;
    if (take.moments.length < MOST_MOMENTS) take.moments.push(moment);
  }

  /** As note(); resolves to the files when they are there. Rejects with RECORDING_UNAVAILABLE or RECORDING_DISK. */
  record(moment: RecordedMoment): Promise<Recording[]> {
    this.note(moment);
    return new Promise((resolve, reject) => {
      this.#take?.settle.push((outcome) =>
        outcome instanceof DetectdError ? reject(outcome) : resolve(outcome),
      );
    });
  }

  /** Takes what has become whole since, and forgets what nobody wants. While a look goes on, another one is the same. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error) => this.#giveUp(DetectdError.from(error, 'RECORDING_DISK')))
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** Ends what is being recorded with what is there. Never rejects. */
  async close(): Promise<void> {
    await this.#looking;
    const take = this.#take;
    this.#later = undefined;
    if (take === undefined) return;
    if (take.open !== undefined) take.open.problem ??= stopped();
    await this.#end(take).catch((error) => this.#giveUp(DetectdError.from(error, 'RECORDING_DISK')));
  }

  async #look(): Promise<void> {
    const { pieces, clock } = this.#options;
    const found = await pieces.look();
    this.#newestUs = found.at(-1)?.toUs ?? this.#newestUs;
    const take = this.#take;
    if (take !== undefined) {
      for (const piece of wanted(found, take)) {
        if (take.doneUs >= take.untilUs) break;
        await this.#add(take, piece, found);
      }
      if (take.doneUs >= take.untilUs || clock.monotonicUs() > take.untilUs + PATIENCE_US)
        await this.#end(take);
    }
    await pieces.prune();
  }

  async #add(take: Take, piece: Piece, found: readonly Piece[]): Promise<void> {
    const { open } = take;
    const content = await read(piece);
    if (content === undefined) {
      take.doneUs = Math.max(take.doneUs, piece.toUs);
      return;
    }
    if (open !== undefined && goesOn(open.last, piece, content)) {
      await this.#append(take, open, piece, content, 0);
      return;
    }
    await this.#close(take);
    await this.#begin(take, piece, content, found);
  }

  /** With the last picture before the start that needs no other, or with the first one after it. */
  async #begin(take: Take, piece: Piece, content: PieceContent, found: readonly Piece[]): Promise<void> {
    const keyUs = content.keyAt === undefined ? undefined : piece.toUs - content.secondsFromKey * 1e6;
    const start =
      keyUs !== undefined && keyUs <= take.fromUs ? piece : await beginning(piece, content, found);
    if (start === undefined && keyUs === undefined) {
      take.doneUs = Math.max(take.doneUs, piece.toUs);
      return;
    }
    const first = start ?? piece;
    const ownRun = found.filter(({ run, index }) => run === piece.run && index <= piece.index);
    for (const one of ownRun.filter(({ index }) => index >= first.index)) {
      // Read again one by one: all of them together would be much to hold.
      const more = one === piece ? content : await read(one);
      if (more === undefined || (take.open === undefined && more.keyAt === undefined)) continue;
      const open = take.open ?? (await this.#openFile(take, one, more));
      await this.#append(take, open, one, more, open.file.bytes === 0 ? (more.keyAt ?? 0) : 0);
      if (open.problem !== undefined) return;
    }
  }

  async #openFile(take: Take, piece: Piece, content: PieceContent): Promise<OpenFile> {
    const { camera, shelf, describe } = this.#options;
    const [{ reason }] = take.moments as [RecordedMoment];
    const fromUs = Math.round(piece.toUs - content.secondsFromKey * 1e6);
    const facts = this.#facts(take, { path: '', bytes: 0, fromUs, toUs: piece.toUs });
    const file = await shelf.begin(camera, reason, piece.form, describe(facts, false));
    const open: OpenFile = {
      ...{ file, fromUs, toUs: fromUs, reservedBytes: 0, problem: undefined },
      last: { run: piece.run, index: piece.index, time: undefined },
    };
    take.open = open;
    return open;
  }

  async #append(
    take: Take,
    open: OpenFile,
    piece: Piece,
    content: PieceContent,
    from: number,
  ): Promise<void> {
    const { shelf } = this.#options;
    const parts = from > 0 ? [content.tables, content.bytes.subarray(from)] : [content.bytes];
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    try {
      if (open.file.bytes + bytes > open.reservedBytes) {
        await shelf.makeRoom(Math.max(bytes, RESERVE_BYTES)).catch(() => shelf.makeRoom(bytes));
        open.reservedBytes = open.file.bytes + Math.max(bytes, RESERVE_BYTES);
      }
      for (const part of parts) await open.file.append(part);
    } catch (thrown) {
      const error = DetectdError.from(thrown, 'RECORDING_DISK');
      if (open.file.bytes === 0) throw error;
      open.problem = error;
      take.untilUs = Math.min(take.untilUs, take.doneUs);
      return;
    }
    open.toUs = piece.toUs;
    open.last = { run: piece.run, index: piece.index, time: content.lastTime };
    take.doneUs = Math.max(take.doneUs, piece.toUs);
  }

  /** The file that grows is one of its own. */
  async #close(take: Take): Promise<void> {
    const { shelf, describe, onRecording } = this.#options;
    const { open } = take;
    if (open === undefined) return;
    take.open = undefined;
    if (open.file.bytes === 0) {
      await shelf.discard(open.file);
      return;
    }
    const { fromUs, toUs, problem, file } = open;
    const facts = this.#facts(take, { path: file.path, bytes: file.bytes, fromUs, toUs });
    const recording = problem === undefined ? facts : { ...facts, problem: problem.toData() };
    await shelf.finish(file, describe(recording, true));
    this.#recordedUs = toUs;
    take.finished.push(recording);
    onRecording(recording);
  }

  async #end(take: Take): Promise<void> {
    await this.#close(take);
    if (this.#take !== take) return;
    this.#take = undefined;
    const { onFailed, camera } = this.#options;
    const nothing = take.finished.length === 0 ? nothingThere(camera) : undefined;
    if (nothing !== undefined) onFailed(nothing, take.moments);
    for (const settle of take.settle) settle(nothing ?? take.finished);
    const later = this.#later;
    this.#later = undefined;
    // Only while there is something to go on with.
    if (later !== undefined && nothing === undefined && take.doneUs >= take.untilUs) this.note(later);
  }

  async #giveUp(error: DetectdError): Promise<void> {
    const take = this.#take;
    this.#take = undefined;
    this.#later = undefined;
    if (take === undefined) {
      this.#options.onFailed(error, []);
      return;
    }
    if (take.open !== undefined) await this.#options.shelf.discard(take.open.file).catch(() => {});
    this.#options.onFailed(error, take.moments);
    for (const settle of take.settle) settle(error);
  }

  #facts(take: Take, file: Pick<Recording, 'path' | 'bytes' | 'fromUs' | 'toUs'>): Recording {
    const missing = take.finished.length > 0 ? 0 : (file.fromUs - take.fromUs) / 1e6;
    return {
      ...{ camera: this.#options.camera, moments: [...take.moments], ...file },
      missingS: missing > TOLERANCE_S ? Math.round(missing * 10) / 10 : 0,
    };
  }
}

/** Of the run that is being recorded while it goes on, else of any; the oldest first. */
function wanted(found: readonly Piece[], take: Take): Piece[] {
  const due = found.filter((piece) => piece.whole && piece.toUs > take.doneUs);
  const last = take.open?.last;
  if (last === undefined) return due;
  const own = found.filter(({ run, index }) => run === last.run && index > last.index);
  return own.length > 0 ? due.filter(({ run }) => run === last.run) : due;
}

/** The newest piece before this one, in the same stretch of its stream, that holds a picture to begin with. */
async function beginning(
  piece: Piece,
  content: PieceContent,
  found: readonly Piece[],
): Promise<Piece | undefined> {
  let [later, laterTime] = [piece, content.firstTime];
  for (;;) {
    const one = found.find(({ run, index }) => run === piece.run && index === later.index - 1);
    const more = one === undefined ? undefined : await read(one);
    if (one === undefined || more === undefined) return undefined;
    const last = { run: one.run, index: one.index, time: more.lastTime };
    if (!goesOn(last, later, { firstTime: laterTime })) return undefined;
    if (more.keyAt !== undefined) return one;
    [later, laterTime] = [one, more.firstTime];
  }
}

/** A pipeline that was stopped and played again counts time from its start. */
function goesOn(
  last: OpenFile['last'],
  piece: Piece,
  { firstTime }: Pick<PieceContent, 'firstTime'>,
): boolean {
  if (piece.run !== last.run || piece.index !== last.index + 1) return false;
  if (last.time === undefined || firstTime === undefined) return true;
  const gapS = secondsBetween(last.time, firstTime);
  return gapS > -MOST_BACK_S && gapS < MOST_GAP_S;
}

/** Undefined of one that is not there any more, or is no piece of a stream. */
async function read(piece: Piece): Promise<PieceContent | undefined> {
  if (piece.bytes > MOST_PIECE_BYTES) return undefined;
  const bytes = await readFile(piece.path).catch(() => undefined);
  return bytes === undefined ? undefined : pieceContent(piece, bytes);
}

function nothingThere(camera: string): DetectdError {
  return new DetectdError(
    'RECORDING_UNAVAILABLE',
    `There is nothing of camera "${camera}" to record: no whole picture came in time.`,
    'Look at its status; its key frames may be farther apart than what is recorded.',
  );
}

function stopped(): DetectdError {
  return new DetectdError('RECORDING_UNAVAILABLE', 'The daemon stopped before the recording was complete.');
}
