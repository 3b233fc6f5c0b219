/**
 * The stream of events of a device, from its first message, `started`, on, and the outbox behind it. It lives as long as
 * the daemon does; brokers and names come and go.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { OutboxConfig } from '../config/schema.js';
import type { DeviceEvent, LostMessages, Priority } from '../core/device-event.js';
import type { OccupancyEvent, TrackEvent } from '../core/track-event.js';
import { eventPayload } from './event-payload.js';
import { type Announcement, Outbox } from './outbox/outbox.js';
import type { StoreChange } from './outbox/store-home.js';
import { EVENTS, type TopicKind, Topics } from './topics.js';
import { occupancyPayload, trackPayload } from './track-payload.js';

export interface EventVoiceOptions {
  bootId: string;
  version: string;
  clock: Clock;
  log: Logger;
  /** Where stored messages are kept. */
  folder: string;
  settings: OutboxConfig;
  /** The next number of each stream. */
  sequences: Map<string, number>;
  /** Told what the voice itself tells of stored messages, beside the stream. */
  onOwn?: ((event: DeviceEvent) => void) | undefined;
  /** Sends an event that is not to be stored, or drops it. */
  pass: (kind: TopicKind, topic: string, text: string) => boolean;
}

/** Happened before it was known in whose name it is told; more than at any start. */
const MAX_EARLY = 64;
/** Whatever else is stored: without them nothing can be proven. */
const ALWAYS_STORED: DeviceEvent['type'][] = ['started', 'lost', 'outbox'];

export class EventVoice {
  readonly outbox: Outbox;
  readonly #options: EventVoiceOptions;
  #early: { event: DeviceEvent; atWallMs: number }[] = [];
  #settings: OutboxConfig;
  #who: { device: string; topics: Topics } | undefined;
  #started: Promise<void> | undefined;
  #opened = false;

  constructor(options: EventVoiceOptions) {
    const { bootId, clock, log, folder, settings, sequences } = options;
    this.#options = options;
    this.#settings = settings;
    this.outbox = new Outbox(
      {
        ...{ bootId, clock, settings, folder },
        log: log.child({ component: 'outbox' }),
        announcement: (loss) => this.#announcement(this.#own(lossEvent(loss))),
        onStore: (change) => this.#onStore(change),
      },
      sequences,
    );
  }

  configure(settings: OutboxConfig): void {
    this.#settings = settings;
    this.outbox.configure(settings);
  }

  /** Speaks as this device from now on. Waits shortly for the store, the first time. */
  async start(device: string, topics: Topics): Promise<void> {
    this.#who = { device, topics };
    this.#started ??= this.outbox.start();
    await this.#started;
  }

  tell(event: DeviceEvent): void {
    const atWallMs = this.#options.clock.wallMs();
    // A store that takes so long to open names the starts before when it is there.
    if (this.#early.length >= MAX_EARLY && this.#who !== undefined) this.#begin({ mode: 'memory' });
    if (this.#opened) this.#add(event, atWallMs);
    else if (this.#early.length < MAX_EARLY) this.#early.push({ event, atWallMs });
  }

  /** What became of an object, or of how many there are; before it is known in whose name nobody is followed. */
  track(event: TrackEvent | OccupancyEvent): void {
    const who = this.#who;
    if (who === undefined) return;
    const { bootId, clock } = this.#options;
    const now = { nowMonotonicUs: clock.monotonicUs(), nowWallMs: clock.wallMs() };
    const announcement: Announcement = {
      stream: Topics.eventsStream(event.camera),
      topic: who.topics.events(event.camera),
      build: (seq) => {
        const context = { device: who.device, bootId, seq, ...now };
        return event.type === 'occupancy' ? occupancyPayload(event, context) : trackPayload(event, context);
      },
    };
    const stored = this.#settings.store.includes('tracks');
    // That there is an object, and that there is none any more, is worth more than where it was in between.
    this.#say(
      'cameras/{camera}/events',
      announcement,
      stored ? (event.type === 'update' ? 1 : 2) : undefined,
    );
  }

  #add(event: DeviceEvent, atWallMs: number): void {
    const announcement = this.#announcement(event, atWallMs);
    if (announcement === undefined) return;
    const stored = this.#settings.store.includes('events') || ALWAYS_STORED.includes(event.type);
    this.#say('events', announcement, stored ? (event.type === 'started' ? 3 : 2) : undefined);
  }

  /** Stored, where it has a priority. */
  #say(kind: TopicKind, { stream, topic, build }: Announcement, priority: Priority | undefined): void {
    if (priority !== undefined) {
      this.outbox.add(stream, topic, priority, build);
      return;
    }
    const { sequences, pass } = this.#options;
    const seq = sequences.get(stream) ?? 0;
    if (pass(kind, topic, JSON.stringify(build(seq)))) sequences.set(stream, seq + 1);
  }

  #announcement(
    event: DeviceEvent,
    nowWallMs: number = this.#options.clock.wallMs(),
  ): Announcement | undefined {
    const { bootId } = this.#options;
    const who = this.#who;
    if (who === undefined) return undefined;
    const { device, topics } = who;
    return {
      ...{ stream: EVENTS, topic: topics.deviceEvents },
      build: (seq) => eventPayload({ event, device, bootId, seq, nowWallMs }),
    };
  }

  #own(event: DeviceEvent): DeviceEvent {
    this.#options.onOwn?.(event);
    return event;
  }

  #onStore(change: StoreChange): void {
    if (this.#opened) this.tell(this.#own(storeEvent(change)));
    else this.#begin(change);
  }

  #begin(change: Partial<StoreChange> & Pick<StoreChange, 'mode'>): void {
    const { version, clock } = this.#options;
    const { mode, error, previous = [] } = change;
    const now = clock.wallMs();
    this.#opened = true;
    const message = `detectd ${version} has started`;
    this.#add({ type: 'started', severity: 'info', message, fields: { version, previous } }, now);
    if (error !== undefined) this.#add(this.#own(storeEvent({ mode, error, previous: undefined })), now);
    for (const { event, atWallMs } of this.#early.splice(0)) this.#add(event, atWallMs);
  }
}

function storeEvent({ mode, error, previous }: StoreChange): DeviceEvent {
  const message =
    error?.message ??
    (mode === 'disk' ? 'stored messages are on the disk' : 'stored messages are kept in memory');
  return {
    ...{ type: 'outbox', message, code: error?.code },
    severity: error === undefined ? 'info' : 'warning',
    fields: { mode, ...(previous === undefined || previous.length === 0 ? {} : { previous }) },
  };
}

function lossEvent(lost: LostMessages): DeviceEvent {
  const { stream, from_seq: from, to_seq: to, count, cause } = lost;
  const fields = { lost };
  if (cause === 'power-cut') {
    const which =
      stream === null ? 'messages of streams that were new' : `messages of ${stream} from ${from} on`;
    const message = `${which} may be lost: the power was cut before they were synced`;
    return { type: 'lost', severity: 'warning', message, fields };
  }
  const which =
    stream === null || from === null
      ? `${count ?? 'an unknown number of'} stored messages are`
      : from === to
        ? `message ${from} of ${stream} is`
        : `${count ?? 'some'} messages of ${stream} from ${from} to ${to} are`;
  return { type: 'lost', severity: 'warning', message: `${which} lost: ${cause}`, fields };
}
