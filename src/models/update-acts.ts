/**
 * What the updater of models has others do for it: fetching, trust, building, trying, changing workers. Each act can be
 * begun again from its start after a power cut. A rejection with a DetectdError is the verdict of that phase.
 */

import type { Json } from '../base/canonical-json.js';
import type { ErrorData } from '../base/errors.js';
import type { Verdict } from '../core/model-trial.js';
import type { ModelTarget, ModelVersion, UpdateProgress } from '../core/model-update.js';
import type { ModelWish } from './model-target.js';
import type { SlotRecord } from './slot-record.js';

/** An archive that has come, whole. */
export interface Fetched {
  archivePath: string;
  bytes: number;
  /** 64 hexadecimal digits. */
  sha256: string;
  /** Text of the signature that lay beside it. */
  minisig: string | undefined;
  /** The way it came may have spoilt it: what does not hold is fetched once more before it is refused. */
  doubtful?: boolean;
}

/** What a signature says; plain data that is kept beside the version. */
export interface Vouched {
  /** Key id, 16 hexadecimal digits; undefined where only the digest of the configuration vouches. */
  signedBy: string | undefined;
  /** All that the policy wants to know again. */
  facts: Json;
}

export type OnProgress = (progress: Partial<UpdateProgress>) => void;

export interface UpdateActs {
  /**
   * Goes on where it stopped; one that is there already is returned at once. `makeRoom` is to be called as soon as the
   * size is known, with what of it is there already; it throws where there is no room.
   */
  fetch(
    model: string,
    wish: ModelWish,
    signal: AbortSignal,
    onProgress: OnProgress,
    makeRoom: (bytes: number, haveBytes?: number) => Promise<void>,
  ): Promise<Fetched>;
  /** Removes what fetching it has left, whole or in parts. */
  discard(target: ModelTarget): Promise<void>;
  /** 32 hexadecimal digits that stand for the keys that are trusted now. Rejects never. */
  trust(): Promise<string>;
  /** Digest, signature, and what that says, before anything is unpacked. Throws MODEL_… */
  verify(fetched: Fetched, wish: ModelWish, slot: SlotRecord, signal: AbortSignal): Promise<Vouched>;
  /** Whether this version may serve: its name, version, age and classes. Throws MODEL_… */
  judge(version: ModelVersion, vouched: Vouched, wish: ModelWish, slot: SlotRecord): Promise<void>;
  /** Engines for it, beside detection. */
  build(model: string, version: ModelVersion, signal: AbortSignal, onProgress: OnProgress): Promise<void>;
  /** In a process of its own: samples, time, memory, against the version that serves. */
  tryOut(
    model: string,
    version: ModelVersion,
    active: ModelVersion | undefined,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<unknown>;
  /** Beside the version that serves, on a share of the frames. */
  shadow?(
    model: string,
    version: ModelVersion,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<unknown>;
  /**
   * The slot names another version: a worker with it takes over. Resolves when one serves; rejects with its error, and
   * then the worker before serves. Resolves at once where no worker runs models (a command).
   */
  switchTo(model: string, version: ModelVersion | undefined, signal: AbortSignal): Promise<void>;
  /** The slot names the version before again: at once where its worker stands by. */
  callBack(model: string, version: ModelVersion | undefined, reason: ErrorData): Promise<void>;
  /** Resolves when it is over; pauses for as long as there is nothing to judge by. */
  probation(
    model: string,
    version: ModelVersion,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<Verdict>;
  /** Confirmed: engines and the worker of the version before need no longer be kept. */
  settled(model: string): void;
  /** Why fetching or changing has to wait, as a clause; undefined when it need not. */
  mayBegin(wish: ModelWish): string | undefined;
  /** Something that is published has changed. */
  changed(model: string): void;
}
