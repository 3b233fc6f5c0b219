/**
 * Messages that must not be lost: each is written before it is sent, and removed when the broker has it. What cannot be
 * kept is counted and announced. Nothing that happens to the disk or the broker reaches who adds messages.
 */
import type { Clock, Timer } from '../../base/clock.js';
import type { Logger } from '../../base/logger.js';
import { RepeatedFault } from '../../base/repeated-fault.js';
import type { OutboxConfig } from '../../config/schema.js';
import type { LossCause, LostMessages, Priority } from '../../core/device-event.js';
import { HEALTHY, type Health } from '../../core/service.js';
import { type BrokerConnection, within } from '../broker-connection.js';
import { AgeClock } from './age-clock.js';
import { Backlog } from './backlog.js';
import { GiveUp } from './give-up.js';
import { LossBook } from './loss-book.js';
import { MessageKeeper } from './message-keeper.js';
import { MessageSender, type Prepare } from './message-sender.js';
import type { openStore } from './open-store.js';
import type { Operation } from './outbox-store.js';
import { type StoreChange, StoreHome } from './store-home.js';
import { lossRecord } from './store-records.js';
import { type Level, levelOfKey, messageBytes, messageKey, type StoredMessage } from './stored-message.js';

export interface OutboxCounters {
  mode: 'disk' | 'memory';
  /** Not delivered yet. */
  waiting: number;
  bytes: number;
  /** Of what waits, as of the last look. */
  oldestAgeS: number | undefined;
  /** Since the start: added, sent, and acknowledged by the broker. */
  stored: number;
  /** Of those, how many were in the store. */
  written: number;
  sent: number;
  acknowledged: number;
  lost: Record<LossCause, number>;
  /** Messages from before are being sent. */
  replaying: boolean;
  /** Of the store, if it has one now. */
  fault: string | undefined;
}

export interface OutboxOptions {
  folder: string;
  bootId: string;
  clock: Clock;
  log: Logger;
  settings: OutboxConfig;
  /** The announcement of a loss, as a message of its stream. */
  announcement: (loss: LostMessages) => Announcement | undefined;
  /** The store was opened, has changed, or was found damaged. */
  onStore?: (change: StoreChange) => void;
  /** Injected by tests. */
  open?: typeof openStore;
  root?: string;
}

export interface Announcement {
  stream: string;
  topic: string;
  build: (seq: number) => object;
}

const OPEN_MS = 3000;
const EXPIRE_MS = 60_000;
const ANNOUNCE_MS = 5000;
const MAX_MEMORY_BYTES = 8 * 1024 * 1024;
/** Not written yet: the disk is slow, or being opened. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;
/** Announcements of losses that wait; further ranges wait as such, of which there are not many either. */
const MAX_ANNOUNCEMENTS = 64;
const ANNOUNCED_AT_ONCE = 16;
const LATELY_US = 600 * 1e6;
/** A disk or a broker that has not answered for so long is told of. */
const SILENT_MS = 30_000;

export class Outbox {
  readonly name = 'outbox';
  readonly #options: OutboxOptions;
  readonly #sequences: Map<string, number>;
  readonly #age: AgeClock;
  readonly #losses = new LossBook();
  readonly #keeper: MessageKeeper;
  readonly #sender: MessageSender;
  readonly #giveUp: GiveUp;
  readonly #home: StoreHome;
  readonly #faults: RepeatedFault;
  readonly #timers: Timer[] = [];
  readonly #lost: Record<LossCause, number> = {
    ...{ overflow: 0, age: 0, 'too-large': 0, refused: 0, corrupt: 0, disk: 0, 'power-cut': 0 },
  };
  #settings: OutboxConfig;
  #order = 0;
  #lostUs: number | undefined;
  #settled = false;
  #opened = false;
  #changed = false;
  #closed = false;
  #stored = 0;
  #written = 0;
  #sent = 0;
  /** By the clock of the outbox. */
  #oldestMs: number | undefined;
  #acknowledged = 0;

  /** @param sequences the next number of each stream, for those that also have messages which are not stored */
  constructor(options: OutboxOptions, sequences = new Map<string, number>()) {
    const { clock, log, bootId } = options;
    this.#options = options;
    this.#settings = options.settings;
    this.#sequences = sequences;
    this.#age = new AgeClock(clock);
    this.#faults = new RepeatedFault({
      clock,
      report: (key, detail, count) => log.warn({ ...(detail as object | undefined), count }, key),
    });
    const failed = (fault: unknown) => this.#home.failed(fault);
    const onDamaged = (key: string, value: string) => this.#damaged(key, value);
    this.#keeper = new MessageKeeper({
      clock,
      syncMs: () => this.#settings.sync_s * 1000,
      keyOf: ({ level, order }) => messageKey(level, this.#home.boot, order),
      records: (group) => this.#home.records(group),
      written: (message) => {
        this.#written += 1;
        this.#sender.written(message);
      },
      failed: (fault, store) => this.#home.writeFailed(fault, store),
    });
    this.#sender = new MessageSender({
      ...{ clock, bootId, failed },
      backlog: new Backlog({
        rows: (range) => this.#keeper.rows(range),
        isFree: (key) => !this.#sender.holds(key),
        onDamaged,
      }),
      ageMs: ({ stampMs }) => this.#age.nowMs - stampMs,
      writtenTo: () => this.#keeper.writtenTo,
      ratePerS: () => this.#settings.replay_per_s,
      sent: () => {
        this.#sent += 1;
      },
      delivered: (message) => {
        this.#acknowledged += 1;
        this.#keeper.remove(message);
      },
      lost: (message, cause) => this.#lose(message, cause),
      caughtUp: () => void this.#caughtUp(),
    });
    this.#home = new StoreHome({
      ...{ clock, log, bootId, folder: options.folder, open: options.open, root: options.root },
      ...{ keeper: this.#keeper, sender: this.#sender, losses: this.#losses, age: this.#age },
      enabled: () => this.#settings.enabled,
      onLost: (cause) => this.#count(cause, 1),
      onStore: (change) => this.#onStore(change),
    });
    this.#giveUp = new GiveUp({
      keeper: this.#keeper,
      isSent: (key) => this.#sender.holds(key),
      lost: (message, cause) => this.#lose(message, cause),
      forget: (keys) => this.#sender.forget(keys),
      onDamaged,
    });
  }

  /** Opens the store; one that takes long, or cannot be opened, is not waited for. Never rejects. */
  async start(): Promise<void> {
    const { clock } = this.#options;
    this.#timers.push(
      clock.every(EXPIRE_MS, () => this.#expire(), { background: true }),
      clock.every(ANNOUNCE_MS, () => this.#announce(), { background: true }),
    );
    if (!this.#settings.enabled) this.#home.keepInMemory();
    else await within(clock, OPEN_MS, this.#home.open());
  }

  configure(settings: OutboxConfig): void {
    const { enabled } = this.#settings;
    this.#settings = settings;
    if (enabled && !settings.enabled) this.#home.keepInMemory();
    else if (!enabled && settings.enabled) void this.#home.open();
    this.#makeRoom();
  }

  /**
   * Stores a message and sends it when there is a connection. Never throws; what cannot be kept is counted as lost.
   * @param build makes the payload, with the number that it has in its stream
   */
  add(stream: string, topic: string, priority: Priority, build: (seq: number) => object): void {
    this.#add({ stream, topic, build }, priority);
  }

  /** Resolves when all that was added is in the store, or the store failed. */
  flush(): Promise<void> {
    return this.#keeper.flush();
  }

  /** Tries the disk again now, if it is wanted. */
  retry(): Promise<void> {
    return this.#settings.enabled ? this.#home.open() : Promise.resolve();
  }

  connected(connection: BrokerConnection, prepare: Prepare): void {
    this.#settled = false;
    this.#sender.connected(connection, prepare, this.#home.boot);
    this.#announce();
  }

  disconnected(): void {
    this.#sender.disconnected();
  }

  health(): Health {
    const reasons: string[] = [];
    const { reason } = this.#sender.refusals;
    if (this.#home.fault !== undefined) reasons.push(this.#home.fault.message);
    if (this.#keeper.unwrittenMs > SILENT_MS)
      reasons.push('the disk does not take the messages to be stored');
    if (reason !== undefined) reasons.push(`messages wait: ${reason}`);
    if (this.#sender.unansweredMs > SILENT_MS) reasons.push('the MQTT broker acknowledges no messages');
    const lostUs = this.#lostUs;
    if (lostUs !== undefined && this.#options.clock.monotonicUs() - lostUs < LATELY_US)
      reasons.push('messages were lost in the last ten minutes');
    return reasons.length === 0 ? HEALTHY : { state: 'degraded', reason: reasons.join('; ') };
  }

  counters(): OutboxCounters {
    return {
      mode: this.#keeper.store?.kind ?? 'memory',
      waiting: this.#keeper.count,
      bytes: this.#keeper.bytes,
      oldestAgeS: this.#oldestAgeS(),
      stored: this.#stored,
      written: this.#written,
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      lost: { ...this.#lost },
      replaying: this.#sender.replaying,
      fault: this.#home.fault?.message,
    };
  }

  /** Writes what is not written yet, within the time; what is not delivered stays in the store. */
  async close(withinMs = 1000): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { clock } = this.#options;
    for (const timer of this.#timers) timer.cancel();
    this.#sender.disconnected();
    await within(clock, withinMs, this.#home.close());
  }

  #add({ stream, topic, build }: Announcement, level: Level, also?: Operation): void {
    const { bootId } = this.#options;
    const seq = this.#sequences.get(stream) ?? 0;
    let text: string;
    try {
      text = JSON.stringify(build(seq));
    } catch (error) {
      this.#faults.note('a message could not be made', { err: error });
      return;
    }
    this.#sequences.set(stream, seq + 1);
    const order = this.#order++;
    const bytes = Buffer.byteLength(text) + stream.length + topic.length + ENVELOPE_BYTES;
    // Its key is that of the boot as which it is written.
    const message = {
      key: '',
      level,
      order,
      stream,
      topic,
      bootId,
      seq,
      stampMs: this.#age.nowMs,
      text,
      bytes,
    };
    this.#stored += 1;
    if (level < 4 && this.#keeper.queuedBytes + bytes > MAX_QUEUED_BYTES) this.#note(message, 'disk');
    else if (level < 4 && this.#isLeastValuable(message)) this.#note(message, 'overflow');
    else this.#keeper.put(message, also);
    this.#makeRoom();
  }

  get #limit(): number {
    const bytes = this.#settings.max_mb * 1e6;
    return this.#keeper.store?.kind === 'disk' ? bytes : Math.min(bytes, MAX_MEMORY_BYTES);
  }

  /** There is no room, and nothing in the store could go for it. */
  #isLeastValuable({ level, bytes }: StoredMessage): boolean {
    if (this.#keeper.bytes + bytes <= this.#limit) return false;
    const least = this.#keeper.stored.leastValuable;
    return bytes > this.#limit || (least !== undefined && level < least);
  }

  #makeRoom(): void {
    if (this.#keeper.bytes <= this.#limit || this.#keeper.store === undefined) return;
    this.#giveUp.makeRoom(this.#limit).catch((fault) => this.#home.failed(fault));
  }

  /** Gives up what is too old, and looks how old the rest is. */
  #expire(): void {
    const expiredMs = this.#age.nowMs - this.#settings.max_age_h * 3_600_000;
    if (this.#keeper.count === 0 || this.#keeper.store === undefined) return;
    let oldestMs = this.#age.nowMs;
    const tooOld = ({ stampMs }: StoredMessage): boolean => {
      if (stampMs >= expiredMs) oldestMs = Math.min(oldestMs, stampMs);
      return stampMs < expiredMs;
    };
    this.#giveUp.expire(tooOld).then(
      () => {
        this.#oldestMs = oldestMs;
      },
      (fault) => this.#home.failed(fault),
    );
    // So that the clock of the outbox goes on where it is, should this process end.
    this.#keeper.write();
  }

  #oldestAgeS(): number | undefined {
    if (this.#keeper.count === 0) this.#oldestMs = undefined;
    return this.#oldestMs === undefined ? undefined : (this.#age.nowMs - this.#oldestMs) / 1000;
  }

  #lose(message: StoredMessage, cause: LossCause): void {
    this.#keeper.remove(message);
    this.#note(message, cause);
  }

  #note(message: StoredMessage, cause: LossCause): void {
    this.#losses.add(message, cause);
    this.#count(cause, 1);
  }

  #count(cause: LossCause, count: number): void {
    this.#lost[cause] += count;
    const perhaps = cause === 'power-cut';
    if (!perhaps) this.#lostUs = this.#options.clock.monotonicUs();
    const word = perhaps ? 'may be' : 'are';
    this.#faults.note(`stored messages ${word} lost: ${cause}`, { lost: this.#lost[cause] });
  }

  #damaged(key: string, value: string): void {
    if (this.#keeper.isRemoved(key)) return;
    this.#keeper.remove({ key, level: levelOfKey(key), bytes: messageBytes(key, value) });
    this.#losses.addUnknown('corrupt', 1);
    this.#count('corrupt', 1);
  }

  /** Ranges become messages, each in the same write in which the range goes. */
  #announce(): void {
    if (!this.#sender.isConnected || this.#losses.size === 0 || this.#keeper.store === undefined) return;
    if (this.#keeper.stored.countOf(4) + this.#keeper.queued >= MAX_ANNOUNCEMENTS) return;
    for (const [id, loss] of this.#losses.take(ANNOUNCED_AT_ONCE)) {
      const announcement = this.#options.announcement(loss);
      if (announcement !== undefined) this.#add(announcement, 4, lossRecord(id, undefined));
    }
  }

  #onStore(change: StoreChange): void {
    // What goes from one store to the other is not counted exactly.
    if (this.#opened) this.#changed = true;
    this.#opened = true;
    this.#settled = false;
    this.#options.onStore?.(change);
    if (change.mode === 'disk') this.#expire();
  }

  /** Everything is delivered: what the store counts beyond that was lost from it, and earlier boots are over. */
  async #caughtUp(): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    await this.#keeper.flush();
    if (!this.#sender.idle || this.#keeper.queued > 0 || this.#keeper.store?.kind !== 'disk') {
      this.#settled = false;
      return;
    }
    const missing = this.#keeper.count;
    if (missing > 0 && !this.#changed) {
      this.#losses.addUnknown('corrupt', missing);
      this.#count('corrupt', missing);
    }
    this.#changed = false;
    this.#keeper.stored.clear();
    this.#home.forgetDelivered();
    this.#keeper.write();
  }
}

/** About what a message has in the store beside its payload, with its key. */
const ENVELOPE_BYTES = 80;
