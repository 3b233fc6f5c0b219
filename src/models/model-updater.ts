/**
 * Keeps every model at what the configuration wants: one slot updater for each, one change at a time. Takes requests of
 * commands, resumes at a start what a power cut left, and gives up in order when it is closed.
 */
import type { Clock, Timer } from '../base/clock.js';
import { type ErrorData, messageOf } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { ModelUpdate, UpdateProgress } from '../core/model-update.js';
import type { ModelStore } from './model-store.js';
import type { ModelWish } from './model-target.js';
import { SlotUpdater } from './slot-updater.js';
import { Turn } from './turn.js';
import type { UpdateActs } from './update-acts.js';
import { takeRequests, type UpdateRequest } from './update-request.js';

export interface ModelUpdaterOptions {
  /** Open, and with the slots of the first wishes loaded. */
  store: ModelStore;
  acts: UpdateActs;
  clock: Clock;
  log: Logger;
  scratchFolder: string;
  random?: () => number;
}

export interface UpdaterState {
  update: ModelUpdate | undefined;
  progress: UpdateProgress | undefined;
  /** Why it waits before the next try; undefined while it does not. */
  resting: ErrorData | undefined;
}

const LOOK_MS = 1000;

export class ModelUpdater {
  readonly #options: ModelUpdaterOptions;
  readonly #slots = new Map<string, SlotUpdater>();
  readonly #turn = new Turn();
  #timer: Timer | undefined;
  #looking = false;
  #closed = false;
  #last: Promise<void> = Promise.resolve();

  constructor(options: ModelUpdaterOptions) {
    this.#options = options;
  }

  /** Begins to look for requests of commands. */
  start(): void {
    const { clock } = this.#options;
    this.#timer ??= clock.every(LOOK_MS, () => void this.#look(), { background: true });
  }

  /** What is wanted from now on; resumes what was under way. A model that is no longer wanted stays as it is. */
  configure(wishes: ReadonlyMap<string, ModelWish>): Promise<void> {
    this.#last = this.#last.then(() => this.#configure(wishes));
    return this.#last;
  }

  /** What is under way or how the last one ended, and how far it is. */
  state(model: string): UpdaterState {
    const slot = this.#slots.get(model);
    const { update } = this.#options.store.slot(model);
    return { update, progress: slot?.progress, resting: slot?.resting };
  }

  request(model: string, request: UpdateRequest): boolean {
    const slot = this.#slots.get(model);
    slot?.request(request);
    return slot !== undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#last;
    await Promise.all([...this.#slots.values()].map((slot) => slot.close()));
    this.#slots.clear();
  }

  async #configure(wishes: ReadonlyMap<string, ModelWish>): Promise<void> {
    if (this.#closed) return;
    const { store, acts } = this.#options;
    const trust = await acts.trust();
    await store.load(new Map([...wishes].map(([model, { target }]) => [model, target])));
    for (const [model, slot] of this.#slots)
      if (!wishes.has(model)) {
        this.#slots.delete(model);
        await slot.close();
      }
    for (const [model, wish] of wishes) {
      const there = this.#slots.get(model);
      if (there !== undefined) {
        there.configure(wish, trust);
        continue;
      }
      const slot = new SlotUpdater({ ...this.#options, model, wish, trust, turn: this.#turn });
      this.#slots.set(model, slot);
      slot.start();
    }
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { store, log } = this.#options;
    try {
      const { requests, faults } = await takeRequests(store.layout);
      for (const name of faults) log.warn({ name }, 'a request to the model store cannot be understood');
      for (const [model, request] of requests)
        if (!this.request(model, request))
          log.warn({ model }, 'a request is for a model that is not configured');
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'requests to the model store cannot be read');
    } finally {
      this.#looking = false;
    }
  }
}
