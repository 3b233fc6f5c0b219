/**
 * Documents laid over a configuration file. What they may change, and how they are merged, is the business of whoever
 * lends the function; the result is checked here as a whole, like a file.
 */
import type { DesiredScope, LeftOut } from '../core/desired-report.js';
import type { ConfigPath } from './problem.js';
import type { Config } from './schema.js';

/** `content` is what the file says, placeholders replaced; it must not be changed. `local` is the same, checked. Pure. */
export type Overlay = (content: unknown, local: Config) => Overlaid;

export interface Overlaid {
  /** Of the form of a file. */
  value: unknown;
  /** Values that a document or a command set, replaced or deleted; the last one's word counts. */
  changes: readonly { path: ConfigPath; document: DesiredScope | 'command' }[];
  leftOut: readonly LeftOut[];
  /** What has to do with the value at `path`, as in `the document fleet version 12` or `a command`. */
  originOf(path: ConfigPath): string;
}
