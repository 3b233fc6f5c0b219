/** Messages that must not be lost, on a real store. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { parseBrokerAddress } from '../../../dist/publish/broker-address.js';
import { refusedError } from '../../../dist/publish/broker-errors.js';
import { openStore } from '../../../dist/publish/outbox/open-store.js';
import { StoreFault } from '../../../dist/publish/outbox/store-fault.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { OutboxRig, seqs, told } from '../../helpers/outbox-rig.js';
import { until } from '../../helpers/until.js';

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

t.test('what is added while the broker is away comes in order, then what is new', async (t) => {
  const rig = new OutboxRig(t, t.testdir());
  await rig.outbox.start();
  t.match(rig.changes, [{ mode: 'disk', error: undefined, previous: [] }]);
  rig.add(300);
  rig.add(20, 'cameras/a/events', 1);
  await rig.outbox.flush();
  t.match(rig.outbox.counters(), { mode: 'disk', waiting: 320, stored: 320, acknowledged: 0 });
  const broker = rig.connect();
  await rig.delivered(320);
  t.same(seqs(broker), range(0, 300));
  t.same(seqs(broker, 'cameras/a/events'), range(0, 20));
  t.notOk(
    told(broker).some(({ historical }) => historical),
    'it was only just added',
  );
  rig.add(5);
  await rig.delivered(325);
  t.same(seqs(broker), range(0, 305));
  await until(() => rig.outbox.counters().waiting === 0);
  t.same(rig.outbox.health(), { state: 'ok', reason: '' });
});

t.test('what another run left comes as of the past, and its end is known', async (t) => {
  const folder = t.testdir();
  const first = new OutboxRig(t, folder);
  await first.outbox.start();
  first.add(100);
  first.add(3, 'cameras/a/events');
  await first.outbox.flush();
  await first.outbox.close();

  const second = new OutboxRig(t, folder, { bootId: 'b2' });
  await second.outbox.start();
  const streams = { events: 99, 'cameras/a/events': 2 };
  t.match(second.changes, [{ previous: [{ boot_id: 'b1', streams }] }]);
  second.add(10);
  const broker = second.connect();
  second.add(10);
  await second.delivered(123);
  t.same(seqs(broker), range(0, 100));
  t.ok(
    told(broker)
      .filter(({ boot }) => boot === 'b1')
      .every(({ historical }) => historical),
  );
  t.same(
    seqs(broker, 'events', 'b2').sort((a, b) => a - b),
    range(0, 20),
  );
  await until(() => !second.outbox.counters().replaying);
  await second.outbox.flush();
  await second.outbox.close();

  const third = new OutboxRig(t, folder, { bootId: 'b3' });
  await third.outbox.start();
  t.match(third.changes, [{ previous: [{ boot_id: 'b2', streams: { events: 19 } }] }]);
  t.equal(third.changes[0]?.previous?.length, 1, 'what is delivered is over');
});

t.test('what a broken connection took along is sent again with its number', async (t) => {
  const rig = new OutboxRig(t, t.testdir());
  await rig.outbox.start();
  const mute = rig.connect({ prompt: false, maxInFlight: 8 });
  rig.add(20);
  await until(() => mute.sent.length === 6);
  t.same(seqs(mute), range(0, 6), 'a quarter is left for states');
  mute.sent[0]?.acknowledge?.();
  await until(() => mute.sent.length === 7);
  rig.outbox.disconnected();
  mute.sent[1]?.acknowledge?.();
  const broker = rig.connect();
  await rig.delivered(20);
  t.same(seqs(broker), range(1, 20));
});

t.test('live messages do not wait for the backlog, which keeps its rate', async (t) => {
  const folder = t.testdir();
  const first = new OutboxRig(t, folder);
  await first.outbox.start();
  first.add(500);
  await first.outbox.flush();
  await first.outbox.close();
  const rig = new OutboxRig(t, folder, { bootId: 'b2', limits: { replay_per_s: 1 } });
  await rig.outbox.start();
  const broker = rig.connect();
  rig.add(30);
  await until(() => seqs(broker, 'events', 'b2').length === 30);
  t.ok(seqs(broker).length < 20, 'the backlog goes on at its pace');
});

t.test('without room the least valuable and oldest goes, is counted and announced', async (t) => {
  const rig = new OutboxRig(t, t.testdir(), { limits: { max_mb: 1 } });
  await rig.outbox.start();
  rig.add(50, 'events', 3);
  const filler = 'x'.repeat(1000);
  for (let round = 0; round < 10; round += 1) {
    rig.add(100, 'cameras/a/detections', 0, filler);
    rig.add(60, 'cameras/a/events', 2, filler);
    await rig.outbox.flush();
  }
  await until(() => rig.outbox.counters().bytes <= 1_000_000);
  const { lost, waiting } = rig.outbox.counters();
  t.equal(lost.overflow, 50 + 1600 - waiting);
  t.match(rig.outbox.health(), { state: 'degraded', reason: /were lost/ });
  const broker = rig.connect();
  await rig.delivered(waiting + 1);
  await until(() => rig.outbox.counters().waiting === 0);
  t.same(
    seqs(broker).filter((seq) => seq < 50),
    range(0, 50),
    'what is most valuable is all there',
  );
  const events = seqs(broker, 'cameras/a/events');
  t.ok(events.length >= 590, 'nearly all of the more valuable ones');
  const losses = told(broker).flatMap(({ lost }) => (lost === undefined ? [] : [lost]));
  const gone = new Set(
    losses.flatMap((loss) =>
      range(loss.from_seq ?? 0, (loss.to_seq ?? 0) + 1).map((seq) => `${loss.stream} ${seq}`),
    ),
  );
  for (const [stream, count] of [
    ['cameras/a/detections', 1000],
    ['cameras/a/events', 600],
  ] as const) {
    const came = new Set(seqs(broker, stream));
    t.same(
      range(0, count).filter((seq) => came.has(seq) === gone.has(`${stream} ${seq}`)),
      [],
      `each number of ${stream} came or is announced`,
    );
  }
});

t.test('too old, too large and refused for good are losses; a quota is waited for', async (t) => {
  const rig = new OutboxRig(t, t.testdir());
  await rig.outbox.start();
  const broker = rig.connect({ prompt: false, maxPacketBytes: 3000 });
  rig.add(1, 'events', 2, 'x'.repeat(4000));
  rig.add(3);
  await until(() => broker.sent.length === 3);
  const error = (code: number) => refusedError(code, parseBrokerAddress('mqtt://broker'));
  broker.sent[0]?.acknowledge?.(error(153));
  broker.sent[1]?.acknowledge?.(error(151));
  broker.sent[2]?.acknowledge?.(error(151));
  t.match(rig.outbox.counters().lost, { 'too-large': 1, refused: 1 });
  t.match(rig.outbox.health(), { state: 'degraded', reason: /quota/ });
  broker.prompt = true;
  await until(() => broker.sent.length >= 5, 10_000);
  t.same(
    told(broker)
      .slice(3, 5)
      .map(({ seq }) => seq),
    [2, 3],
    'the same again, in order',
  );
});

t.test('what waits for the name before, which is refused, does not hold up what is new', async (t) => {
  const rig = new OutboxRig(t, t.testdir());
  await rig.outbox.start();
  rig.add(3);
  const broker = rig.connect({ prompt: false });
  await until(() => broker.sent.length === 3);
  const forbidden = refusedError(135, parseBrokerAddress('mqtt://broker'));
  for (const { acknowledge } of [...broker.sent]) acknowledge?.(forbidden);
  broker.prompt = true;
  for (const seq of range(3, 6))
    rig.outbox.add('events', 'detectd/renamed/events', 2, () => ({ stream: 'events', boot: 'b1', seq }));
  await rig.delivered(3);
  t.same(seqs(broker), range(0, 6));
  t.equal(rig.outbox.counters().waiting, 3, 'what is refused is kept');
});

t.test('a broker that acknowledges nothing, and a disk that takes nothing, are told', async (t) => {
  const clock = new FakeClock();
  let write = (): void => {};
  const hangs = new Promise<void>((resolve) => {
    write = resolve;
  });
  let hanging = false;
  const rig = new OutboxRig(t, t.testdir(), {
    clock,
    open: async (...where) => {
      const opened = await openStore(...where);
      const { store } = opened;
      const slow = {
        kind: 'disk' as const,
        write: async (...what: Parameters<typeof store.write>) => {
          if (hanging) await hangs;
          return store.write(...what);
        },
        rows: (...range: Parameters<typeof store.rows>) => store.rows(...range),
        close: () => store.close(),
      };
      return { ...opened, store: slow };
    },
  });
  await rig.outbox.start();
  const broker = rig.connect({ prompt: false });
  rig.add(2);
  await until(() => broker.sent.length === 2);
  await rig.outbox.flush();
  clock.advance(29_000);
  t.same(rig.outbox.health(), { state: 'ok', reason: '' });
  clock.advance(2000);
  t.match(rig.outbox.health(), { state: 'degraded', reason: 'the MQTT broker acknowledges no messages' });
  for (const { acknowledge } of [...broker.sent]) acknowledge?.();
  t.same(rig.outbox.health(), { state: 'ok', reason: '' });
  await rig.outbox.flush();
  hanging = true;
  rig.add(1);
  clock.advance(31_000);
  t.match(rig.outbox.health(), {
    state: 'degraded',
    reason: 'the disk does not take the messages to be stored',
  });
  hanging = false;
  write();
  await until(() => broker.sent.length === 3);
  t.same(rig.outbox.health(), { state: 'ok', reason: '' });
});

t.test('a damaged store is set aside, announced, and another one made', async (t) => {
  const folder = t.testdir();
  for (const damage of ['truncated manifest', 'no manifest', 'no current', 'rubbish in current'] as const) {
    const first = new OutboxRig(t, folder, { bootId: `${damage} before` });
    await first.outbox.start();
    first.add(50);
    await first.outbox.flush();
    await first.outbox.close();
    const store = join(folder, 'outbox');
    const manifest = (await readdir(store)).find((name) => name.startsWith('MANIFEST')) ?? '';
    if (damage === 'truncated manifest') await writeFile(join(store, manifest), 'x');
    if (damage === 'no manifest') await rm(join(store, manifest));
    if (damage === 'no current') await rm(join(store, 'CURRENT'));
    if (damage === 'rubbish in current') await writeFile(join(store, 'CURRENT'), 'rubbish');
    const rig = new OutboxRig(t, folder, { bootId: damage });
    await rig.outbox.start();
    t.match(rig.changes, [{ mode: 'disk', error: { code: 'OUTBOX_CORRUPT' } }], damage);
    rig.add(5);
    const broker = rig.connect();
    await until(() => told(broker).some(({ lost }) => lost?.cause === 'corrupt'));
    await until(() => seqs(broker, 'events', damage).length === 6);
    await rig.outbox.close();
  }
  const aside = (await readdir(folder)).filter((name) => name.startsWith('outbox.bad-'));
  t.equal(aside.length, 1, 'only the newest is kept');
});

t.test('a store that is damaged in use may have held messages of this start, which is told', async (t) => {
  const folder = t.testdir();
  let broken = false;
  const rig = new OutboxRig(t, folder, {
    open: async (...where) => {
      const opened = await openStore(...where);
      const { store } = opened;
      if (where[2] !== undefined) broken = false;
      const fragile = {
        kind: 'disk' as const,
        write: async (...what: Parameters<typeof store.write>) => {
          if (broken)
            throw new StoreFault('outbox', Object.assign(new Error(), { code: 'LEVEL_CORRUPTION' }));
          return store.write(...what);
        },
        rows: (...range: Parameters<typeof store.rows>) => store.rows(...range),
        close: () => store.close(),
      };
      return { ...opened, store: fragile };
    },
  });
  await rig.outbox.start();
  rig.add(3);
  await rig.outbox.flush();
  const before = rig.connect();
  await rig.delivered(3);
  await until(() => rig.outbox.counters().waiting === 0);
  await rig.outbox.flush();
  rig.outbox.disconnected();
  t.same(seqs(before), [0, 1, 2]);
  rig.add(20);
  await rig.outbox.flush();
  broken = true;
  rig.add(2);
  await until(() => rig.changes.length === 3);
  const after = rig.connect();
  const range = { stream: 'events', boot_id: 'b1', cause: 'corrupt', count: null };
  await until(() => told(after).some(({ lost }) => lost?.stream === 'events'));
  t.match(told(after).find(({ lost }) => lost?.stream === 'events')?.lost, range);
  await until(() => seqs(after).includes(24));
  const { from_seq: begin, to_seq: end } =
    told(after).find(({ lost }) => lost?.stream === 'events')?.lost ?? {};
  t.ok(begin === 0 || begin === 3, 'from the first one, or after those that are known to be delivered');
  t.ok(end === 22 || end === 24, 'up to what was written last');
});

t.test('damage that several wait to read past is seen to at once', async (t) => {
  const folder = t.testdir();
  let unreadable = false;
  const rig = new OutboxRig(t, folder, {
    open: async (...where) => {
      const opened = await openStore(...where);
      const { store } = opened;
      if (where[2] !== undefined) unreadable = false;
      const fragile = {
        kind: 'disk' as const,
        write: (...what: Parameters<typeof store.write>) => store.write(...what),
        rows: async (...range: Parameters<typeof store.rows>) => {
          await new Promise((resolve) => setImmediate(resolve));
          const damage = Object.assign(new Error('bad block'), { code: 'LEVEL_CORRUPTION' });
          if (unreadable) throw new StoreFault('outbox', damage);
          return store.rows(...range);
        },
        close: () => store.close(),
      };
      return { ...opened, store: fragile };
    },
  });
  await rig.outbox.start();
  rig.add(10);
  await rig.outbox.flush();
  unreadable = true;
  const broker = rig.connect();
  for (const room of broker.rooms) room();
  await until(() => rig.changes.length === 3, 5000);
  t.match(rig.changes.slice(1), [
    { mode: 'memory', error: { code: 'OUTBOX_CORRUPT' } },
    { mode: 'disk', error: { code: 'OUTBOX_CORRUPT' } },
  ]);
  t.ok((await readdir(folder)).some((name) => name.startsWith('outbox.bad-')));
});

t.test('changed bytes lose what they changed, and say so', async (t) => {
  const folder = t.testdir();
  const first = new OutboxRig(t, folder);
  await first.outbox.start();
  for (let each = 0; each < 40; each += 1) {
    first.add(1, 'events', 2, 'x'.repeat(2000));
    await first.outbox.flush();
  }
  await first.outbox.close();
  const store = join(folder, 'outbox');
  const name = (await readdir(store)).find((each) => each.endsWith('.log')) ?? '';
  const bytes = await readFile(join(store, name));
  const at = bytes.indexOf('"seq":20,');
  t.ok(at > 0);
  bytes.write('"seq":21,', at);
  await writeFile(join(store, name), bytes);
  const rig = new OutboxRig(t, folder, { bootId: 'b2' });
  await rig.outbox.start();
  const broker = rig.connect();
  await until(() => told(broker).some(({ lost }) => lost?.cause === 'corrupt'), 10_000);
  const came = seqs(broker);
  t.equal(new Set(came).size, came.length, 'no number with another content');
  t.notOk(came.includes(20));
  t.ok(came.includes(0) && came.length < 40);
});

t.test('a folder that cannot be used leaves messages in memory, until it can', async (t) => {
  const folder = t.testdir({ outbox: 'a file' });
  const rig = new OutboxRig(t, folder);
  await rig.outbox.start();
  t.match(rig.changes, [{ mode: 'memory', error: { code: 'OUTBOX_DISK' } }]);
  t.match(rig.outbox.health(), { state: 'degraded', reason: /cannot be used/ });
  rig.add(50);
  const mute = rig.connect({ prompt: false });
  await until(() => mute.sent.length > 3);
  mute.sent[0]?.acknowledge?.();
  await rm(join(folder, 'outbox'));
  await mkdir(join(folder, 'outbox'));
  await rig.outbox.retry();
  t.match(rig.changes.at(-1), { mode: 'disk', error: undefined });
  rig.add(50);
  rig.outbox.disconnected();
  const broker = rig.connect();
  await rig.delivered(100);
  t.same(
    seqs(broker).sort((a, b) => a - b),
    range(1, 100),
  );
});

t.test('without the wish for a disk nothing is written there', async (t) => {
  const folder = t.testdir();
  const rig = new OutboxRig(t, folder, { limits: { enabled: false } });
  await rig.outbox.start();
  rig.add(10);
  const broker = rig.connect();
  await rig.delivered(10);
  t.same(seqs(broker), range(0, 10));
  t.same(rig.outbox.health(), { state: 'ok', reason: '' });
  t.same(await readdir(folder), []);
});
