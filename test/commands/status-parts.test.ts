/** The parts of the view, each by itself. */
import t from 'tap';
import { type HealthFacts, statusFacts } from '../../dist/commands/status-facts.js';
import * as parts from '../../dist/commands/status-parts.js';
import { type Line, rendered } from '../../dist/commands/styled-text.js';
import { deviceState, NOW_MS } from '../helpers/device-state.js';

const room = { width: 80, brief: false };
const facts = statusFacts(deviceState());
const health = facts.health as HealthFacts;
const text = (lines: Line[]) =>
  lines.map((line) => rendered(line, { colour: false, unicode: true })).join('\n');
const tones = (lines: Line[]) => new Set(lines.flat().flatMap(({ tone }) => tone ?? []));

t.test('cameras: what is wrong stands beside or below', async (t) => {
  const wide = text(parts.cameraLines(facts.cameras, NOW_MS, { width: 100, brief: false }, 9));
  t.match(wide, /^gate +online +10\.0 +84 ms +12 +0$/m);
  t.match(wide, /^lane +offline +- +77 s +0 +7 {2}No frame came for 10 s\.$/m);
  t.match(text(parts.cameraLines(facts.cameras, NOW_MS, room, 9)), /7\n {2}No frame came for 10 s\.$/);
  t.match(
    text(parts.cameraLines(facts.cameras, NOW_MS, { width: 79, brief: true }, 9)),
    /7 {2}No frame came for 10 s\.$/,
  );
  t.match(text(parts.cameraLines(facts.cameras, NOW_MS, { width: 42, brief: true }, 9)), /77 s$/);
  t.same(parts.cameraLines([], NOW_MS, room, 9), []);
});

t.test('cameras: of too many those with faults are shown', async (t) => {
  const lines = text(parts.cameraLines(facts.cameras, NOW_MS, room, 3)).split('\n');
  t.same(
    lines.map((line) => line.split(' ')[0]),
    ['CAMERA', 'lane', 'gate', 'and'],
  );
  t.equal(lines.at(-1), 'and 2 more');
});

t.test('cameras: the age of the last frame grows on only where none comes', async (t) => {
  const later = text(parts.cameraLines(facts.cameras, NOW_MS + 60_000, room, 9));
  t.match(later, /^gate +online +10\.0 +84 ms/m);
  t.match(later, /^lane +offline +- +2 min/m);
});

t.test('services: all is well, or what is not', async (t) => {
  t.equal(
    text(parts.serviceLines({ ...health, services: [{ name: 'mqtt', state: 'ok', reason: '' }] }, room)),
    'services  all 1 ok',
  );
  t.equal(
    text(parts.serviceLines(health, room)),
    'services  8 of 9 ok\n          cameras degraded: lane: No frame came for 10 s.',
  );
  const stuck = {
    ...health,
    services: [...health.services, { name: 'inference', state: 'stuck', reason: '' }],
  };
  const brief = parts.serviceLines(stuck, { width: 120, brief: true });
  t.equal(
    text(brief),
    'services  8 of 10 ok; cameras degraded: lane: No frame came for 10 s.; inference stuck',
  );
  t.ok(tones(parts.serviceLines(stuck, room)).has('bad'));
  t.same(parts.serviceLines({ ...health, services: [] }, room), []);
});

t.test('models, worker, machine, memory, mqtt', async (t) => {
  const wide = { width: 120, brief: false };
  t.equal(
    text(parts.modelLines(facts.models, wide)),
    'models    people 1.2 PicoDet on cuda fp32, building the tensorrt fp16 engine, 34 %',
  );
  t.equal(
    text(parts.workerLines(health, wide)),
    'worker    serving, daemon 13 ms late at most; failed: WORKER_HUNG once',
  );
  t.equal(
    text(parts.machineLines(health, wide)),
    'machine   66.0 °C (gpu-thermal), not throttled, GPU 61 % at 625 MHz, CPU 1510 MHz, mode 15W',
  );
  t.equal(
    text(parts.memoryLines(health, wide)),
    'memory    2914 MB of 7991 MB available, GPU 1935 MB, swap 186 MB, pressure 0.4 %',
  );
  t.equal(
    text(parts.mqttLines(health, wide)),
    'mqtt      857 786 sent, 214 dropped, 2 reconnects, 0 bytes queued',
  );
  const hot = { ...health, machine: { ...health.machine, throttledBy: ['thermal', 'power'] } };
  t.match(text(parts.machineLines(hot, wide)), 'throttled: thermal, power');
  t.ok(tones(parts.machineLines(hot, wide)).has('warn'));
});

t.test('processes', async (t) => {
  t.match(text(parts.processLines(health, room)), /^worker +1391 +1022 MB +969 MB +4 MB +1861 MB$/m);
  t.match(text(parts.processLines(health, room)), /^daemon +1204 +74 MB +69 MB +0 MB +-$/m);
});

t.test('remedies: what was done, what is about to be, and whether it is slowed down', async (t) => {
  const lines = text(parts.remedyLines(health, NOW_MS, { width: 140, brief: false }));
  t.match(
    lines,
    'remedies  not slowed down; worker recycled 2 times: leak; slowed down once: hot; sped up once: hot',
  );
  t.match(lines, 'pending for 6 min: recycle (leak): The worker loses 62 MB of GPU memory an hour;');
  t.match(lines, 'last 4 h 18 min ago: recycle (leak): The worker lost 61 MB of GPU memory an hour.');
  const slow = { ...health, maxRate: 20, taken: [], pending: undefined, last: undefined };
  t.equal(
    text(parts.remedyLines(slow, NOW_MS, room)),
    'remedies  slowed down to 20.0 frames per second over all cameras',
  );
});

t.test('stored messages: how many wait and where, and what is lost', async (t) => {
  const outbox = { mode: 'disk', waiting: 1200, bytes: 480_000, lost: [], replaying: true };
  const lines = (change: object) =>
    text(parts.outboxLines({ ...health, outbox: { ...outbox, ...change } }, room));
  t.equal(lines({}), 'outbox    1 200 waiting, 480 000 bytes on the disk, being sent');
  t.equal(
    lines({ mode: 'memory', replaying: false, lost: [['age', 3]] }),
    'outbox    1 200 waiting, 480 000 bytes in memory, 3 lost (age)',
  );
  t.same(parts.outboxLines({ ...health, outbox: undefined }, room), []);
});

t.test('of an old or partial message what is missing is a dash', async (t) => {
  const old = statusFacts(deviceState({ health: {} })).health as HealthFacts;
  t.equal(text(parts.workerLines(old, room)), 'worker    -');
  t.equal(text(parts.machineLines(old, room)), 'machine   temperature -, throttled -');
  t.equal(text(parts.memoryLines(old, room)), 'memory    - of - available, swap -, pressure -');
  t.equal(text(parts.mqttLines(old, room)), 'mqtt      - sent, - dropped, - reconnects, - queued');
  t.same([parts.processLines(old, room), parts.missingLines(old, room)], [[], []]);
  const missing = { ...old, missing: [['gpu memory', 'debugfs needs root']] as [string, string][] };
  t.equal(text(parts.missingLines(missing, room)), 'unknown   gpu memory: debugfs needs root');
});
