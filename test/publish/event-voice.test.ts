/** The stream of events, from its first one on. */
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import type { OutboxConfig } from '../../dist/config/schema.js';
import type { DeviceEvent } from '../../dist/core/device-event.js';
import type { TrackEvent } from '../../dist/core/track-event.js';
import { EventVoice } from '../../dist/publish/event-voice.js';
import { Topics } from '../../dist/publish/topics.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { until } from '../helpers/until.js';

const TOPICS = new Topics('detectd', 'dock-3');

function voice(
  t: Test,
  folder: string,
  { bootId = 'b1', ...change }: Partial<OutboxConfig> & { bootId?: string } = {},
) {
  const passed: string[] = [];
  const own: DeviceEvent[] = [];
  const made = new EventVoice({
    ...{ bootId, version: '1.2.3', clock: systemClock, log: pino({ level: 'silent' }) },
    folder: join(folder, 'outbox'),
    settings: {
      ...{ enabled: true, store: ['events', 'tracks'], max_mb: 64, max_age_h: 168 },
      ...{ sync_s: 5, replay_per_s: 1000, ...change },
    },
    sequences: new Map(),
    pass: (_kind, _topic, text) => passed.push(text) > 0,
    onOwn: (event) => void own.push(event),
  });
  t.teardown(() => made.outbox.close());
  return { voice: made, passed, own };
}

async function heard(outbox: EventVoice['outbox'], count: number): Promise<Record<string, unknown>[]> {
  await outbox.flush();
  const broker = new BrokerDouble();
  outbox.connected(broker, (_stream, text) => ({ payload: text, options: { qos: 1, retain: false } }));
  await until(() => broker.sent.length >= count);
  return broker.sent.map(({ payload }) => JSON.parse(payload));
}

const happened = { type: 'device-state', message: 'the device is ready', severity: 'info' } as const;

t.test('the first event tells of the start, whatever happened before it was told', async (t) => {
  const { voice: made } = voice(t, t.testdir());
  made.tell(happened);
  await made.start('dock-3', TOPICS);
  made.tell({ ...happened, type: 'remedy' });
  t.match(await heard(made.outbox, 3), [
    { type: 'started', seq: 0, device: 'dock-3', boot_id: 'b1', version: '1.2.3', previous: [] },
    { type: 'device-state', seq: 1 },
    { type: 'remedy', seq: 2 },
  ]);
});

t.test('the next start tells where the one before ended', async (t) => {
  const folder = t.testdir();
  const { voice: first } = voice(t, folder);
  await first.start('dock-3', TOPICS);
  first.tell(happened);
  await first.outbox.close();
  const { voice: second } = voice(t, folder, { bootId: 'b2' });
  await second.start('dock-3', TOPICS);
  const events = await heard(second.outbox, 3);
  t.match(
    events.find(({ boot_id }) => boot_id === 'b2'),
    { type: 'started', seq: 0, previous: [{ boot_id: 'b1', streams: { events: 1 } }] },
  );
  t.match(events.slice(0, 1), [{ boot_id: 'b1', historical: true }]);
});

t.test('events that are not to be stored are passed on, in the same numbers', async (t) => {
  const { voice: made, passed } = voice(t, t.testdir(), { store: [] });
  await made.start('dock-3', TOPICS);
  made.tell(happened);
  t.match(JSON.parse(passed[0] ?? ''), { type: 'device-state', seq: 1 });
  made.configure({
    ...{ enabled: true, store: ['events'], max_mb: 64, max_age_h: 168, sync_s: 5, replay_per_s: 1000 },
  });
  made.tell(happened);
  t.match(await heard(made.outbox, 2), [
    { type: 'started', seq: 0 },
    { type: 'device-state', seq: 2 },
  ]);
});

t.test('a store that hangs as it is opened keeps no event back for ever', async (t) => {
  const folder = t.testdir({});
  const { voice: made } = voice(t, folder);
  const starting = made.start('dock-3', TOPICS);
  for (let each = 0; each < 70; each += 1) made.tell(happened);
  await starting;
  const events = await heard(made.outbox, 72);
  t.same(
    events.map(({ seq }) => seq),
    Array.from({ length: 72 }, (_, seq) => seq),
  );
  t.match(events[0], { type: 'started', previous: [] });
  t.match(events.at(-1), { type: 'outbox', mode: 'disk' });
});

t.test('what it tells of stored messages is told beside the stream, too', async (t) => {
  const { voice: made, own } = voice(t, t.testdir({ outbox: 'a file' }));
  await made.start('dock-3', TOPICS);
  t.match(own, [{ type: 'outbox', code: 'OUTBOX_DISK', fields: { mode: 'memory' } }]);
  const broker = new BrokerDouble();
  broker.maxPacketBytes = 2000;
  made.tell({ ...happened, message: 'x'.repeat(2000) });
  made.outbox.connected(broker, (_stream, text) => ({ payload: text, options: { qos: 1, retain: false } }));
  await until(() => own.length === 2, 10_000);
  t.match(own[1], { type: 'lost', fields: { lost: { cause: 'too-large', count: 1 } } });
});

const followed: TrackEvent = {
  ...{ type: 'new', id: 'gate-b1-1', camera: 'gate', label: 'person', labelId: 0, hits: 3 },
  ...{ startUs: 0, seenUs: 0, score: 0.9, topScore: 0.9, stationary: false, path: [] },
  ...{ zones: [], enteredZones: [] },
  ...{ box: { x1: 0, y1: 0, x2: 1, y2: 1 }, imageWidth: 10, imageHeight: 10 },
  model: { name: 'people', version: '1', digest: 'sha256:ab' },
};

t.test('what becomes of objects is a stream for each camera', async (t) => {
  const { voice: made } = voice(t, t.testdir());
  made.track(followed);
  await made.start('dock-3', TOPICS);
  made.track(followed);
  made.track({ ...followed, type: 'end' });
  made.track({ ...followed, camera: 'yard' });
  const events = (await heard(made.outbox, 4)).filter(({ id }) => id !== undefined);
  t.match(
    events.filter(({ camera }) => camera === 'gate'),
    [
      { type: 'new', seq: 0, device: 'dock-3', id: 'gate-b1-1' },
      { type: 'end', seq: 1 },
    ],
  );
  t.match(
    events.filter(({ camera }) => camera === 'yard'),
    [{ seq: 0 }],
  );
});

t.test('objects are passed on where they are not to be stored', async (t) => {
  const { voice: made, passed } = voice(t, t.testdir(), { store: ['events'] });
  await made.start('dock-3', TOPICS);
  made.track(followed);
  t.match(JSON.parse(passed[0] ?? ''), { type: 'new', seq: 0, camera: 'gate' });
});
