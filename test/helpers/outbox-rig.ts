/** An outbox on a real folder, with a broker under the test's control. */
import { join } from 'node:path';
import { pino } from 'pino';
import type { Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import type { OutboxConfig } from '../../dist/config/schema.js';
import type { LostMessages, Priority } from '../../dist/core/device-event.js';
import { Outbox, type OutboxOptions } from '../../dist/publish/outbox/outbox.js';
import type { StoreChange } from '../../dist/publish/outbox/store-home.js';
import { BrokerDouble } from './broker-double.js';
import { until } from './until.js';

export interface Told {
  stream: string;
  boot: string;
  seq: number;
  historical?: true;
  lost?: LostMessages;
}

export class OutboxRig {
  readonly outbox: Outbox;
  readonly changes: StoreChange[] = [];
  readonly #bootId: string;

  constructor(
    t: Test,
    folder: string,
    options: Partial<OutboxOptions> & { limits?: Partial<OutboxConfig> } = {},
  ) {
    const { bootId = 'b1', limits, ...more } = options;
    this.#bootId = bootId;
    this.outbox = new Outbox({
      ...{ folder: join(folder, 'outbox'), bootId, clock: systemClock, log: pino({ level: 'silent' }) },
      settings: {
        ...{ enabled: true, store: ['events', 'tracks'], max_mb: 64, max_age_h: 168 },
        ...{ sync_s: 5, replay_per_s: 10_000, ...limits },
      },
      announcement: (lost) => ({
        ...{ stream: 'events', topic: 'detectd/dock-3/events' },
        build: (seq) => ({ stream: 'events', boot: bootId, seq, lost }),
      }),
      onStore: (change) => void this.changes.push(change),
      ...more,
    });
    t.teardown(() => this.outbox.close());
  }

  /** Adds so many messages to a stream. */
  add(count: number, stream = 'events', priority: Priority = 2, filler = ''): void {
    for (let each = 0; each < count; each += 1)
      this.outbox.add(stream, `detectd/dock-3/${stream}`, priority, (seq) => ({
        ...{ stream, boot: this.#bootId, seq },
        ...(filler === '' ? {} : { filler }),
      }));
  }

  /** @param change how the broker behaves */
  connect(
    change: Partial<Pick<BrokerDouble, 'prompt' | 'maxInFlight' | 'maxPacketBytes'>> = {},
  ): BrokerDouble {
    const broker = Object.assign(new BrokerDouble(), change);
    this.outbox.connected(broker, (_stream, text) => ({ payload: text, options: { qos: 1, retain: false } }));
    return broker;
  }

  /** Waits until so many messages were delivered. */
  delivered(count: number): Promise<void> {
    return until(() => this.outbox.counters().acknowledged >= count);
  }
}

export function told(broker: BrokerDouble): Told[] {
  return broker.sent.map(({ payload }) => JSON.parse(payload));
}

export function seqs(broker: BrokerDouble, stream = 'events', boot = 'b1'): number[] {
  return told(broker)
    .filter((message) => message.stream === stream && message.boot === boot)
    .map(({ seq }) => seq);
}
