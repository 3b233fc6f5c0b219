/** What kinds of sources have in common: an archive that can be taken up where it stopped, and its signature. */
import type { Attempt } from './attempt.js';
import type { Download } from './download.js';

export interface ArchiveSource {
  /** For people; without secrets. */
  readonly where: string;
  /**
   * Brings what is missing of the archive; resolves when all is there. Throws a FetchFault, with what came kept as far as
   * it is good.
   */
  archive(download: Download, attempt: Attempt): Promise<void>;
  /** The text of the signature file; undefined when there is none. */
  signature(attempt: Attempt): Promise<string | undefined>;
}
