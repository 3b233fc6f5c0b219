/** From pieces of a stream to files: what is in them, where they begin and end, and what happens when something is missing. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { DetectdError } from '../../dist/base/errors.js';
import type { RecordedMoment, Recording } from '../../dist/core/recording.js';
import { CameraRecorder, type RecorderSettings } from '../../dist/recording/camera-recorder.js';
import { PieceFolder } from '../../dist/recording/piece-folder.js';
import { RecordingShelf, type ShelfLimits } from '../../dist/recording/recording-shelf.js';
import { PACKET_BYTES, scanStream } from '../../dist/recording/transport-stream.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { madeUpPiece } from '../helpers/made-up-stream.js';

const START_US = 100_000_000;

interface Change {
  settings?: Partial<RecorderSettings>;
  limits?: Partial<ShelfLimits>;
  /** Number of the picture in each second that needs no other; by the second. */
  keys?: (second: number) => number[];
}

function rig(t: Test, { settings, limits, keys = () => [0] }: Change = {}) {
  const folder = t.testdir();
  const [buffer, kept] = [join(folder, 'buffer'), join(folder, 'kept')] as const;
  const clock = new FakeClock({ monotonicUs: START_US });
  const recordings: Recording[] = [];
  const failures: [DetectdError, readonly RecordedMoment[]][] = [];
  const free = { bytes: 1e12 };
  const shelf = new RecordingShelf({
    ...{ folder: kept, clock, freeBytes: async () => free.bytes },
    limits: { maxBytes: 1e9, maxAgeMs: undefined, minFreeBytes: 0, ...limits },
  });
  const recorder = new CameraRecorder({
    ...{ camera: 'gate', clock, shelf },
    pieces: new PieceFolder({ folder: buffer, keepS: 20, clock }),
    settings: { beforeS: 3, afterS: 2, longestS: 60, ...settings },
    describe: ({ moments }, complete) => ({ complete, moments: moments.length }),
    onRecording: (recording) => recordings.push(recording),
    onFailed: (...failure) => failures.push(failure),
  });
  mkdirSync(buffer);
  mkdirSync(kept);
  const built = {
    ...{ recorder, recordings, failures, free, clock, kept, buffer },
    /** The camera goes on for so many seconds; a piece for each. `from` is the time in the stream. */
    play: async (
      seconds: number,
      { run = 'a', first = 0, from = first }: { run?: string; first?: number; from?: number } = {},
    ) => {
      for (let second = first; second < first + seconds; second += 1) {
        const name = join(buffer, `${run}-${String(second).padStart(6, '0')}.ts`);
        writeFileSync(name, madeUpPiece({ from: 3600 + from + second - first, keys: keys(second) }));
        clock.advance(1000);
        utimesSync(name, clock.wallMs() / 1000, clock.wallMs() / 1000);
        await recorder.look();
      }
    },
    /** Nothing comes for so long. */
    wait: async (seconds: number) => {
      for (let half = 0; half < 2 * seconds; half += 1) {
        clock.advance(500);
        await recorder.look();
      }
    },
    now: () => clock.monotonicUs(),
    object: () => recorder.note({ reason: 'object', atUs: clock.monotonicUs(), detail: { id: 'x' } }),
    facts: (number = 0) => scanStream(readFileSync((recordings[number] as Recording).path)),
  };
  return built;
}

/** Seconds of the stream's time at which the recording begins and ends. */
function span({
  firstTime = 0,
  lastTime = 0,
}: {
  firstTime?: number | undefined;
  lastTime?: number | undefined;
}) {
  return [firstTime, lastTime].map((time) => Math.round((time / 90_000 - 3600) * 10) / 10);
}

t.test('a file holds the seconds before and after an event, from a whole picture on', async (t) => {
  const it = rig(t);
  await it.play(10);
  const atUs = it.now();
  it.object();
  await it.play(6, { first: 10 });
  t.equal(it.recordings.length, 1);
  const [recording] = it.recordings as [Recording];
  const facts = it.facts();
  t.strictSame(span(facts), [6, 11.9], 'the event came at 10');
  t.equal(facts.keyAt, 2 * PACKET_BYTES, 'tables, then a picture that needs no other');
  t.equal(facts.length, recording.bytes);
  t.ok(recording.fromUs <= atUs - 3e6 && recording.toUs >= atUs + 2e6);
  t.match(recording, {
    camera: 'gate',
    missingS: 0,
    problem: undefined,
    moments: [{ reason: 'object', atUs }],
  });
  t.match(readdirSync(it.kept), [/^gate-\d{8}T\d{9}Z-object\.ts$/, /\.ts\.json$/]);
  t.ok(readdirSync(it.buffer).length > 10, 'what may be wanted later stays for a while');
});

t.test(
  'where whole pictures are rare, it begins with the one before, with more than was wanted',
  async (t) => {
    const it = rig(t, { keys: (second) => (second === 2 ? [5] : []) });
    await it.play(12);
    it.object();
    await it.play(6, { first: 12 });
    const facts = it.facts();
    t.strictSame(span(facts), [2.5, 13.9]);
    t.equal(
      facts.keyAt,
      2 * PACKET_BYTES,
      'what came before it in its piece is left out, the tables are not',
    );
    t.match(it.recordings, [{ missingS: 0 }]);
  },
);

t.test('where there is none before, it begins with the first one after, and says how late', async (t) => {
  const it = rig(t, { keys: (second) => (second === 11 ? [0] : []) });
  await it.play(10);
  it.object();
  await it.play(6, { first: 10 });
  t.strictSame(span(it.facts()), [11, 11.9]);
  t.match(it.recordings, [{ missingS: 4.1 }]);
});

t.test('where there is none at all, that is told and nothing is left', async (t) => {
  const it = rig(t, { keys: () => [] });
  await it.play(5);
  const asked = it.recorder.record({ reason: 'command', atUs: it.now() });
  await Promise.all([t.rejects(asked, { code: 'RECORDING_UNAVAILABLE' }), it.play(6, { first: 5 })]);
  t.match(it.failures, [[{ code: 'RECORDING_UNAVAILABLE' }, [{ reason: 'command' }]]]);
  t.strictSame(readdirSync(it.kept), []);
});

t.test('events that overlap are one file, and who asked for it is answered with it', async (t) => {
  const it = rig(t);
  await it.play(5);
  it.object();
  await it.play(1, { first: 5 });
  const asked = it.recorder.record({ reason: 'command', atUs: it.now() });
  await it.play(6, { first: 6 });
  t.match(await asked, [{ moments: [{ reason: 'object' }, { reason: 'command' }] }]);
  t.equal(it.recordings.length, 1);
  t.strictSame(span(it.facts()), [1, 7.9]);
});

t.test('what goes on for long is several files of the longest length, without a gap', async (t) => {
  const it = rig(t, { settings: { longestS: 6 } });
  await it.play(5);
  for (let second = 5; second < 20; second += 1) {
    it.object();
    await it.play(1, { first: second });
  }
  await it.play(6, { first: 20 });
  const spans = it.recordings.map((_, number) => span(it.facts(number)));
  t.ok(spans.length >= 3, `${spans.length}`);
  for (const [number, [from = 0, to = 0]] of spans.entries()) {
    t.ok(to - from < 9, `${from} to ${to}`);
    const before = spans[number - 1]?.[1];
    if (before !== undefined) t.ok(from <= before + 0.2, `${from} goes on after ${before}`);
  }
  t.ok((spans.at(-1)?.[1] ?? 0) > 20.8, 'the last event is whole');
  t.strictSame(it.failures, []);
});

t.test('of a camera that is lost the last piece is taken, and nothing is waited for', async (t) => {
  const it = rig(t);
  await it.play(8);
  it.recorder.note({ reason: 'camera', atUs: it.recorder.newestUs ?? 0 });
  await it.wait(10);
  t.match(it.recordings, [{ missingS: 0, moments: [{ reason: 'camera' }] }]);
  t.strictSame(span(it.facts()), [4, 7.9]);
});

t.test(
  'a camera that comes back, or another pipeline that takes over, goes on in a file of its own',
  async (t) => {
    const it = rig(t, { settings: { afterS: 8 } });
    await it.play(6);
    it.object();
    await it.play(2, { first: 6 });
    await it.play(2, { first: 8, from: 0 });
    await it.wait(4);
    await it.play(6, { run: 'b' });
    t.strictSame(
      it.recordings.map((_, number) => span(it.facts(number))),
      [
        [2, 7.9],
        [0, 1.9],
        [0, 0.9],
      ],
      'played again, its times begin anew',
    );
  },
);

t.test('while two pipelines play, nothing is taken twice', async (t) => {
  const it = rig(t);
  await it.play(6);
  it.object();
  for (let second = 6; second < 12; second += 1) {
    const other = join(it.buffer, `b-00000${second - 6}.ts`);
    writeFileSync(other, madeUpPiece({ from: 9000 + second }));
    await it.play(1, { first: second });
  }
  t.equal(it.recordings.length, 1);
  t.strictSame(span(it.facts()), [2, 7.9]);
});

t.test('a disk that is full ends a file with what is there', async (t) => {
  const it = rig(t, { limits: { minFreeBytes: 1000 }, settings: { afterS: 30 } });
  await it.play(5);
  it.object();
  await it.play(2, { first: 5 });
  it.free.bytes = 0;
  const big = join(it.buffer, 'a-000007.ts');
  const picture = madeUpPiece({ from: 3607 });
  writeFileSync(big, Buffer.concat(Array.from({ length: 2500 }, () => picture)));
  await it.play(3, { first: 8 });
  t.match(it.recordings, [{ problem: { code: 'RECORDING_DISK' } }]);
  t.equal(it.facts().length, it.recordings[0]?.bytes, 'and can be played');
});

t.test('where nothing can be written at all, that is told, and the next event is tried again', async (t) => {
  const it = rig(t, { limits: { minFreeBytes: 1000 } });
  it.free.bytes = 0;
  await it.play(5);
  it.object();
  await it.play(5, { first: 5 });
  t.match(it.failures, [[{ code: 'RECORDING_DISK' }, [{ reason: 'object' }]]]);
  t.strictSame(readdirSync(it.kept), []);
  it.free.bytes = 1e9;
  it.object();
  await it.play(5, { first: 10 });
  t.equal(it.recordings.length, 1);
});

t.test('pieces that vanish, are torn or are no stream leave a gap and no more', async (t) => {
  const it = rig(t, { settings: { afterS: 8 } });
  await it.play(5);
  it.object();
  await it.play(1, { first: 5 });
  writeFileSync(join(it.buffer, 'a-000006.ts'), 'no stream');
  await it.play(1, { first: 7, from: 7 });
  writeFileSync(join(it.buffer, 'a-000008.ts'), madeUpPiece({ from: 3608 }).subarray(0, 1000));
  await it.play(6, { first: 9, from: 9 });
  rmSync(join(it.buffer, 'a-000014.ts'), { force: true });
  await it.play(3, { first: 15, from: 15 });
  t.ok(it.recordings.length >= 2);
  for (const [number, { bytes }] of it.recordings.entries()) t.equal(it.facts(number).length, bytes);
  t.strictSame(it.failures, []);
});

t.test('closing ends a file with what is there, and says so', async (t) => {
  const it = rig(t, { settings: { afterS: 60 } });
  await it.play(5);
  const asked = it.recorder.record({ reason: 'command', atUs: it.now() });
  await it.play(3, { first: 5 });
  await it.recorder.close();
  t.match(await asked, [{ problem: { message: /stopped/ } }]);
  t.match(JSON.parse(readFileSync(`${it.recordings[0]?.path}.json`, 'utf8')), { complete: true });
  await it.recorder.close();
  t.equal(it.recordings.length, 1);
});

t.test('a folder of pieces that cannot be read is told, also when nothing is recorded', async (t) => {
  const it = rig(t);
  rmSync(it.buffer, { recursive: true });
  writeFileSync(it.buffer, 'a file');
  await it.recorder.look();
  t.match(it.failures, [[{ code: 'RECORDING_DISK' }, []]]);
  t.ok(existsSync(it.kept));
});
