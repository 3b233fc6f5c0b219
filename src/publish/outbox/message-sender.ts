/**
 * Sends what is stored over one connection after the other. Two lanes: what was added since there is a connection goes at
 * once; what was left from before goes in its order, at a limited rate, with what room there is beside it.
 */
import type { Clock, Timer } from '../../base/clock.js';
import type { DetectdError } from '../../base/errors.js';
import type { LossCause } from '../../core/device-event.js';
import { type BrokerConnection, fitsPacket, type SendOptions } from '../broker-connection.js';
import type { Backlog } from './backlog.js';
import { Refusals } from './refusals.js';
import { historicalText, messageKey, type StoredMessage } from './stored-message.js';

/** How the payload of a stream travels. */
export type Prepare = (stream: string, text: string) => { payload: string | Buffer; options: SendOptions };

export interface MessageSenderOptions {
  clock: Clock;
  backlog: Backlog;
  /** Of the outbox; see age-clock.ts. */
  ageMs: (message: StoredMessage) => number;
  /** Of this run of the daemon. */
  bootId: string;
  ratePerS: () => number;
  /** Every message of a lower order is in the store, or was. */
  writtenTo: () => number;
  sent: () => void;
  delivered: (message: StoredMessage) => void;
  lost: (message: StoredMessage, cause: LossCause) => void;
  /** Nothing is left to send, on the disk or here. */
  caughtUp: () => void;
  /** The backlog cannot be read. */
  failed: (fault: unknown) => void;
}

/** Kept free for retained states, out of what a broker takes at a time. */
const RESERVED = 16;
/** Older than this, a message of the backlog is of the past for who reads it. */
const HISTORICAL_MS = 5000;
/** More than this waits for a slow connection on the disk. */
const MAX_LIVE = 2000;
const MAX_LIVE_BYTES = 2 * 1024 * 1024;
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** While the system takes nothing. */
const BUFFERED_MS = 100;
/** Of a second, at the rate of the backlog: sent in a row. */
const BURST_S = 0.05;

export class MessageSender {
  readonly #options: MessageSenderOptions;
  readonly refusals: Refusals;
  readonly #inFlight = new Map<string, StoredMessage>();
  #live: StoredMessage[] = [];
  #liveBytes = 0;
  /** Messages from this order on are of the live lane. */
  #liveFrom = 0;
  #boot = 0;
  #connection: BrokerConnection | undefined;
  #prepare: Prepare | undefined;
  /** There is something in the store behind the point that was reached. */
  #again = false;
  #skipped = false;
  #replaying = false;
  /** Nothing of the past was met in this pass. */
  #orderly = false;
  #pumping = false;
  #tokens = 0;
  #tokensUs = 0;
  #timer: Timer | undefined;
  #dueUs = 0;
  /** When the broker last acknowledged something, or was given something with nothing under way before. */
  #answeredUs = 0;

  constructor(options: MessageSenderOptions) {
    this.#options = options;
    this.refusals = new Refusals(options.clock);
  }

  connected(connection: BrokerConnection, prepare: Prepare, boot: number): void {
    this.disconnected();
    this.#connection = connection;
    this.#prepare = prepare;
    this.refusals.clear();
    connection.whenRoom(() => this.#pump());
    this.restart(boot);
  }

  disconnected(): void {
    this.#connection = undefined;
    this.#prepare = undefined;
    this.#inFlight.clear();
    this.#clearLive();
    this.#options.backlog.end();
    this.#replaying = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** All that is in the store is backlog. */
  restart(boot: number): void {
    if (this.#connection === undefined) return;
    // Under another boot they have other keys, and their acknowledgement is for nothing.
    if (boot !== this.#boot) this.#inFlight.clear();
    this.#clearLive();
    this.#again = false;
    this.#skipped = false;
    this.#begin(boot);
    this.#pump();
  }

  /** It is in the store. */
  written(message: StoredMessage): void {
    if (this.#connection === undefined || message.order < this.#liveFrom) return;
    this.#live.push(message);
    this.#liveBytes += message.bytes;
    if (this.#live.length > MAX_LIVE || this.#liveBytes > MAX_LIVE_BYTES) this.#leaveToBacklog();
    this.#pump();
  }

  /** The store is another one: what is left in the one before comes when that is back. */
  changeStore(boot: number): void {
    if (this.#connection === undefined) return;
    this.#again = false;
    this.#begin(boot);
    this.#pump();
  }

  /** Nothing is left to send, here or in the store. */
  get idle(): boolean {
    if (this.#connection === undefined || this.#replaying || this.#again || this.#skipped) return false;
    return this.#inFlight.size === 0 && this.#live.length === 0;
  }

  /** Whether it was sent and may be acknowledged. */
  holds(key: string): boolean {
    return this.#inFlight.has(key);
  }

  /** These are no more. */
  forget(keys: ReadonlySet<string>): void {
    this.#options.backlog.forget(keys);
    const live = this.#live.filter(({ key }) => !keys.has(key));
    if (live.length === this.#live.length) return;
    this.#live = live;
    this.#liveBytes = live.reduce((total, { bytes }) => total + bytes, 0);
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Sent and not acknowledged. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** For how long the broker has acknowledged nothing of what it was given. */
  get unansweredMs(): number {
    if (this.#inFlight.size === 0) return 0;
    return (this.#options.clock.monotonicUs() - this.#answeredUs) / 1000;
  }

  /** Messages from before are being sent. */
  get replaying(): boolean {
    return this.#replaying;
  }

  #clearLive(): void {
    this.#live = [];
    this.#liveBytes = 0;
  }

  /** The connection is too slow: what waits for it does so on the disk. */
  #leaveToBacklog(): void {
    this.#clearLive();
    if (this.#replaying) this.#again = true;
    else this.#begin(this.#boot);
  }

  #begin(boot: number): void {
    this.#boot = boot;
    this.#replaying = true;
    this.#orderly = true;
    this.#liveFrom = this.#live[0]?.order ?? this.#options.writtenTo();
    this.#options.backlog.begin(messageKey(0, boot, this.#liveFrom).slice(2));
  }

  #pump(): void {
    // An acknowledgement may come while a message is being sent.
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let connection = this.#connection; connection !== undefined; connection = this.#connection) {
        const message = this.#hasRoom(connection) ? this.#next() : undefined;
        if (message === undefined) break;
        this.#send(connection, message);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #next(): StoredMessage | undefined {
    return this.#nextFresh() ?? this.#nextLive() ?? this.#nextOfBacklog();
  }

  #hasRoom(connection: BrokerConnection): boolean {
    const { maxInFlight, inFlight, bufferedBytes } = connection;
    if (bufferedBytes > MAX_BUFFERED_BYTES) {
      this.#wait(BUFFERED_MS);
      return false;
    }
    return inFlight < Math.max(1, maxInFlight - Math.min(RESERVED, maxInFlight >> 2));
  }

  /** What is hardly older than the live messages comes before them, in its order. */
  #nextFresh(): StoredMessage | undefined {
    if (!this.#replaying || !this.#orderly) return undefined;
    const { backlog } = this.#options;
    const next = backlog.peek();
    if (next !== undefined && this.#isHistorical(next)) this.#orderly = false;
    return this.#orderly ? this.#nextOfBacklog() : undefined;
  }

  #nextLive(): StoredMessage | undefined {
    // The first page is on its way.
    if (this.#replaying && this.#orderly && this.#options.backlog.hungry) return undefined;
    while (this.#live.length > 0) {
      const message = this.#live.shift() as StoredMessage;
      this.#liveBytes -= message.bytes;
      if (!this.refusals.blocks(message.topic)) return message;
      this.#leaveBlocked();
    }
    return undefined;
  }

  #nextOfBacklog(): StoredMessage | undefined {
    const { backlog } = this.#options;
    while (this.#replaying) {
      if (backlog.hungry) {
        this.#fill();
        return undefined;
      }
      const message = backlog.peek();
      if (message === undefined) {
        this.#passEnds();
        continue;
      }
      if (this.#inFlight.has(message.key)) backlog.shift();
      else if (this.refusals.blocks(message.topic)) {
        this.#skipped = true;
        backlog.shift();
      } else if (this.#isHistorical(message) && !this.#takeToken()) return undefined;
      else {
        backlog.shift();
        return message;
      }
    }
    return undefined;
  }

  #fill(): void {
    const { backlog, failed } = this.#options;
    backlog.fill().then(() => this.#pump(), failed);
  }

  /** Begins again where something was left behind, now or when its topic may be tried again. */
  #passEnds(): void {
    this.#replaying = false;
    if (this.#again) {
      this.#again = false;
      this.#begin(this.#boot);
      return;
    }
    if (this.#skipped) this.#wait(this.refusals.nextMs ?? 0);
    else this.#settle();
  }

  #settle(): void {
    if (this.idle) this.#options.caughtUp();
  }

  #send(connection: BrokerConnection, message: StoredMessage): void {
    const { sent, delivered, lost } = this.#options;
    const late = message.order < this.#liveFrom || message.bootId !== this.#options.bootId;
    const text = late && this.#isHistorical(message) ? historicalText(message.text) : message.text;
    if (this.#prepare === undefined) return;
    const { payload, options } = this.#prepare(message.stream, text);
    if (!fitsPacket(message.topic, payload, connection)) {
      lost(message, 'too-large');
      return;
    }
    if (this.#inFlight.size === 0) this.#answeredUs = this.#options.clock.monotonicUs();
    this.#inFlight.set(message.key, message);
    sent();
    const acknowledged = (error?: DetectdError): void => {
      if (connection !== this.#connection || this.#inFlight.get(message.key) !== message) return;
      this.#inFlight.delete(message.key);
      this.#answeredUs = this.#options.clock.monotonicUs();
      if (error === undefined) {
        this.refusals.accepted(message.topic);
        delivered(message);
      } else {
        const cause = this.refusals.note(message.topic, error);
        if (cause !== undefined) lost(message, cause);
        else this.#leaveBlocked();
      }
      this.#settle();
    };
    connection.send(message.topic, payload, options, acknowledged, message.key);
  }

  #leaveBlocked(): void {
    this.#skipped = true;
    if (!this.#replaying) this.#wait(this.refusals.nextMs ?? 0);
  }

  #isHistorical(message: StoredMessage): boolean {
    const { bootId, ageMs } = this.#options;
    return message.bootId !== bootId || ageMs(message) > HISTORICAL_MS;
  }

  #takeToken(): boolean {
    const { clock, ratePerS } = this.#options;
    const rate = ratePerS();
    const nowUs = clock.monotonicUs();
    const burst = Math.max(1, rate * BURST_S);
    this.#tokens = Math.min(burst, this.#tokens + ((nowUs - this.#tokensUs) / 1e6) * rate);
    this.#tokensUs = nowUs;
    if (this.#tokens < 1) {
      this.#wait(Math.ceil(((burst - this.#tokens) / rate) * 1000));
      return false;
    }
    this.#tokens -= 1;
    return true;
  }

  /** Goes on in so long, if not before. */
  #wait(ms: number): void {
    const { clock } = this.#options;
    const dueUs = clock.monotonicUs() + ms * 1000;
    if (this.#timer !== undefined && this.#dueUs <= dueUs) return;
    this.#timer?.cancel();
    this.#dueUs = dueUs;
    this.#timer = clock.after(ms, () => {
      this.#timer = undefined;
      if (this.#skipped && !this.#replaying) {
        const blockedMs = this.refusals.nextMs;
        if (blockedMs === undefined) {
          this.#skipped = false;
          this.#begin(this.#boot);
        } else this.#wait(blockedMs);
      }
      this.#pump();
    });
  }
}
