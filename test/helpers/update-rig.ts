/** A real store with its updater; network, builds and workers are doubles that a test scripts. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { pino } from 'pino';
import type { Test } from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { packFiles } from '../../dist/bundle/pack.js';
import type { Verdict } from '../../dist/core/model-trial.js';
import type { ModelTarget, ModelVersion, UpdatePhase } from '../../dist/core/model-update.js';
import { ModelStore } from '../../dist/models/model-store.js';
import type { ModelWish } from '../../dist/models/model-target.js';
import { ModelUpdater } from '../../dist/models/model-updater.js';
import type { SlotRecord } from '../../dist/models/slot-record.js';
import type { UpdateActs } from '../../dist/models/update-acts.js';
import { updateTrust } from '../../dist/models/update-trust.js';
import { FakeClock } from './fake-clock.js';
import { tinyBundle } from './tiny-bundle.js';
import { until } from './until.js';

export const GOOD: Verdict = {
  good: true,
  facts: { watchedMs: 600_000, frames: 1000, waiting: undefined, cameras: [] },
};

export interface PackedVersion {
  path: string;
  sha256: string;
  bytes: number;
}

/** An archive of a tiny bundle with this version in its manifest. */
export async function packedVersion(
  folder: string,
  version: string,
  options: { labels?: string[]; score?: number; name?: string } = {},
): Promise<PackedVersion> {
  const bundle = tinyBundle(join(folder, `bundle-${version}`), options);
  const manifest = Buffer.from(JSON.stringify({ name: options.name ?? 'people', version }));
  const file = (name: string) => ({ path: name, from: readFileSync(join(bundle, name)) });
  const files = [file('infer_cfg.yml'), { path: 'manifest.json', from: manifest }, file('model.onnx')];
  const path = join(folder, `people-${version}.tar.gz`);
  const { bytes, digest } = await packFiles(
    files.map((each) => ({ ...each, bytes: each.from.length })),
    path,
  );
  return { path, sha256: digest.slice('sha256:'.length), bytes };
}

export function wishFor(packed: PackedVersion, change: Partial<ModelTarget> = {}): ModelWish {
  const source = { kind: 'file', path: packed.path } as const;
  return {
    target: { source, sha256: packed.sha256, version: undefined, attempt: 1, ...change },
    classes: 'same',
    downgrade: false,
    urgent: false,
  };
}

export interface UpdateRig {
  folder: string;
  clock: FakeClock;
  acts: UpdateActs;
  /** What was done, in order. */
  done: string[];
  store: ModelStore;
  updater: ModelUpdater;
  slot(): SlotRecord;
  want(wish: ModelWish): Promise<void>;
  /** Until the slot's update is in this phase; time goes on meanwhile. */
  reaches(phase: UpdatePhase | undefined): Promise<void>;
  serving(): string | undefined;
  /** Another process takes over, as after a restart. */
  restart(how?: 'in order' | 'power'): Promise<void>;
}

export async function updateRig(t: Test, changes: Partial<UpdateActs> = {}): Promise<UpdateRig> {
  const folder = t.testdir();
  const clock = new FakeClock();
  const log = pino({ level: 'silent' });
  const done: string[] = [];
  const version = (of: ModelVersion | undefined): string => of?.version ?? 'none';
  const stateFolder = join(folder, 'state');
  const scratchFolder = join(folder, 'cache');
  mkdirSync(scratchFolder, { recursive: true });
  let parts: { store: ModelStore; updater: ModelUpdater };
  const acts: UpdateActs = {
    ...updateTrust({ keys: () => [], clock }),
    fetch: async (_model, { target }, signal, tell, makeRoom) => {
      const from = target.source.kind === 'file' ? target.source.path : '';
      const archivePath = join(parts.store.layout.downloads, basename(from));
      const { length } = readFileSync(from);
      await makeRoom(length);
      tell({ done: length, total: length });
      await copyFile(from, archivePath);
      signal.throwIfAborted();
      done.push('fetch');
      const { createHash } = await import('node:crypto');
      const sha256 = createHash('sha256').update(readFileSync(archivePath)).digest('hex');
      return { archivePath, bytes: length, sha256, minisig: undefined };
    },
    discard: async () => void done.push('discard'),
    build: async (_model, of) => void done.push(`build ${version(of)}`),
    tryOut: async (_model, of) => void done.push(`try ${version(of)}`),
    switchTo: async (_model, of) => void done.push(`switch ${version(of)}`),
    callBack: async (_model, of, { code }) => void done.push(`call back ${version(of)}: ${code}`),
    probation: async () => GOOD,
    settled: () => void done.push('settled'),
    mayBegin: () => undefined,
    changed: () => {},
    ...changes,
  };
  let wish: ModelWish | undefined;
  const start = async (): Promise<void> => {
    const store = new ModelStore({ stateFolder, scratchFolder, quotaBytes: () => 1e9, clock, log });
    await store.open();
    const updater = new ModelUpdater({ store, acts, clock, log, scratchFolder, random: () => 0.5 });
    parts = { store, updater };
    updater.start();
    if (wish !== undefined) await updater.configure(new Map([['people', wish]]));
  };
  await start();
  const slot = (): SlotRecord => parts.store.slot('people');
  t.teardown(async () => {
    await parts.updater.close();
    await parts.store.close();
  });
  return {
    ...{ folder, clock, acts, done, slot },
    get store() {
      return parts.store;
    },
    get updater() {
      return parts.updater;
    },
    want: async (next) => {
      wish = next;
      await parts.updater.configure(new Map([['people', next]]));
    },
    reaches: (phase) =>
      until(() => {
        clock.advance(1);
        const { update } = slot();
        return update?.phase === phase && isDeepStrictEqual(update?.target, wish?.target);
      }),
    serving: () => slot().active?.version,
    restart: async (how = 'in order') => {
      const { updater, store } = parts;
      if (how === 'in order') await updater.close();
      // The one before goes on by itself and is never heard of again: its acts no longer end.
      await store.close();
      await start();
    },
  };
}

/** Rejects with this code, so often. */
export function failing(code: DetectdError['code'], times = Number.POSITIVE_INFINITY): () => Promise<void> {
  let count = 0;
  return async () => {
    count += 1;
    if (count <= times) throw new DetectdError(code, `It failed with ${code}.`);
  };
}

/** Never ends by itself. */
export function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

export function corrupt(path: string): void {
  const bytes = readFileSync(path);
  bytes.fill(0, Math.floor(bytes.length / 2));
  writeFileSync(path, bytes);
}
