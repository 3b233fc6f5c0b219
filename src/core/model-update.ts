/**
 * How a model changes: where the next version comes from, what it is at, and what is remembered of it across restarts
 * and power cuts. The order of the phases and what leads from one to the next stand in models/update-phases.ts.
 */
import type { ErrorData } from '../base/errors.js';

/** Where a model comes from, as `models.<name>.bundle` says it. Only `place` is used where it lies; the rest is fetched. */
export type ModelSource =
  /** A folder or archive on this machine, looked after by whoever configured it. */
  | { kind: 'place'; path: string }
  | { kind: 'file'; path: string }
  /** May hold credentials in its user part or query: never shown whole. */
  | { kind: 'http'; url: string }
  /** Chunks on the broker, under this topic. */
  | { kind: 'mqtt'; topic: string };

/** What a model should become. */
export interface ModelTarget {
  source: ModelSource;
  /** Of the archive, 64 hexadecimal digits; undefined where only its signature vouches for it. */
  sha256: string | undefined;
  /** That its manifest must give; undefined takes any that is not older. */
  version: string | undefined;
  /** Raised to have a version tried once more that was refused or rolled back. */
  attempt: number;
}

/** Each is written before the work that it names begins. */
export type UpdatePhase =
  /** Being fetched; what has come stays for the next try. */
  | 'downloading'
  /** Digest and signature hold; being unpacked. */
  | 'verified'
  /** Unpacked, synced and looked into. */
  | 'staged'
  /** Its engines are being built. */
  | 'building'
  /** Its samples are run; then a warm worker takes over. */
  | 'trial'
  /** It serves on probation; the version before can be called back. */
  | 'active'
  /** It has proved itself; the version before may go. */
  | 'confirmed'
  /** It was never used. */
  | 'failed'
  /** It served, and the one before serves again. */
  | 'rolled_back';

/** A version of a model that is whole and verified. */
export interface ModelVersion {
  /** Of the bundle's files, as results name it: `sha256:` and 64 hexadecimal digits. */
  digest: string;
  /** Of the archive that it came in, 64 hexadecimal digits; undefined for one that is used in its place. */
  archive: string | undefined;
  version: string;
  /** That its publisher gave it. */
  name: string | undefined;
  /** Folder or archive that a worker opens; absolute. */
  path: string;
  /** Key id of the signature, 16 hexadecimal digits; undefined where none was asked for. */
  signedBy: string | undefined;
  /** Names of its classes, in order. */
  labels: readonly string[];
  /** Bytes on disk; 0 for one in its place. */
  bytes: number;
}

/** A change that is under way, or how the last one ended. */
export interface ModelUpdate {
  target: ModelTarget;
  phase: UpdatePhase;
  /** RFC 3339, of this phase. */
  since: string;
  /** How often this phase was begun; a phase that ends with the process every time is given up. */
  tries: number;
  /** Known from `staged` on. */
  version: ModelVersion | undefined;
  /** Of `failed` and `rolled_back`, and of the last try of a phase that is tried again. */
  error: ErrorData | undefined;
}

/** How far a phase is; not stored. */
export interface UpdateProgress {
  /** Bytes that have come, or milliseconds that have passed. */
  done: number;
  /** Undefined where it is not known. */
  total: number | undefined;
  /** Milliseconds to its end; undefined where nothing is known. */
  leftMs: number | undefined;
  /** What it waits for, as a clause: "the time window opens at 22:00". */
  waiting: string | undefined;
}
