/**
 * What a command asks of the process that holds the store: a small file for each model, written whole, taken by the
 * daemon and answered in the slot's record. Whoever can write the folder can change models.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../base/atomic-file.js';
import { readBoundedFile } from '../base/bounded-file.js';
import type { ModelTarget } from '../core/model-update.js';
import { targetSchema } from './slot-record.js';
import type { StoreLayout } from './store-layout.js';

const MAX_BYTES = 65_536;
const NAME = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,199})\.json$/;

const requestSchema = z.object({
  schema: z.literal(1),
  id: z.string().min(1).max(100),
  do: z.enum(['install', 'rollback']),
  target: targetSchema.optional(),
  again: z.boolean().default(false),
  downgrade: z.boolean().default(false),
  to: z.string().max(1000).optional(),
});

export interface UpdateRequest {
  /** By which the record says that it was taken. */
  id: string;
  do: 'install' | 'rollback';
  /** Of `install`; undefined: what is configured. */
  target: ModelTarget | undefined;
  /** What was refused before is tried once more. */
  again: boolean;
  downgrade: boolean;
  /** Of `rollback`: a version in the store; undefined: the one before. */
  to: string | undefined;
}

export async function writeRequest(
  layout: StoreLayout,
  model: string,
  request: UpdateRequest,
): Promise<void> {
  const text = `${JSON.stringify({ schema: 1, ...request })}\n`;
  await writeFileAtomic(join(layout.requests, `${model}.json`), text, 0o640);
}

/** Takes all that were written, with their models; what cannot be understood is removed and given as a fault. */
export async function takeRequests(
  layout: StoreLayout,
): Promise<{ requests: Map<string, UpdateRequest>; faults: string[] }> {
  const requests = new Map<string, UpdateRequest>();
  const faults: string[] = [];
  for (const name of await readdir(layout.requests)) {
    const model = NAME.exec(name)?.[1];
    if (model === undefined) continue;
    const path = join(layout.requests, name);
    try {
      const {
        schema: _form,
        to,
        target,
        ...rest
      } = requestSchema.parse(JSON.parse((await readBoundedFile(path, MAX_BYTES)).toString('utf8')));
      requests.set(model, { ...rest, to, target });
    } catch {
      faults.push(name);
    }
    await rm(path, { recursive: true, force: true });
  }
  return { requests, faults };
}
