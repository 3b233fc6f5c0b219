/**
 * Where messages are kept: on the disk, and in memory while that cannot be. It opens the store, tries again when that
 * fails, moves what was kept in memory meanwhile, and knows what earlier runs left.
 */
import type { Clock, Timer } from '../../base/clock.js';
import { DetectdError } from '../../base/errors.js';
import { kernelBoot } from '../../base/kernel-boot.js';
import type { Logger } from '../../base/logger.js';
import type { EarlierBoot, LossCause } from '../../core/device-event.js';
import type { AgeClock } from './age-clock.js';
import type { LossBook } from './loss-book.js';
import { MemoryStore } from './memory-store.js';
import type { MessageKeeper } from './message-keeper.js';
import type { MessageSender } from './message-sender.js';
import { type OpenedStore, openStore } from './open-store.js';
import type { Operation, OutboxStore } from './outbox-store.js';
import { moveToDisk } from './store-move.js';
import {
  type BootRecord,
  bootRecords,
  closedRecord,
  lossRecord,
  streamRecords,
  sumsRecord,
} from './store-records.js';
import type { StoredMessage } from './stored-message.js';

export interface StoreChange {
  mode: 'disk' | 'memory';
  error: DetectdError | undefined;
  /** What the store knows of earlier boots, when it was opened. */
  previous: EarlierBoot[] | undefined;
}

export interface StoreHomeOptions {
  folder: string;
  bootId: string;
  clock: Clock;
  log: Logger;
  keeper: MessageKeeper;
  sender: Pick<MessageSender, 'restart' | 'changeStore'>;
  losses: LossBook;
  age: AgeClock;
  /** The disk is wanted. */
  enabled: () => boolean;
  /** Nobody knows which ones or how many. */
  onLost: (cause: LossCause) => void;
  /** The store was opened, has changed, or was found damaged. */
  onStore: (change: StoreChange) => void;
  /** Injected by tests. */
  open?: typeof openStore | undefined;
  root?: string | undefined;
}

const RETRY_MS = 60_000;
const MAX_PREVIOUS = 8;

export class StoreHome {
  readonly #options: StoreHomeOptions;
  #boot = 0;
  #bootWritten = false;
  #kernel: string | undefined;
  /** Of earlier boots, until all of theirs is delivered. */
  #earlier: BootRecord[] = [];
  #obsolete: string[] = [];
  /** First and last number of this boot that may be in the store, by stream. */
  readonly #kept = new Map<string, [number, number]>();
  #fault: DetectdError | undefined;
  #damage: DetectdError | undefined;
  #opening: Promise<void> | undefined;
  /** The store before, which has to be closed for it to be opened again. */
  #closing: Promise<void> | undefined;
  #retry: Timer | undefined;
  #adopted = false;
  #damagedUs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: StoreHomeOptions) {
    this.#options = options;
  }

  /** The number of this run in the store. */
  get boot(): number {
    return this.#boot;
  }

  /** Why the disk is not used although it is wanted. */
  get fault(): DetectdError | undefined {
    return this.#fault;
  }

  /** What is written with these messages. */
  records(group: readonly StoredMessage[]): Operation[] {
    const { bootId, losses, keeper, age } = this.#options;
    for (const { stream, seq } of group) {
      const kept = this.#kept.get(stream);
      if (kept === undefined) this.#kept.set(stream, [seq, seq]);
      else kept[1] = seq;
    }
    const operations: Operation[] = this.#obsolete.map((key) => ({ type: 'del', key }));
    if (group.length > 0 && !this.#bootWritten) {
      operations.push(...bootRecords(this.#boot, bootId, this.#kernel));
      // Nothing of a start is ever heard that the next one does not know of.
      keeper.syncNext();
    }
    operations.push(...streamRecords(this.#boot, group));
    for (const [id, loss] of losses.takeChanges()) operations.push(lossRecord(id, loss));
    operations.push(sumsRecord(keeper.stored, age.nowMs));
    if (this.#closed) operations.push(closedRecord(this.#boot));
    if (group.length > 0) this.#bootWritten = true;
    this.#obsolete = [];
    return operations;
  }

  /** Everything in the store is delivered. */
  forgetDelivered(): void {
    this.#kept.clear();
    this.#obsolete.push(...this.#earlier.flatMap(({ keys }) => keys));
    this.#earlier = [];
  }

  /** The keeper could not write to this store. */
  writeFailed(fault: unknown, store: OutboxStore): void {
    this.#closing = store.close();
    this.failed(fault);
  }

  failed(fault: unknown): void {
    this.keepInMemory(DetectdError.from(fault, 'OUTBOX_DISK'));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    const { keeper } = this.#options;
    await this.#opening;
    await keeper.close();
    await (await keeper.leave())?.close();
    await this.#closing;
  }

  /** Opens the store on the disk. Never rejects. @param damaged why the one that is there is set aside */
  open(damaged?: DetectdError): Promise<void> {
    this.#forgetRetry();
    this.#opening ??= this.#openNow(damaged).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openNow(damaged: DetectdError | undefined): Promise<void> {
    const { folder, clock, enabled, open = openStore, root } = this.#options;
    try {
      await this.#closing;
      this.#kernel = await kernelBoot(root);
      const opened = await open(folder, clock.wallMs(), damaged);
      if (this.#closed || !enabled()) return await opened.store.close();
      await this.#adopt(opened);
    } catch (thrown) {
      const error = DetectdError.from(thrown, 'OUTBOX_DISK');
      this.keepInMemory(error);
    }
  }

  /** The store on the disk is there: what was kept in memory goes to it. */
  async #adopt({ store, records, damage }: OpenedStore): Promise<void> {
    const { bootId, keeper, sender, losses, age } = this.#options;
    const own = records.boots.find(({ boot_id }) => boot_id === bootId);
    const boot = own?.boot ?? Math.max(0, ...records.boots.map((each) => each.boot)) + 1;
    // So that what is delivered is not moved.
    if (keeper.store instanceof MemoryStore) await keeper.flush();
    const memory = await keeper.leave();
    age.resume(records.ageMs);
    let { rows } = records;
    if (memory instanceof MemoryStore) {
      const before = keeper.stored.toRows();
      try {
        rows = await moveToDisk(memory, store, {
          ...{ rows, boot, bootId, kernel: this.#kernel, ageMs: age.nowMs },
        });
      } catch (fault) {
        await store.close();
        keeper.use(memory, before);
        throw fault;
      }
    }
    const earlier = records.boots.filter((each) => each !== own);
    this.#earlier = earlier.slice(-MAX_PREVIOUS);
    this.#obsolete.push(...earlier.slice(0, -MAX_PREVIOUS).flatMap(({ keys }) => keys));
    for (const each of earlier) this.#mourn(each);
    for (const { key, loss } of records.losses) {
      this.#obsolete.push(key);
      // Later on the book itself knows better.
      if (!this.#adopted) losses.restore(loss);
    }
    if (damage !== undefined) this.#damaged(damage);
    this.#adopted = true;
    losses.markAll();
    this.#boot = boot;
    this.#bootWritten = false;
    this.#forgetRetry();
    const recovered = this.#fault !== undefined;
    this.#fault = undefined;
    keeper.use(store, rows);
    sender.restart(boot);
    this.#tell(recovered ? undefined : damage);
  }

  /** What an earlier start wrote last is in doubt when it came to no end and the kernel is another one. */
  #mourn({ boot, boot_id, streams, openUnder }: BootRecord): void {
    const { losses, onLost } = this.#options;
    if (openUnder === undefined) return;
    // All that was found is synced by now.
    this.#obsolete.push(closedRecord(boot).key);
    if (this.#adopted || this.#kernel === undefined || openUnder === this.#kernel) return;
    for (const [stream, last] of Object.entries(streams))
      losses.addSome({ stream, boot_id, from_seq: last + 1, to_seq: null }, 'power-cut');
    losses.addSome({ stream: null, boot_id, from_seq: null, to_seq: null }, 'power-cut');
    onLost('power-cut');
  }

  #forgetRetry(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  #damaged(damage: DetectdError): void {
    const { bootId, losses, onLost } = this.#options;
    this.#damage = damage;
    losses.addUnknown('corrupt', null);
    onLost('corrupt');
    // Of the store that this run has written to some of its own are lost, too.
    if (!this.#adopted) return;
    for (const [stream, [first, last]] of this.#kept)
      losses.addSome({ stream, boot_id: bootId, from_seq: first, to_seq: last }, 'corrupt');
  }

  #tell(error: DetectdError | undefined): void {
    const { log, onStore } = this.#options;
    const mode = this.#options.keeper.store?.kind ?? 'memory';
    if (error !== undefined) log.warn({ code: error.code, hint: error.hint }, error.message);
    const previous =
      mode === 'memory' ? undefined : this.#earlier.map(({ boot_id, streams }) => ({ boot_id, streams }));
    onStore({ mode, error: error ?? this.#damage, previous });
    this.#damage = undefined;
  }

  /** @param error why; undefined where it is wanted so */
  keepInMemory(error?: DetectdError): void {
    if (this.#closed) return;
    const { clock, keeper, sender, losses } = this.#options;
    const first = this.#fault === undefined;
    this.#fault = error;
    if (!(keeper.store instanceof MemoryStore)) {
      if (keeper.store !== undefined) this.#closing = keeper.leave().then((store) => store?.close());
      losses.markAll();
      keeper.use(new MemoryStore(), []);
      sender.changeStore(this.#boot);
    }
    if (error === undefined || first) this.#tell(error);
    if (error === undefined) this.#forgetRetry();
    // One fault is told by each who waited for the same read; the first has seen to it.
    if (error === undefined || this.#retry !== undefined) return;
    const nowUs = clock.monotonicUs();
    const corrupt = error.code === 'OUTBOX_CORRUPT';
    // A disk that damages one store after the other is not to be kept busy with it.
    const soon = corrupt && nowUs - this.#damagedUs > RETRY_MS * 1000;
    if (corrupt) this.#damagedUs = nowUs;
    const again = () => void this.open(corrupt ? error : undefined);
    this.#retry = clock.after(soon ? 0 : RETRY_MS, again, { background: true });
  }
}
