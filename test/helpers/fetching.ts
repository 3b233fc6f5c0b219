/** What a test needs to fetch an archive: contents, targets and options that are quick and never touch the machine's proxy. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { ModelSource, ModelTarget } from '../../dist/core/model-update.js';
import { downloadName } from '../../dist/models/fetch/download.js';
import type { FetchOptions } from '../../dist/models/fetch/fetch-options.js';
import { BadServer, type Behaviour } from '../../scripts/proof/bad-server.mjs';
import { quickClock } from '../../scripts/proof/quick-clock.mjs';

/** Bytes that look like nothing, the same for the same seed. */
export function archive(bytes: number, seed = 'archive'): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at * 32 < bytes; at += 1)
    pieces.push(createHash('sha256').update(`${seed}${at}`).digest());
  return Buffer.concat(pieces).subarray(0, bytes);
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export function target(source: ModelSource, content?: Uint8Array): ModelTarget {
  return { source, sha256: content && sha256(content), version: undefined, attempt: 0 };
}

let folders = 0;

export function fetchOptions(
  t: Pick<Test, 'testdir' | 'testdirName'>,
  change: Partial<FetchOptions> = {},
): FetchOptions {
  // Made a second time it would be emptied.
  if (!existsSync(t.testdirName)) t.testdir({});
  folders += 1;
  return {
    folder: join(t.testdirName, `downloads-${folders}`),
    limits: { maxBytes: 50_000_000, stallMs: 60_000, deadlineMs: 3_600_000 },
    clock: quickClock(100),
    signal: new AbortController().signal,
    env: {},
    wantSignature: false,
    ...change,
  };
}

/** What is on disk of an archive that is being fetched. */
export function partBytes(folder: string, source: ModelSource): number {
  return statSync(join(folder, `${downloadName(source)}.part`), { throwIfNoEntry: false })?.size ?? 0;
}

/** A server with this archive that ends with the test. */
export async function serving(
  t: Pick<Test, 'teardown'>,
  content: Buffer,
  behaviours: Behaviour[] = [],
  more: { minisig?: string; tls?: { key: Buffer; cert: Buffer } } = {},
): Promise<BadServer> {
  const server = await new BadServer(content, { behaviours, ...more }).start();
  t.teardown(() => server.close());
  return server;
}
