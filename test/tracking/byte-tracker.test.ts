import t from 'tap';
import type { Detection } from '../../dist/core/detection.js';
import { ByteTracker, type TrackerSettings } from '../../dist/tracking/byte-tracker.js';

const SETTINGS: TrackerSettings = {
  ...{ confThres: 0.6, lowConfThres: 0.1, detThres: 0.7, matchThres: 0.9 },
  ...{ lostS: 3, minBoxArea: 0, verticalRatio: 0 },
};

function seen(x: number, score = 0.9, labelId = 0, y = 50): Detection {
  return { label: `label ${labelId}`, labelId, score, box: { x1: x, y1: y, x2: x + 40, y2: y + 100 } };
}

function tracker(settings: Partial<TrackerSettings> = {}): ByteTracker {
  let number = 0;
  return new ByteTracker({ ...SETTINGS, ...settings }, () => {
    number += 1;
    return number;
  });
}

/** Numbers of the tracks in a frame. */
function numbers(bytes: ByteTracker, detections: Detection[], atS: number): (number | undefined)[] {
  return bytes.update(detections, atS * 1e6).tracks.map((track) => track?.number);
}

t.test('an object keeps its number as it moves, at any rate of frames', async (t) => {
  for (const rate of [30, 10, 3]) {
    const bytes = tracker();
    const all = new Set<number | undefined>();
    for (let frame = 0; frame < 5 * rate; frame += 1)
      for (const number of numbers(bytes, [seen((60 * frame) / rate), seen(400)], frame / rate))
        all.add(number);
    t.same([...all].sort(), [1, 2], `${rate} frames a second`);
  }
});

t.test('a doubtful detection goes on with a track and begins none', async (t) => {
  const bytes = tracker();
  t.same(numbers(bytes, [seen(0), seen(300, 0.3)], 0), [1, undefined]);
  t.same(numbers(bytes, [seen(1, 0.3), seen(300, 0.3)], 1 / 30), [1, undefined]);
  t.same(numbers(bytes, [seen(2, 0.05)], 2 / 30), [undefined], 'noise');
});

t.test('after the first frame an object is believed at its second sight', async (t) => {
  const bytes = tracker();
  numbers(bytes, [], 0);
  t.same(numbers(bytes, [seen(0)], 1 / 30), [undefined]);
  t.same(numbers(bytes, [seen(0)], 2 / 30), [1]);
  t.same(numbers(bytes, [seen(0), seen(500)], 3 / 30), [1, undefined]);
  t.same(numbers(bytes, [seen(0)], 4 / 30), [1], 'seen once, it was nothing');
  t.equal(bytes.tracks.length, 1);
});

t.test('an object that was hidden, or a camera that was away, for two seconds is found again', async (t) => {
  const bytes = tracker();
  for (let frame = 0; frame < 30; frame += 1) numbers(bytes, [seen(frame)], frame / 30);
  t.same(numbers(bytes, [seen(30 + 60)], 3), [1], 'no frame in between');
  for (let frame = 1; frame < 60; frame += 1) t.same(numbers(bytes, [], 3 + frame / 30), []);
  t.same(numbers(bytes, [seen(150)], 5), [1], 'frames without it in between');
});

t.test('what is not seen for longer is gone, once', async (t) => {
  const bytes = tracker();
  numbers(bytes, [seen(0)], 0);
  t.same(bytes.update([], 2.9e6).ended, []);
  t.same(
    bytes.update([], 3.1e6).ended.map(({ number }) => number),
    [1],
  );
  t.same(bytes.update([], 3.2e6).ended, []);
  t.same(numbers(bytes, [seen(0)], 3.3), [undefined]);
});

t.test('classes are followed apart', async (t) => {
  const bytes = tracker();
  t.same(numbers(bytes, [seen(0, 0.9, 0), seen(0, 0.9, 1)], 0), [1, 2]);
  t.same(numbers(bytes, [seen(0, 0.9, 1), seen(0, 0.9, 0)], 1 / 30), [2, 1]);
});

t.test('two objects that cross keep their numbers', async (t) => {
  const bytes = tracker();
  let last: (number | undefined)[] = [];
  for (let frame = 0; frame <= 60; frame += 1)
    last = numbers(bytes, [seen(frame * 5, 0.9, 0, 50), seen(300 - frame * 5, 0.9, 0, 90)], frame / 30);
  t.same(last, [1, 2]);
});

t.test(
  'time that goes back, boxes twice, without size, outside and without number: no crash, no wrong track',
  async (t) => {
    const bytes = tracker();
    numbers(bytes, [seen(0)], 10);
    t.same(numbers(bytes, [seen(0)], 1), [1], 'time stands still then');
    const bad = [seen(0), seen(0), seen(Number.NaN), seen(-1e9), seen(0, Number.NaN)];
    bad.push({ ...seen(0), box: { x1: 5, y1: 5, x2: 5, y2: 5 } });
    t.equal(numbers(bytes, bad, 10.1)[0], 1);
    t.same(numbers(bytes, bad, 10.2).slice(2, 3), [undefined]);
    t.equal(bytes.tracks.filter(({ expected }) => !Number.isFinite(expected.x1)).length, 0);
  },
);

t.test('of thousands of boxes the best are followed', async (t) => {
  const bytes = tracker();
  const crowd = Array.from({ length: 5000 }, (_, index) =>
    seen((index % 100) * 45, 0.7 + (index % 50) / 200, 0, Math.floor(index / 100) * 120),
  );
  for (let frame = 0; frame < 3; frame += 1) numbers(bytes, crowd, frame / 30);
  t.ok(bytes.tracks.length <= 600);
  t.ok(bytes.tracks.length >= 300);
});

t.test('small boxes and those of the wrong form are not followed when told', async (t) => {
  const upright = tracker({ minBoxArea: 200, verticalRatio: 1.6 });
  const wide = { ...seen(0), box: { x1: 0, y1: 0, x2: 200, y2: 100 } };
  const small = { ...seen(0), box: { x1: 0, y1: 0, x2: 10, y2: 20 } };
  t.same(numbers(upright, [wide, small, seen(300)], 0), [undefined, undefined, 1]);
});
