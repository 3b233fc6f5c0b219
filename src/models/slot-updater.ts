/**
 * Takes one slot from what it is to what is wanted of it, phase by phase, each written before its work begins. A failure
 * leaves what serves as it is, or calls it back; what may pass by itself is tried again, ever more seldom.
 */
import { Backoff } from '../base/backoff.js';
import { pause } from '../base/clock.js';
import { DetectdError, type ErrorData } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { ModelVersion, UpdatePhase, UpdateProgress } from '../core/model-update.js';
import { type ModelWish, targetKey } from './model-target.js';
import { PhaseWorks, type SlotParts } from './phase-work.js';
import type { SlotRecord } from './slot-record.js';
import { answered, requested } from './slot-request.js';
import type { Turn } from './turn.js';
import {
  adopted,
  advanced,
  begun,
  calledBack,
  dropped,
  failedTry,
  failureKind,
  forgivenByKeys,
  interrupted,
  nextStep,
  PHASES,
  pending,
  refused,
  type SlotStep,
  tried,
  untried,
} from './update-phases.js';
import type { UpdateRequest } from './update-request.js';
import { placeVersion } from './version-folder.js';

export interface SlotUpdaterOptions extends SlotParts {
  wish: ModelWish;
  /** Of the keys that are trusted, as UpdateActs.trust() gives it. */
  trust: string;
  /** Shared by all slots. */
  turn: Turn;
  log: Logger;
  random?: () => number;
}

/** Between two questions whether it may begin. */
const ASK_MS = 15_000;
const FIRST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 3_600_000;
/** Others do not wait longer for one that has nothing to be judged by. */
const LONGEST_TURN_MS = 900_000;
/** Work of these is put off until the window is open. */
const PUT_OFF: ReadonlySet<UpdatePhase> = new Set<UpdatePhase>(['downloading', 'building', 'trial']);

export class SlotUpdater {
  readonly #options: SlotUpdaterOptions;
  readonly #works: PhaseWorks;
  readonly #backoff: Backoff;
  readonly #end = new AbortController();
  readonly #requests: UpdateRequest[] = [];
  #wish: ModelWish;
  #trust: string;
  #step = new AbortController();
  #giveBack: (() => void) | undefined;
  #progress: UpdateProgress | undefined;
  #resting: ErrorData | undefined;
  #running: Promise<void> | undefined;
  /** Phases that this process has begun: others were begun by one that is gone. */
  #resumed = false;

  constructor(options: SlotUpdaterOptions) {
    this.#options = options;
    this.#wish = options.wish;
    this.#trust = options.trust;
    this.#works = new PhaseWorks(options);
    const { clock, random } = options;
    this.#backoff = new Backoff({
      ...{ clock, initialMs: FIRST_RETRY_MS, maxMs: LONGEST_RETRY_MS, stableMs: LONGEST_RETRY_MS },
      ...(random === undefined ? {} : { random }),
    });
  }

  /** How far its work is; undefined while there is none. */
  get progress(): UpdateProgress | undefined {
    return this.#progress;
  }

  /** Why it waits before the next try; undefined while it does not. */
  get resting(): ErrorData | undefined {
    return this.#resting;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Something else may be wanted of it now, or other keys are trusted. */
  configure(wish: ModelWish, trust: string): void {
    // A file of keys that could not be read may be the reason for the wait.
    const retry = trust !== this.#trust && this.#resting !== undefined;
    this.#trust = trust;
    const before = nextStep(this.#record, this.#wanted);
    this.#wish = wish;
    const now = nextStep(this.#record, this.#wanted);
    if (retry || JSON.stringify(before) !== JSON.stringify(now) || now.do !== 'work') this.#wake();
  }

  request(request: UpdateRequest): void {
    this.#requests.push(request);
    this.#wake();
  }

  /** Stops the work in order; it is resumed by the next start. */
  async close(): Promise<void> {
    this.#end.abort();
    this.#wake();
    await this.#running;
  }

  get #record(): SlotRecord {
    return this.#options.store.slot(this.#options.model);
  }

  get #wanted(): { target: ModelWish['target']; downgrade: boolean } {
    return { target: this.#wish.target, downgrade: this.#wish.downgrade };
  }

  #wake(): void {
    this.#step.abort(new DetectdError('INTERNAL', 'Something else is wanted now.'));
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      this.#step = new AbortController();
      try {
        await this.#once(this.#step.signal);
      } catch (thrown) {
        // Mostly the store cannot be written: nothing has changed then, and what serves goes on.
        const error = DetectdError.from(thrown);
        const { model, log } = this.#options;
        log.error({ model, code: error.code, reason: error.message }, 'a change of model cannot go on');
        // The record could not take it: where else would it be said?
        await this.#rest(error.toData(), `it is tried again: ${error.message.replace(/\.$/, '')}`);
      }
    }
    this.#release();
  }

  async #once(signal: AbortSignal): Promise<void> {
    for (let request = this.#requests[0]; request !== undefined; request = this.#requests[0]) {
      await this.#take(request);
      this.#requests.shift();
    }
    const forgiven = forgivenByKeys(this.#record, this.#trust);
    if (forgiven !== this.#record) await this.#write(forgiven);
    const step = nextStep(this.#record, this.#wanted);
    if (step.do === 'work') return this.#work(signal);
    this.#release();
    const told = step.do === 'nothing' ? answered(this.#record, this.#wanted) : this.#record;
    if (told !== this.#record) await this.#write(told);
    await STEPS[step.do](this.#hands, step as never, signal);
  }

  /** What the table of steps works with. */
  get #hands(): Hands {
    return {
      record: () => this.#record,
      write: (record) => this.#write(record),
      begin: (step) => this.#begin(step),
      idle: (signal) => aborted(signal),
      at: () => this.#at(),
      options: this.#options,
    };
  }

  async #begin({ target }: Extract<SlotStep, { do: 'begin' }>): Promise<void> {
    const { store, scratchFolder } = this.#options;
    const record = this.#record;
    const { source, sha256 } = target;
    if (source.kind === 'place' && record.active === undefined) {
      // The first one: it serves already, or its worker says why it cannot.
      const version = await placeVersion(source.path, scratchFolder).catch(() => undefined);
      if (version === undefined) return this.#rest(undefined);
      return this.#write(adopted(record, version, target, this.#at()));
    }
    const kept = sha256 === undefined || source.kind === 'place' ? undefined : await store.find(sha256);
    if (kept !== undefined && kept.version.digest === record.active?.digest)
      return this.#write(adopted(record, kept.version, target, this.#at()));
    await this.#write(begun(record, target, this.#at(), kept?.version));
    this.#resumed = true;
  }

  async #work(signal: AbortSignal): Promise<void> {
    if (!this.#resumed) await this.#resume();
    const update = pending(this.#record);
    if (update === undefined) return;
    const { phase } = update;
    try {
      this.#giveBack ??= await this.#options.turn.take(signal);
      if (PUT_OFF.has(phase)) await this.#mayBegin(signal);
    } catch {
      return;
    }
    if (update.tries >= PHASES[phase].mostTries) return this.#refuse(interrupted(update.tries, phase));
    await this.#write(tried(this.#record, this.#at()));
    // Others need not wait for a probation that has nothing to judge by.
    const patience =
      phase === 'active'
        ? this.#options.clock.after(LONGEST_TURN_MS, () => this.#release(), { background: true })
        : undefined;
    try {
      const wish = { ...this.#wish, target: update.target, downgrade: this.#downgrade() };
      const version = await this.#works.run(phase, this.#record, wish, signal, (progress) => {
        // It serves, and no worker has to stand by for it: models without any version must not wait for its proof.
        if (phase === 'active' && this.#record.previous === undefined) this.#release();
        this.#tell(progress);
      });
      signal.throwIfAborted();
      await this.#done(version);
    } catch (thrown) {
      await this.#failed(thrown, signal);
    } finally {
      patience?.cancel();
      this.#tell(undefined);
    }
  }

  async #done(version: ModelVersion | undefined): Promise<void> {
    const { acts, model, store } = this.#options;
    const { phase, target } = requireUpdate(this.#record);
    const { active } = this.#record;
    this.#progress = undefined;
    // From elsewhere came what serves already: there is nothing to try, and the way back stays.
    const same = version?.archive !== undefined && version.archive === active?.archive;
    if (phase === 'staged' && same) return this.#write(adopted(this.#record, version, target, this.#at()));
    const next = advanced(this.#record, this.#at(), version);
    await this.#write(this.#works.withHighest(next));
    this.#backoff.healthy();
    if (phase === 'verified') await acts.discard(requireUpdate(next).target).catch(() => {});
    if (next.update?.phase !== 'confirmed') return;
    if (next.active !== undefined) await store.confirm(next.active, this.#at()).catch(() => {});
    this.#release();
    acts.settled(model);
  }

  async #failed(thrown: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      if (pending(this.#record) !== undefined) await this.#write(untried(this.#record));
      return;
    }
    const error = DetectdError.from(thrown);
    const { phase, tries, target } = requireUpdate(this.#record);
    const kind = againOf(thrown) ?? failureKind(error.code, target.source.kind);
    if (kind === 'refused' || (kind === 'few' && tries >= PHASES[phase].mostTries))
      return this.#refuse(error.toData());
    const data = error.toData();
    await this.#write(kind === 'few' ? failedTry(this.#record, data) : untried(this.#record, data));
    await this.#rest(data);
  }

  /** The version is not wanted any more, for good. What served before it serves. */
  async #refuse(error: ErrorData): Promise<void> {
    const { acts, model, store } = this.#options;
    const { target, phase, version } = requireUpdate(this.#record);
    const next = refused(this.#record, error, this.#at(), this.#trust);
    try {
      await this.#write(next);
    } catch (unwritten) {
      // Service comes first: a start that reads the record before tries it again, and comes here again.
      store.remember(next);
      if (phase === 'active') await acts.callBack(model, next.active, error);
      throw unwritten;
    }
    if (phase === 'active') await acts.callBack(model, next.active, error);
    this.#release();
    await acts.discard(target).catch(() => {});
    if (version !== undefined) await store.release(version);
  }

  /** A process that is gone was at it. */
  async #resume(): Promise<void> {
    this.#resumed = true;
    const update = pending(this.#record);
    if (update === undefined) return;
    const phase = PHASES[update.phase].onRestart;
    if (phase !== update.phase)
      this.#options.store.remember({ ...this.#record, update: { ...update, phase } });
  }

  async #take(request: UpdateRequest): Promise<void> {
    const { store, acts, model } = this.#options;
    const before = this.#record;
    const versions = request.to === undefined ? [] : await store.versions();
    const next = requested(before, request, this.#wish.target, versions, this.#at());
    await this.#write(next);
    if (next.active === before.active) return;
    const { update } = before;
    const reason = { code: 'UPDATE_UNKNOWN', message: 'A command asked for the version before.' } as const;
    if (update?.phase === 'active') await acts.callBack(model, next.active, reason);
    else await acts.switchTo(model, next.active, this.#end.signal).catch(() => {});
  }

  async #mayBegin(signal: AbortSignal): Promise<void> {
    const { acts, clock } = this.#options;
    for (let waiting = acts.mayBegin(this.#wish); waiting !== undefined; ) {
      this.#release();
      this.#tell({ done: 0, total: undefined, leftMs: undefined, waiting });
      await pause(clock, ASK_MS, signal);
      signal.throwIfAborted();
      waiting = acts.mayBegin(this.#wish);
    }
    this.#giveBack ??= await this.#options.turn.take(signal);
  }

  /** Until it is worth another try, or something else is wanted. */
  async #rest(error: ErrorData | undefined, waiting = 'it is tried again'): Promise<void> {
    this.#release();
    const waitMs = this.#backoff.next();
    if (error !== undefined) this.#tell({ done: 0, total: undefined, leftMs: waitMs, waiting });
    this.#resting = error;
    await pause(this.#options.clock, waitMs, this.#step.signal);
    this.#resting = undefined;
  }

  #downgrade(): boolean {
    const { pin } = this.#record;
    return this.#wish.downgrade || (pin?.configured === targetKey(this.#wish.target) && pin.downgrade);
  }

  #tell(progress: Partial<UpdateProgress> | undefined): void {
    const nothing = { done: 0, total: undefined, leftMs: undefined, waiting: undefined };
    this.#progress = progress === undefined ? undefined : { ...nothing, ...progress };
    this.#options.acts.changed(this.#options.model);
  }

  async #write(record: SlotRecord): Promise<void> {
    await this.#options.store.write(record);
    this.#options.acts.changed(this.#options.model);
  }

  #release(): void {
    this.#giveBack?.();
    this.#giveBack = undefined;
  }

  #at(): string {
    return new Date(this.#options.clock.wallMs()).toISOString();
  }
}

interface Hands {
  record(): SlotRecord;
  write(record: SlotRecord): Promise<void>;
  begin(step: Extract<SlotStep, { do: 'begin' }>): Promise<void>;
  idle(signal: AbortSignal): Promise<void>;
  at(): string;
  options: SlotUpdaterOptions;
}

const STEPS: {
  [Name in Exclude<SlotStep['do'], 'work'>]: (
    hands: Hands,
    step: Extract<SlotStep, { do: Name }>,
    signal: AbortSignal,
  ) => Promise<void>;
} = {
  nothing: (hands, _step, signal) => hands.idle(signal),
  begin: (hands, step) => hands.begin(step),
  drop: async ({ record, write, at, options }) => {
    const version = pending(record())?.version;
    await write(dropped(record(), at()));
    if (version !== undefined) await options.store.release(version);
  },
  'call-back': async ({ record, write, at, options }) => {
    const { active } = record();
    await write(calledBack(record(), at()));
    const reason = { code: 'MODEL_REFUSED', message: 'Another version is wanted.' } as const;
    if (record().active !== active) await options.acts.callBack(options.model, record().active, reason);
  },
};

/** What a fetch says of itself, where it does. */
function againOf(thrown: unknown): 'patient' | 'refused' | undefined {
  const again = typeof thrown === 'object' && thrown !== null && 'again' in thrown ? thrown.again : undefined;
  if (again === 'soon' || again === 'later') return 'patient';
  return again === 'never' ? 'refused' : undefined;
}

function requireUpdate(record: SlotRecord): NonNullable<SlotRecord['update']> {
  if (record.update === undefined) throw new Error('no update is under way');
  return record.update;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
