/**
 * Keeps the documents that are in force, and those that wait, across restarts and without a broker: one small file per
 * scope, written whole or not at all. They may hold passwords of cameras, so nobody else reads them.
 */
import { createHash } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../base/atomic-file.js';
import { readBoundedFile } from '../base/bounded-file.js';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';
import type { DesiredScope } from '../core/desired-report.js';

export interface KeptDocuments {
  /** Name of the device that took them. */
  device: string;
  /** As they came. */
  taken: string | undefined;
  offered: string | undefined;
  /** How often taking the offered one was begun and not ended. */
  tries: number;
}

/** Two documents as JSON texts inside JSON. */
const MOST_BYTES = 2_097_152;

const form = z.strictObject({
  schema: z.literal(1),
  device: z.string(),
  taken: z.string().optional(),
  offered: z.string().optional(),
  tries: z.int().min(0),
});
const sealed = z.strictObject({ sha256: z.string(), content: z.string() });

export class DesiredStore {
  readonly #folder: string;

  /** @param folder created when something is kept */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined when nothing is kept. Throws UPDATE_STORE for a file that is damaged, which is set aside, or unreadable. */
  async load(scope: DesiredScope): Promise<KeptDocuments | undefined> {
    const path = this.#path(scope);
    try {
      const bytes = await readBoundedFile(path, MOST_BYTES);
      const { device, taken, offered, tries } = opened(bytes.toString());
      return { device, taken, offered, tries };
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') return undefined;
      if (code === undefined) await rename(path, `${path}.bad`).catch(() => {});
      throw storeError(path, 'read', error);
    }
  }

  /** Throws UPDATE_STORE. */
  async save(scope: DesiredScope, kept: KeptDocuments): Promise<void> {
    const content = JSON.stringify({ schema: 1, ...kept });
    const path = this.#path(scope);
    try {
      await writeFileAtomic(path, `${JSON.stringify({ sha256: sha256(content), content })}\n`, 0o600);
    } catch (error) {
      throw storeError(path, 'written', error);
    }
  }

  /** Throws UPDATE_STORE. */
  async remove(scope: DesiredScope): Promise<void> {
    const path = this.#path(scope);
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw storeError(path, 'removed', error);
    }
  }

  #path(scope: DesiredScope): string {
    return join(this.#folder, `${scope}.json`);
  }
}

function opened(text: string): z.infer<typeof form> {
  const { sha256: digest, content } = sealed.parse(JSON.parse(text));
  if (sha256(content) !== digest) throw new Error('its checksum does not fit');
  return form.parse(JSON.parse(content));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function storeError(path: string, act: string, error: unknown): DetectdError {
  const reason = systemCode(error) ?? (error instanceof z.ZodError ? 'it is damaged' : messageOf(error));
  return new DetectdError(
    'UPDATE_STORE',
    `The kept document ${path} cannot be ${act} (${reason}).`,
    'The documents on the broker are taken again; look after the disk and the rights of the folder.',
    { cause: error },
  );
}
