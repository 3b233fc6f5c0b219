/**
 * What became of the documents that change a device's configuration from afar: which are in force, and why not the
 * rest. Two may lie over the local file, the one for the fleet and, over it, the one for this device.
 */
import type { ErrorData } from '../base/errors.js';

export type DesiredScope = 'fleet' | 'device';

/** A part of a document that was not taken; the rest of it was. */
export interface LeftOut {
  /** Dotted keys. */
  path: string;
  code: 'DESIRED_NOT_ALLOWED' | 'DESIRED_PINNED';
  /** One sentence without values. */
  message: string;
  document: DesiredScope;
}

export type DocumentState =
  /** Nothing came, or what was retained is gone; what was taken before stays. */
  | 'absent'
  | 'in_force'
  /** In force, and the document for this device says something else to all of it. */
  | 'superseded'
  /** Good, but not for this device yet; the one before stays in force. */
  | 'waiting'
  /** The one before stays in force. */
  | 'refused';

/** Of the last document that came. */
export interface DocumentReport {
  state: DocumentState;
  /** Undefined where it could not be read. */
  version: number | undefined;
  /** Of a refused one. */
  error: ErrorData | undefined;
  rollout:
    | {
        /** Where this device stands, 0 to 100; it takes part below `percent`. */
        bucket: number;
        percent: number;
        in: boolean;
        /** What it waits for, as a clause. */
        waiting: string | undefined;
      }
    | undefined;
}

/** What a model should be and is. */
export interface ReportedModel {
  /** Its configured source without secrets, and version where one is given. */
  wanted: string;
  /** Digest of what serves. */
  active: string | undefined;
  phase: string;
  error: ErrorData | undefined;
}

export interface DesiredReport {
  /** `digest` is of what the file alone says, secrets masked. */
  local: { path: string; digest: string };
  documents: Record<DesiredScope, DocumentReport>;
  /** Versions of the documents in force; `digest` is of the whole configuration, secrets masked. */
  inForce: { fleet: number | undefined; device: number | undefined; digest: string };
  leftOut: readonly LeftOut[];
  /** By name. */
  models: Readonly<Record<string, ReportedModel>>;
}
