/**
 * A real store of models with its updater, for runs in which it is killed: archives are real, what is fetched lies in
 * a file; engines, workers and the verdict of probation are made up.
 */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../dist/base/clock.js';
import { createLogger } from '../../dist/base/logger.js';
import { openBundle } from '../../dist/bundle/bundle.js';
import { packFiles } from '../../dist/bundle/pack.js';
import { discardDownload } from '../../dist/models/fetch/download.js';
import { fetchModel } from '../../dist/models/fetch/fetch-model.js';
import { ModelStore } from '../../dist/models/model-store.js';
import { targetKey } from '../../dist/models/model-target.js';
import { ModelUpdater } from '../../dist/models/model-updater.js';
import { PHASES } from '../../dist/models/update-phases.js';
import { updateTrust } from '../../dist/models/update-trust.js';

export const MODEL = 'people';
const ARCHIVES = 4;
const LIMITS = { maxBytes: 1e8, stallMs: 60_000, deadlineMs: 60_000 };
const INFER_CFG = new URL('../../config/bundles/shapes/infer_cfg.yml', import.meta.url);

/** Archives of versions 1.0.0, 1.1.0 …, each with a model of its own. */
export async function madeArchives(folder) {
  await mkdir(folder, { recursive: true });
  const inferCfg = readFileSync(INFER_CFG);
  const archives = [];
  for (let minor = 0; minor < ARCHIVES; minor += 1) {
    const version = `1.${minor}.0`;
    const content = {
      'infer_cfg.yml': inferCfg,
      'manifest.json': Buffer.from(JSON.stringify({ name: MODEL, version })),
      // Not to be compressed, so that cut archives are cut models.
      'model.onnx': Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * at * (minor + 7)) % 251)),
    };
    const path = join(folder, `${version}.tar.gz`);
    const files = Object.entries(content).map(([name, from]) => ({ path: name, bytes: from.length, from }));
    const { digest } = await packFiles(files, path);
    archives.push({ path, version, sha256: digest.slice('sha256:'.length) });
  }
  return archives;
}

/** `attempt` makes each wish another one. */
export function wishOf({ path, sha256 }, attempt) {
  const target = { source: { kind: 'file', path }, sha256, version: undefined, attempt };
  return { target, classes: 'any', downgrade: true, urgent: true };
}

const quiet = createLogger({ level: 'silent', pretty: false, fd: 2 });
/** No change takes this long; one that does hangs. */
const LONGEST_MS = 60_000;
/** Nobody waits here for another try; limits of time are real ones, see `fetch` below. */
const hasty = {
  ...systemClock,
  after: (ms, run) => systemClock.after(Math.min(ms, 3), run),
  every: () => ({ cancel: () => {} }),
};

/** A start of the daemon, as far as models are concerned. `bad`: probation finds fault with every version. */
export async function started(folder, wish, { bad = false } = {}) {
  const [stateFolder, scratchFolder] = [join(folder, 'state'), join(folder, 'cache')];
  const store = new ModelStore({
    stateFolder,
    scratchFolder,
    quotaBytes: () => 1e9,
    clock: hasty,
    log: quiet,
  });
  await store.open();
  await store.load(new Map([[MODEL, wish.target]]));
  let told = () => {};
  const acts = {
    ...updateTrust({ keys: () => [], clock: hasty }),
    fetch: (_model, { target }, signal, onProgress, makeRoom) =>
      fetchModel(target, {
        ...{ folder: store.layout.downloads, limits: LIMITS, clock: systemClock, signal, onProgress },
        ...{ makeRoom, env: {}, wantSignature: false },
      }),
    discard: ({ source }) => discardDownload(store.layout.downloads, source),
    build: async () => {},
    tryOut: async () => {},
    switchTo: async () => {},
    callBack: async () => {},
    probation: async () =>
      bad ? { good: false, error: { code: 'MODEL_SLOW', message: 'It is slow.' } } : { good: true },
    settled: () => {},
    mayBegin: () => undefined,
    changed: () => told(),
  };
  const updater = new ModelUpdater({ store, acts, clock: hasty, log: quiet, scratchFolder });
  return {
    store,
    /** Until the change has ended; rejects where that takes too long. */
    async settled() {
      const key = targetKey(wish.target);
      const done = new Promise((resolve) => {
        told = () => {
          const { update, activeKey, refused } = store.slot(MODEL);
          const over = update === undefined || PHASES[update.phase].work === undefined;
          if (over && (activeKey === key || refused.some((each) => each.key === key))) resolve();
        };
      });
      const ended = updater.configure(new Map([[MODEL, wish]])).then(() => {
        told();
        return done;
      });
      let timer;
      const late = new Promise((_resolve, reject) => {
        timer = setTimeout(() => {
          reject(new Error(`the change does not end: ${JSON.stringify(store.slot(MODEL).update)}`));
        }, LONGEST_MS);
      });
      await Promise.race([ended, late]).finally(() => clearTimeout(timer));
    },
    async close() {
      await updater.close();
      await store.close();
    },
  };
}

/** What serves: its archive, `undefined` for none. Throws where it is not whole or cannot be loaded. */
export async function serving({ store }, wish, folder) {
  const path = store.activePath(MODEL, wish.target);
  if (path === undefined) return undefined;
  const { digest, version } = await openBundle(path, join(folder, 'cache'));
  const { active } = store.slot(MODEL);
  if (active?.digest !== digest) throw new Error(`version ${version} has the digest ${digest}`);
  return active.archive;
}
