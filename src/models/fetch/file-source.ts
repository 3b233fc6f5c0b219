/**
 * Archives from files of this machine: a stick, a share, a folder that something else fills. They are copied, so that what
 * is verified is what is used; one that changes meanwhile is begun anew.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { BoundedFileError, readBoundedFile } from '../../base/bounded-file.js';
import { DetectdError, messageOf, systemCode } from '../../base/errors.js';
import type { ArchiveSource } from './archive-source.js';
import type { Attempt } from './attempt.js';
import type { Download } from './download.js';
import { FetchFault } from './fetch-fault.js';
import type { FetchOptions } from './fetch-options.js';
import { Intake, MAX_SIGNATURE_BYTES, tooLarge } from './intake.js';

const PIECE_BYTES = 1 << 18;
/** Of disks and shares that may come back. */
const PASSING = new Set([
  'EIO',
  'ESTALE',
  'ETIMEDOUT',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EBUSY',
  'EAGAIN',
  'EMFILE',
]);

export class FileSource implements ArchiveSource {
  readonly where: string;
  readonly #path: string;
  readonly #options: FetchOptions;

  constructor(path: string, options: FetchOptions) {
    this.#path = path;
    this.where = path;
    this.#options = options;
  }

  async archive(download: Download, attempt: Attempt): Promise<void> {
    const intake = new Intake(download, attempt, this.#options);
    await this.#reading(async () => {
      // A pipe that nobody writes to would otherwise never open.
      const opening = open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      const file = await attempt.within(opening).catch((error) => {
        void opening.then((late) => late.close()).catch(() => undefined);
        throw error;
      });
      try {
        const offer = await offerOf(file, this.#path);
        await intake.admit(offer.size);
        const { start, offer: before } = download;
        if (start > 0 && before.validator === offer.validator) download.goOn(offer);
        else await download.begin(offer);
        await copy(file, download, attempt, intake);
        const now = await offerOf(file, this.#path);
        if (now.validator !== offer.validator || download.bytes !== offer.size) {
          await download.distrust();
          throw new FetchFault('UPDATE_FETCH', 'soon', `${this.#path} changed while it was copied.`, {
            hint: 'Put archives there under another name, and rename them when they are whole.',
          });
        }
      } finally {
        // A share that hangs would hold us here.
        const closing = file.close();
        if (!attempt.signal.aborted) await closing;
        else closing.catch(() => undefined);
      }
    });
  }

  async signature(attempt: Attempt): Promise<string | undefined> {
    const path = `${this.#path}.minisig`;
    return this.#reading(async () => {
      try {
        return (await attempt.within(readBoundedFile(path, MAX_SIGNATURE_BYTES))).toString('utf8');
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return undefined;
        if (error instanceof BoundedFileError && error.code === 'EFBIG')
          throw tooLarge(`The signature ${path}`, MAX_SIGNATURE_BYTES);
        throw error;
      }
    });
  }

  async #reading<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined || error instanceof DetectdError) throw error;
      const missing = code === 'ENOENT';
      const again = PASSING.has(code) ? 'soon' : 'later';
      const why = missing ? 'does not exist' : `cannot be read: ${messageOf(error)}`;
      throw new FetchFault('UPDATE_FETCH', again, `The archive ${this.#path} ${why}.`, {
        hint: missing ? 'Check the path, and whether its disk is mounted.' : 'Check the file and its rights.',
        cause: error,
      });
    }
  }
}

async function offerOf(file: FileHandle, path: string): Promise<{ size: number; validator: string }> {
  const facts = await file.stat({ bigint: true });
  if (!facts.isFile())
    throw new FetchFault('UPDATE_FETCH', 'later', `${path} is no regular file.`, {
      hint: 'A folder of this machine is used where it lies: write its path without "file:".',
    });
  const { size, mtimeNs, ino, dev } = facts;
  return { size: Number(size), validator: `${dev}:${ino}:${size}:${mtimeNs}` };
}

async function copy(file: FileHandle, download: Download, attempt: Attempt, intake: Intake): Promise<void> {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (;;) {
    const { bytesRead } = await attempt.within(file.read(buffer, 0, buffer.length, download.bytes));
    if (bytesRead === 0) return;
    attempt.touch();
    await intake.take(buffer.subarray(0, bytesRead));
  }
}
