/** scripts/reconcile: what its books say of every kind of gap, and the program against a recording and a broker. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'cbor-x/encode';
import { connectAsync } from 'mqtt';
import t from 'tap';
import { Prng } from '../../dist/scene/prng.js';
import { IntervalSet } from '../../scripts/reconcile-parts/interval-set.mjs';
import { Ledger, type LedgerReport } from '../../scripts/reconcile-parts/ledger.mjs';
import { reconcileOptions } from '../../scripts/reconcile-parts/options.mjs';
import { recordedMessage } from '../../scripts/reconcile-parts/recording.mjs';
import { mosquitto, noMosquitto } from '../helpers/mosquitto.js';

const TOPIC = 'detectd/dock-3/events';

function event(seq: number, more: object = {}, boot = 'b1') {
  return { device: 'dock-3', boot_id: boot, seq, type: 'camera-state', ...more };
}

function ledgerOf(events: object[], options: { fromStart?: boolean } = { fromStart: true }) {
  const ledger = new Ledger(options);
  for (const each of events) ledger.take({ topic: TOPIC, payload: JSON.stringify(each), qos: 1 });
  return ledger;
}

function only(report: LedgerReport) {
  t.equal(report.streams.length, 1);
  return report.streams[0] as LedgerReport['streams'][0];
}

t.test('a set of numbers in any order knows what it lacks', (t) => {
  const prng = new Prng(7);
  for (let round = 0; round < 200; round += 1) {
    const set = new IntervalSet();
    const plain = new Set<number>();
    for (let step = 0; step < 40; step += 1) {
      const first = prng.index(60);
      const last = first + prng.index(4);
      set.add(first, last);
      for (let number = first; number <= last; number += 1) plain.add(number);
    }
    const lacking = Array.from({ length: 70 }, (_, number) => number).filter((number) => !plain.has(number));
    const told = set.missing(0, 69).flatMap(([first, last]) => {
      return Array.from({ length: last - first + 1 }, (_, at) => first + at);
    });
    t.strictSame(told, lacking);
    t.equal(set.size, plain.size);
    for (let number = 0; number < 70; number += 1)
      if (set.has(number) !== plain.has(number)) t.fail(`${number}`);
  }
  const small = new IntervalSet(2);
  for (const number of [1, 3, 5]) small.add(number);
  t.equal(small.full, true, 'too many pieces are said');
  t.end();
});

t.test('what came, twice, late, or as announced is accounted for', (t) => {
  const report = ledgerOf([
    event(0, { type: 'started' }),
    event(1),
    event(1),
    event(4),
    event(2, { historical: true }),
    event(5, {
      type: 'lost',
      lost: { stream: 'events', boot_id: 'b1', from_seq: 3, to_seq: 3, cause: 'overflow' },
    }),
  ]).report();
  t.match(only(report), {
    sent: 6,
    received: 5,
    duplicated: 1,
    conflicts: 0,
    late: 1,
    lost: 1,
    lost_by_cause: { overflow: 1 },
    unaccounted: 0,
  });
  t.equal(report.proven, true);
  t.end();
});

t.test('a gap that nobody announced, and a number with two contents, are found', (t) => {
  const gap = ledgerOf([event(0), event(3)]).report();
  t.match(only(gap), { sent: 4, received: 2, unaccounted: 2, ranges: [[1, 2]] });
  t.equal(gap.proven, false);
  const twice = ledgerOf([event(0), event(0, { state: 'other' })]).report();
  t.match(only(twice), { duplicated: 1, conflicts: 1, conflicting_seqs: [0] });
  t.equal(twice.proven, false);
  const marked = ledgerOf([event(0), event(0, { historical: true })]).report();
  t.equal(marked.proven, true, 'that one is late is no other content');
  t.end();
});

t.test('the end of an earlier start is known by what the next one says', (t) => {
  const before = [event(0), event(1)];
  const started = {
    type: 'started',
    previous: [{ boot_id: 'b1', streams: { events: 3, 'cameras/gate/events': 1 } }],
  };
  const lacking = ledgerOf([...before, event(0, started, 'b2')]).report();
  t.equal(lacking.totals['unaccounted'], 4, 'the end of a stream, and one of which nothing came');
  const all = ledgerOf([...before, event(0, started, 'b2'), event(2), event(3)]);
  for (const seq of [0, 1])
    all.take({
      topic: 'detectd/dock-3/cameras/gate/events',
      payload: JSON.stringify(event(seq)),
      qos: 1,
    });
  const report = all.report();
  t.equal(report.proven, true);
  t.equal(report.streams.find(({ boot_id: boot }) => boot === 'b1')?.end_proven, true);
  t.end();
});

t.test('who listens late counts from the first number heard, and a start that is heard from 0 on', (t) => {
  const late = ledgerOf([event(7), event(5, { historical: true }), event(8)], {}).report();
  t.match(only(late), { first: 7, sent: 2, received: 2, unaccounted: 0 });
  const fresh = ledgerOf([event(2), event(0, { type: 'started' })], {}).report();
  t.match(only(fresh), { first: 0, sent: 3, unaccounted: 1 });
  t.end();
});

t.test('losses without numbers excuse gaps of earlier starts, and are told apart', (t) => {
  const lost = {
    type: 'lost',
    lost: { stream: null, boot_id: null, from_seq: null, to_seq: null, cause: 'corrupt' },
  };
  const report = ledgerOf([event(0), event(2), event(0, lost, 'b2')]).report();
  t.match(report.totals, { unaccounted: 0, excused: 1 });
  const own = ledgerOf([event(0, lost, 'b2'), event(2, {}, 'b2')]).report();
  t.equal(own.totals['unaccounted'], 1, 'gaps after it are gaps');
  t.end();
});

t.test('ranges of which some are lost excuse so many and no more', (t) => {
  const lost = (count: number) => {
    return {
      type: 'lost',
      lost: { stream: 'events', boot_id: 'b1', from_seq: 1, to_seq: 6, cause: 'overflow', count },
    };
  };
  const heard = [event(0), event(2), event(5)];
  const report = ledgerOf([...heard, event(7, lost(4)), event(8, lost(4))]).report();
  t.match(only(report), { lost: 4, lost_by_cause: { overflow: 4 }, unaccounted: 0 });
  t.match(only(ledgerOf([...heard, event(7, lost(3))]).report()), {
    lost: 3,
    unaccounted: 1,
    ranges: [[6, 6]],
  });
  const unknown = {
    type: 'lost',
    lost: { stream: null, boot_id: null, from_seq: null, to_seq: null, count: 2 },
  };
  t.match(ledgerOf([event(0), event(3), event(4, unknown)]).report().totals, { excused: 2, unaccounted: 0 });
  t.match(ledgerOf([event(0), event(4), event(5, unknown)]).report().totals, { excused: 2, unaccounted: 1 });
  t.end();
});

t.test('who hears nothing has proven nothing', (t) => {
  t.equal(ledgerOf([]).report().proven, false);
  t.equal(ledgerOf([event(0)]).report().proven, true);
  t.end();
});

t.test('a range of which nobody knows how many are lost excuses what is missing of it, and no more', (t) => {
  const lost = {
    type: 'lost',
    lost: { stream: 'events', boot_id: 'b1', from_seq: 2, to_seq: 4, cause: 'corrupt', count: null },
  };
  const heard = [event(0), event(3), event(5, lost)];
  t.match(only(ledgerOf(heard).report()), { sent: 6, lost: 0, excused: 2, unaccounted: 1, ranges: [[1, 1]] });
  t.equal(only(ledgerOf([...heard, event(1)]).report()).unaccounted, 0);
  t.end();
});

t.test('what is not stored may be missing, unless it must not', (t) => {
  const ledger = new Ledger({ fromStart: true });
  for (const seq of [0, 2])
    ledger.take({
      topic: 'detectd/dock-3/cameras/gate/detections',
      payload: JSON.stringify(event(seq)),
      qos: 0,
    });
  t.match(only(ledger.report()), { missing: 1, unaccounted: 0 });
  t.match(only(ledger.report({ qos0: true })), { missing: 0, unaccounted: 1 });
  t.end();
});

t.test('CBOR says the same, and what is no message of ours is counted', (t) => {
  const ledger = new Ledger({ fromStart: true });
  const take = (payload: string | Uint8Array, topic = TOPIC) => ledger.take({ topic, payload, qos: 1 });
  take(encode(event(0)));
  take(JSON.stringify(event(0)));
  t.match(only(ledger.report()), { received: 1, duplicated: 1, conflicts: 0 });
  const garbage: (string | Uint8Array)[] = [
    '',
    '{',
    'null',
    '[1]',
    Buffer.from([0xbf]),
    Buffer.alloc(100, 0xff),
  ];
  for (const each of garbage) take(each);
  for (const seq of [-1, 0.5, 1e300, '1', null]) take(JSON.stringify({ ...event(0), seq }));
  take(JSON.stringify({ ...event(1), device: 'other' }));
  take(JSON.stringify({ ...event(1), boot_id: 'x'.repeat(10_000) }));
  t.equal(ledger.report().counts.invalid, garbage.length + 7);
  t.ok(ledger.report().invalid.length <= 5);
  take('{}', 'detectd/dock-3/status');
  take('{}', 'detectd/dock-3/cameras/gate/detections/more');
  take('{}', 'elsewhere/dock-3/events');
  t.equal(ledger.report().counts.without_number, 3);
  t.equal(ledger.report().proven, true);
  t.end();
});

t.test('streams in other forms, which nobody hears here, are none of its business', (t) => {
  const other = 'frigate/events';
  const lost = { stream: other, boot_id: 'b1', from_seq: 3, to_seq: 5, cause: 'age', count: 3 };
  const ledger = ledgerOf([
    event(0, { type: 'started' }),
    event(1, { type: 'lost', lost }),
    event(0, { type: 'started', previous: [{ boot_id: 'b1', streams: { events: 1, [other]: 9 } }] }, 'b2'),
  ]);
  const report = ledger.report();
  t.strictSame(
    report.streams.map(({ stream }) => stream),
    ['events', 'events'],
  );
  t.match(report.totals, { unaccounted: 0, lost: 0 });
  t.end();
});

t.test('recordings of mosquitto_sub are read in each form', (t) => {
  const payload = JSON.stringify(event(0));
  const json = JSON.stringify({ tst: 'x', topic: TOPIC, qos: 1, retain: 0, payloadlen: 9, payload });
  t.match(recordedMessage(json), { topic: TOPIC, payload, qos: 1, retain: false });
  const parsed = JSON.stringify({ topic: TOPIC, qos: 1, retain: 0, payload: event(0) });
  t.match(recordedMessage(parsed), { topic: TOPIC, payload });
  t.match(recordedMessage(`a b/c ${payload}`), { topic: 'a b/c', payload });
  const hex = encode(event(0)).toString('hex');
  t.match(recordedMessage(`${TOPIC} ${hex}`), { topic: TOPIC, payload: encode(event(0)) });
  t.equal(recordedMessage(''), undefined);
  t.match(recordedMessage('{"topic":'), { topic: '' });
  t.end();
});

t.test('wrong options are named', (t) => {
  t.match(reconcileOptions(['--for=2', '--json', '--device', 'd']), { forS: 2, json: true, device: 'd' });
  for (const wrong of [['--for', 'x'], ['--for'], ['--nope'], ['--base'], ['--from', 'x', '--broker', 'y']])
    t.throws(() => reconcileOptions(wrong));
  t.end();
});

function reconcile(...args: string[]) {
  const child = spawn('scripts/reconcile', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  let heard = () => {};
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    heard();
  });
  const done = new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
  /** Until it has said that it listens, or has ended. */
  const listening = new Promise<void>((resolve) => {
    heard = () => {
      if (stderr.includes('listening to')) resolve();
    };
    child.once('close', () => resolve());
  });
  return { child, done, listening };
}

t.test('a recorded file is judged, with the exit status of the finding', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'recorded');
  const lines = [0, 1, 3].map((seq) => `${TOPIC} ${JSON.stringify(event(seq))}\n`);
  writeFileSync(file, lines.join(''));
  const found = await reconcile('--from', file, '--from-start').done;
  t.equal(found.status, 1);
  t.match(found.stdout, /RECONCILE_FOUND: 1 messages are unaccounted for, as 2 of dock-3 b1 events\./);
  writeFileSync(file, [...lines, `${TOPIC} ${JSON.stringify(event(2))}\n`].join(''));
  const clear = await reconcile('--from', file, '--from-start', '--json').done;
  t.equal(clear.status, 0);
  t.equal(JSON.parse(clear.stdout).proven, true);
  t.equal((await reconcile('--from', join(folder, 'missing')).done).status, 1);
  t.equal((await reconcile('--nope').done).status, 2);
});

t.test('it listens to a broker until it is quiet', { skip: noMosquitto }, async (t) => {
  const broker = await mosquitto(t);
  const { done, listening } = reconcile('--broker', broker.url, '--until-quiet', '1', '--json');
  await listening;
  const client = await connectAsync(broker.url, { protocolVersion: 5 });
  for (const seq of [0, 1, 2])
    await client.publishAsync(TOPIC, JSON.stringify(event(seq, seq === 0 ? { type: 'started' } : {})), {
      qos: 1,
    });
  await client.endAsync();
  const { status, stdout } = await done;
  t.equal(status, 0);
  t.match(JSON.parse(stdout), { proven: true, totals: { sent: 3, received: 3, unaccounted: 0 } });
});

t.test('a broker that is not there is said', async (t) => {
  const { status, stderr } = await reconcile('--broker', 'mqtt://u:secret@127.0.0.1:1').done;
  t.equal(status, 1);
  t.match(stderr, /^RECONCILE: the broker at mqtt:\/\/127\.0\.0\.1:1 cannot be reached/m);
  t.notMatch(stderr, /secret/);
});
