/**
 * Has a model changed: by the daemon that holds the store, which is asked and followed, or without one by this process,
 * as far as that can be done without cameras.
 */
import { randomBytes } from 'node:crypto';
import { pause, systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { becomeOwnerOf } from '../base/folder-owner.js';
import { createLogger } from '../base/logger.js';
import { readSamples } from '../bundle/samples.js';
import type { UpdatePhase, UpdateProgress } from '../core/model-update.js';
import { discardDownload } from '../models/fetch/download.js';
import { fetchModel } from '../models/fetch/fetch-model.js';
import { ModelStore, readStoredSlot } from '../models/model-store.js';
import { targetKey } from '../models/model-target.js';
import { ModelUpdater } from '../models/model-updater.js';
import type { SlotRecord } from '../models/slot-record.js';
import { storeError } from '../models/store-layout.js';
import type { UpdateActs } from '../models/update-acts.js';
import { nextStep, PHASES, pending, serves, type Wanted, wantedOf } from '../models/update-phases.js';
import { type UpdateRequest, writeRequest } from '../models/update-request.js';
import { updateTrust } from '../models/update-trust.js';
import { ChangeLine } from './change-line.js';
import { type ConfiguredSlots, requireWish } from './model-slots.js';
import { checkSamples } from './sample-check.js';

export interface ModelChange {
  io: CommandIo;
  configured: ConfiguredSlots;
  model: string;
  request: Omit<UpdateRequest, 'id'>;
  /** Without a daemon: it is tried on its samples and made the one that serves. */
  activate: boolean;
  /** Until it is known how it ends. */
  wait: boolean;
  signal: AbortSignal;
}

const LOOK_MS = 300;
/** A daemon looks for requests every second. */
const TAKEN_MS = 8000;
const ORDER: readonly UpdatePhase[] = Object.keys(PHASES) as UpdatePhase[];

/** The slot afterwards, and who changed it. Throws what the change failed with. */
export async function changeModel(
  change: ModelChange,
): Promise<{ slot: SlotRecord; by: 'daemon' | 'command' }> {
  const { configured } = change;
  await becomeOwnerOf(configured.state);
  const log = createLogger({ level: 'silent', pretty: false, fd: 2 });
  const store = new ModelStore({
    ...{ stateFolder: configured.state, scratchFolder: configured.cache, clock: systemClock, log },
    quotaBytes: () => configured.config.updates.max_size_mb * 1e6,
  });
  try {
    await store.open();
  } catch (error) {
    if (!(error instanceof DetectdError) || error.code !== 'UPDATE_BUSY') throw error;
    return { slot: await asked(change, store), by: 'daemon' };
  }
  try {
    return { slot: await changedHere(change, store), by: 'command' };
  } finally {
    await store.close();
  }
}

async function asked(change: ModelChange, store: ModelStore): Promise<SlotRecord> {
  const { configured, model, request, wait, signal } = change;
  const id = randomBytes(8).toString('hex');
  await writeRequest(store.layout, model, { ...request, id }).catch((error: unknown) => {
    throw storeError(store.layout.folder, error);
  });
  const read = (): Promise<SlotRecord> => readStoredSlot(configured.state, model);
  const giveUpUs = systemClock.monotonicUs() + TAKEN_MS * 1000;
  let slot = await read();
  while (slot.request?.id !== id) {
    if (systemClock.monotonicUs() > giveUpUs)
      throw new DetectdError(
        'UPDATE_BUSY',
        'Another process holds the models of this device and has not taken the request.',
        'If it is a daemon, it takes it when it is ready; if another command, wait until it is done and try again.',
      );
    await pause(systemClock, LOOK_MS, signal);
    signal.throwIfAborted();
    slot = await read();
  }
  return followed(change, id, async () => {
    const now = await read();
    return { slot: now, progress: undefined, enough: !wait };
  });
}

async function changedHere(change: ModelChange, store: ModelStore): Promise<SlotRecord> {
  const { configured, model, request, activate, io, signal } = change;
  await requireNoProbation(change);
  const wish = requireWish(configured, model);
  const updater = new ModelUpdater({
    ...{ store, clock: systemClock, scratchFolder: configured.cache },
    log: createLogger({ level: 'silent', pretty: false, fd: 2 }),
    acts: actsHere(configured, store, io.env, activate),
  });
  try {
    await updater.configure(new Map([[model, wish]]));
    const id = randomBytes(8).toString('hex');
    updater.request(model, { ...request, id });
    const last: UpdatePhase = activate ? 'active' : 'building';
    // What another process was at says nothing about this request before it is taken.
    while (store.slot(model).request?.id !== id) {
      await pause(systemClock, 20, signal);
      signal.throwIfAborted();
    }
    return await followed(change, id, async () => {
      const { progress, resting } = updater.state(model);
      // A daemon tries again for as long as it takes; who waits for a command wants to know.
      if (resting !== undefined) throw DetectdError.fromData(resting);
      const slot = store.slot(model);
      const { phase } = pending(slot) ?? {};
      // What is still under way may be what was asked for before this.
      const own = nextStep(slot, wish).do === 'work';
      const enough = own && phase !== undefined && ORDER.indexOf(phase) >= ORDER.indexOf(last);
      return { slot, progress, enough };
    });
  } finally {
    await updater.close();
  }
}

/** Without cameras: engines are built and probation is served when the daemon runs. */
function actsHere(
  { config, cache }: ConfiguredSlots,
  store: ModelStore,
  env: NodeJS.ProcessEnv,
  activate: boolean,
): UpdateActs {
  const { max_model_mb, stall_s, deadline_s, keys } = config.updates;
  const limits = { maxBytes: max_model_mb * 1e6, stallMs: stall_s * 1000, deadlineMs: deadline_s * 1000 };
  return {
    ...updateTrust({ keys: () => keys, clock: systemClock, maxBytes: () => limits.maxBytes }),
    fetch: (_model, { target }, signal, onProgress, makeRoom) =>
      fetchModel(target, {
        ...{ folder: store.layout.downloads, limits, clock: systemClock, signal, env, onProgress, makeRoom },
        wantSignature: keys.length > 0,
      }),
    discard: ({ source }) => discardDownload(store.layout.downloads, source),
    build: (_model, _version, signal) => (activate ? Promise.resolve() : untilAborted(signal)),
    tryOut: async (_model, { path }, _active, signal) =>
      checkSamples({
        ...{ bundle: path, samples: await readSamples(path), env, scratchFolder: cache, signal },
      }),
    switchTo: async () => {},
    callBack: async () => {},
    probation: (_model, _version, signal) => untilAborted(signal),
    settled: () => {},
    mayBegin: () => undefined,
    changed: () => {},
  };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Without cameras nothing ends a probation. */
async function requireNoProbation({ configured, model, request }: ModelChange): Promise<void> {
  const { update, active } = await readStoredSlot(configured.state, model);
  const wanted = request.target ?? requireWish(configured, model).target;
  if (request.do !== 'install' || update?.phase !== 'active') return;
  if (targetKey(update.target) === targetKey(wanted)) return;
  throw new DetectdError(
    'UPDATE_BUSY',
    `Version ${active?.version} of "${model}" is on probation, which only a running daemon can end.`,
    'Start the daemon, or go back with "detectd models rollback" first.',
  );
}

interface Followed {
  slot: SlotRecord;
  /** Undefined where only the record can be seen. */
  progress: UpdateProgress | undefined;
  /** It need not be over. */
  enough: boolean;
}

/** Until the request with this id is over. Throws what became of it otherwise. */
async function followed(
  { io, configured, model, request: asks, signal }: ModelChange,
  id: string,
  look: () => Promise<Followed>,
): Promise<SlotRecord> {
  const wish = requireWish(configured, model);
  const line = new ChangeLine(io, systemClock);
  try {
    for (;;) {
      const { slot, progress, enough } = await look();
      const { request } = slot;
      if (request?.id !== id)
        throw new DetectdError(
          'UPDATE_BUSY',
          `Another command has asked for something else of "${model}" meanwhile.`,
          '"detectd models list" shows what became of both.',
        );
      if (request.error !== undefined) throw DetectdError.fromData(request.error);
      if (request.over) return asks.do === 'install' ? requireWanted(slot, wish) : slot;
      if (enough) return slot;
      line.show(pending(slot), progress);
      await pause(systemClock, LOOK_MS, signal);
      signal.throwIfAborted();
    }
  } finally {
    line.close();
  }
}

/** Throws why what is wanted does not serve. */
function requireWanted(slot: SlotRecord, configured: Wanted): SlotRecord {
  const wanted = wantedOf(slot, configured);
  if (wanted === 'what serves' || serves(slot, wanted.target)) return slot;
  const key = targetKey(wanted.target);
  const why = slot.refused.find((each) => each.key === key)?.error;
  throw why === undefined ? otherwiseConfigured(slot.model) : DetectdError.fromData(why);
}

function otherwiseConfigured(model: string): DetectdError {
  return new DetectdError(
    'UPDATE_BUSY',
    `Nothing is done about "${model}": what holds the models of this device goes by another configuration.`,
    'Have the daemon read its configuration again with "systemctl reload detectd", or name its file with -c.',
  );
}
