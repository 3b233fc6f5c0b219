/** What is known of each camera, over all workers of a daemon. */
import t from 'tap';
import { noDrops } from '../../dist/core/drops.js';
import { CameraBoard, type CameraEntry } from '../../dist/supervisor/camera-board.js';
import { FakeClock } from '../helpers/fake-clock.js';

const S = 1_000_000;

function board(clock = new FakeClock()): CameraBoard {
  const cameras = new CameraBoard(clock);
  cameras.configure([
    { name: 'gate', enabled: true },
    { name: 'yard', enabled: false },
  ]);
  return cameras;
}

function entry(cameras: CameraBoard, name: string): CameraEntry {
  return cameras.entries().find(({ camera }) => camera === name) as CameraEntry;
}

const beat = (dropped = 0, lastFrameAgeMs: number | null = 12, reconnects = 0) => [
  {
    camera: 'gate',
    captured: 0,
    analysed: 0,
    drops: { ...noDrops(), replaced: dropped },
    failed: dropped,
    reconnects,
    lastFrameAgeMs,
  },
];

t.test('enabled cameras start as connecting, the others as disabled', async (t) => {
  t.equal(entry(board(), 'gate').state, 'connecting');
  t.equal(entry(board(), 'yard').state, 'disabled');
});

t.test('a report changes the state and carries its reason', async (t) => {
  const cameras = board();
  const error = { code: 'CAMERA_OPEN' as const, message: 'refused' };
  t.match(cameras.report({ camera: 'gate', state: 'offline', error, reconnects: 2 }), {
    state: 'offline',
    error,
    reconnects: 2,
  });
});

t.test('reports about unknown or disabled cameras are not taken', async (t) => {
  const cameras = board();
  t.equal(cameras.report({ camera: 'yard', state: 'online', reconnects: 0 }), undefined);
  t.equal(cameras.report({ camera: 'nobody', state: 'online', reconnects: 0 }), undefined);
});

t.test('frames are wanted of cameras that are there and not disabled', async (t) => {
  const cameras = board();
  const wanted = () => ['gate', 'yard', 'nobody'].filter((name) => cameras.wants(name));
  t.strictSame(wanted(), ['gate']);
  cameras.configure([{ name: 'yard', enabled: true }]);
  t.strictSame(wanted(), ['yard']);
});

t.test('it is known since when a camera is in its state, whatever else is said of it', async (t) => {
  const clock = new FakeClock({ monotonicUs: 0 });
  const cameras = board(clock);
  clock.advance(1000);
  cameras.report({ camera: 'gate', state: 'online', reconnects: 0 });
  t.equal(entry(cameras, 'gate').sinceUs, 1 * S);
  clock.advance(1000);
  cameras.report({ camera: 'gate', state: 'online', reconnects: 0, note: 'software decodes' });
  t.match(entry(cameras, 'gate'), { sinceUs: 1 * S, note: 'software decodes' });
  cameras.workerGone();
  t.match(entry(cameras, 'gate'), { sinceUs: 2 * S, state: 'connecting', note: undefined });
  t.equal(entry(cameras, 'yard').sinceUs, 0);
});

t.test(
  'another size of the picture is told at once, and what is taken of a camera beside what is analysed',
  async (t) => {
    const cameras = board();
    const sized = (captured: number, width: number) =>
      beat().map((counters) => ({ ...counters, captured, size: { width, height: 480 } }));
    cameras.report({ camera: 'gate', state: 'online', reconnects: 0 });
    t.match(cameras.heartbeat(sized(0, 640), 1 * S), [{ camera: 'gate', size: { width: 640 } }]);
    t.match(cameras.heartbeat(sized(30, 640), 2 * S), [{ fps: 0, capturedFps: 30 }]);
    t.strictSame(cameras.heartbeat(sized(60, 640), 3 * S), []);
    t.match(cameras.heartbeat(sized(90, 1280), 4 * S), [{ size: { width: 1280 } }]);
    cameras.takenOver(['gate']);
    cameras.heartbeat(sized(5, 1280), 5 * S);
    t.equal(entry(cameras, 'gate').capturedFps, 30, 'counters that start over are no rate');
  },
);

function results(cameras: CameraBoard, count: number): void {
  for (let index = 0; index < count; index += 1) cameras.result('gate');
}

t.test('the rate is taken between two heartbeats, and said when it is known first', async (t) => {
  const cameras = board();
  cameras.report({ camera: 'gate', state: 'online', reconnects: 0 });
  results(cameras, 10);
  t.strictSame(cameras.heartbeat(beat(), 1 * S), []);
  t.equal(entry(cameras, 'gate').fps, undefined);
  results(cameras, 25);
  t.match(cameras.heartbeat(beat(4), 2 * S), [{ camera: 'gate', fps: 25 }]);
  t.match(entry(cameras, 'gate'), { fps: 25, analysed: 35, drops: { replaced: 4 }, lastFrameAgeMs: 12 });
  t.strictSame(cameras.heartbeat(beat(4), 3 * S), []);
});

t.test('figures go on over a new worker, and nothing of the old one stands beside the new', async (t) => {
  const cameras = board();
  cameras.report({ camera: 'gate', state: 'online', reconnects: 3 });
  results(cameras, 100);
  cameras.heartbeat(beat(5, 12, 3), 1 * S);
  results(cameras, 1);
  cameras.workerGone();
  t.match(entry(cameras, 'gate'), {
    state: 'connecting',
    fps: undefined,
    lastFrameAgeMs: undefined,
    analysed: 101,
  });
  cameras.report({ camera: 'gate', state: 'online', reconnects: 1 });
  results(cameras, 7);
  cameras.heartbeat(beat(1, 12, 1), 2 * S);
  t.match(entry(cameras, 'gate'), {
    reconnects: 4,
    analysed: 108,
    drops: { replaced: 6 },
    failed: 6,
    fps: undefined,
  });
});

t.test('a camera that leaves the configuration is told and forgotten', async (t) => {
  const cameras = board();
  t.strictSame(cameras.configure([{ name: 'yard', enabled: true }]), ['gate']);
  t.strictSame(
    cameras.entries().map(({ camera, state }) => [camera, state]),
    [['yard', 'connecting']],
  );
});

t.test('a camera that is switched off loses its figures', async (t) => {
  const cameras = board();
  cameras.heartbeat(beat(), 1 * S);
  cameras.heartbeat(beat(), 2 * S);
  cameras.configure([{ name: 'gate', enabled: false }]);
  t.match(entry(cameras, 'gate'), { state: 'disabled', fps: undefined, lastFrameAgeMs: undefined });
});

t.test('a camera that is switched off, and on again, has no old error', async (t) => {
  const cameras = board();
  const error = { code: 'CAMERA_OPEN' as const, message: 'refused' };
  cameras.report({ camera: 'gate', state: 'offline', error, reconnects: 0 });
  cameras.configure([{ name: 'gate', enabled: true }]);
  t.match(entry(cameras, 'gate'), { state: 'offline', error });
  cameras.configure([{ name: 'gate', enabled: false }]);
  t.match(entry(cameras, 'gate'), { state: 'disabled', error: undefined });
  cameras.configure([{ name: 'gate', enabled: true }]);
  t.match(entry(cameras, 'gate'), { state: 'connecting', error: undefined });
});

t.test('an offline camera that is in no heartbeat analyses nothing and has no newest frame', async (t) => {
  const cameras = board();
  cameras.report({ camera: 'gate', state: 'online', reconnects: 0 });
  cameras.heartbeat(beat(), 1 * S);
  results(cameras, 25);
  cameras.heartbeat(beat(), 2 * S);
  cameras.heartbeat([], 3 * S);
  t.match(entry(cameras, 'gate'), { fps: 25, lastFrameAgeMs: 12 });
  const error = { code: 'SLICING_TOO_FINE' as const, message: 'too many tiles' };
  cameras.report({ camera: 'gate', state: 'offline', error, reconnects: 0 });
  cameras.heartbeat([], 4 * S);
  t.match(entry(cameras, 'gate'), { state: 'offline', error, fps: 0, lastFrameAgeMs: undefined });
});

t.test('a camera that another worker takes over goes on, its counters added up', async (t) => {
  const cameras = board();
  cameras.report({ camera: 'gate', state: 'online', reconnects: 3 });
  results(cameras, 10);
  cameras.heartbeat(beat(5, 12, 3), 1 * S);
  results(cameras, 20);
  cameras.heartbeat(beat(6, 12, 3), 2 * S);
  cameras.takenOver(['gate', 'nobody']);
  t.match(entry(cameras, 'gate'), { state: 'online', fps: 20, reconnects: 3, drops: { replaced: 6 } });
  cameras.report({ camera: 'gate', state: 'online', reconnects: 0 });
  results(cameras, 30);
  cameras.heartbeat(beat(1), 3 * S);
  t.match(entry(cameras, 'gate'), {
    reconnects: 3,
    drops: { replaced: 7 },
    failed: 7,
    fps: 30,
    analysed: 60,
  });
});

t.test(
  'reconnects of a camera that stays offline are counted as they happen, over all workers',
  async (t) => {
    const cameras = board();
    const error = { code: 'CAMERA_OPEN' as const, message: 'refused' };
    cameras.report({ camera: 'gate', state: 'offline', error, reconnects: 0 });
    cameras.heartbeat(beat(0, null, 4), 1 * S);
    t.equal(entry(cameras, 'gate').reconnects, 4);
    cameras.workerGone();
    cameras.heartbeat(beat(0, null, 3), 2 * S);
    t.equal(entry(cameras, 'gate').reconnects, 7);
  },
);
