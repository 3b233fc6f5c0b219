import t from 'tap';
import type { FrameResult } from '../../dist/core/frame-result.js';
import type { CameraPlaces } from '../../dist/core/zone.js';
import { CameraTracks } from '../../dist/tracking/camera-tracks.js';
import { frameResult } from '../helpers/frame-result.js';
import { linePlan, zonePlan } from '../helpers/places.js';

function tracks(places: CameraPlaces = { zones: [], lines: [] }): CameraTracks {
  let next = 0;
  return new CameraTracks({
    camera: 'gate',
    tracker: {
      ...{ confThres: 0.6, lowConfThres: 0.1, detThres: 0.7, matchThres: 0.9 },
      ...{ lostS: 3, minBoxArea: 0, verticalRatio: 0 },
    },
    minHits: 3,
    updateS: 2,
    places,
    nextId: () => {
      next += 1;
      return `gate-${next}`;
    },
  });
}

function frame(atS: number, xs: number[], score = 0.9, imageWidth = 640): FrameResult {
  const detections = xs.map((x) => ({
    ...{ label: 'person', labelId: 0, score },
    box: { x1: x, y1: 50, x2: x + 40, y2: 150 },
  }));
  return frameResult({ capturedAtUs: atS * 1e6, imageWidth, imageHeight: 480, detections });
}

/** Type and id of each event. */
const told = (events: readonly { type: string; id: string }[]) =>
  events.map(({ type, id }) => `${type} ${id}`);

t.test(
  'an object is told once it was seen often enough, and its detections carry its id from then on',
  async (t) => {
    const camera = tracks();
    for (const at of [0, 0.1]) {
      const { detections, events } = camera.frame(frame(at, [0]), 0);
      t.same(events, []);
      t.equal(detections[0]?.trackId, undefined);
    }
    const { detections, events } = camera.frame(frame(0.2, [0]), 0);
    t.same(told(events), ['new gate-1']);
    t.equal(detections[0]?.trackId, 'gate-1');
    t.match(events[0], {
      camera: 'gate',
      label: 'person',
      startUs: 0,
      seenUs: 0.2e6,
      hits: 3,
      topScore: 0.9,
    });
  },
);

t.test('false starts are never told', async (t) => {
  const camera = tracks();
  camera.frame(frame(0, [0]), 0);
  camera.frame(frame(0.1, [0]), 0);
  t.same(camera.frame(frame(9, []), 0).events, []);
});

t.test('updates come when there is news, and not too often', async (t) => {
  const camera = tracks();
  const events = [];
  for (let step = 0; step <= 100; step += 1)
    events.push(...camera.frame(frame(step / 10, [step * 4]), 0).events);
  t.same(told(events), ['new gate-1', ...Array(4).fill('update gate-1')]);
  t.ok((events.at(-1)?.path.length ?? 0) > 3);
});

t.test('an object that stands still is told to be stationary, and then nothing more of it', async (t) => {
  const camera = tracks();
  const events = [];
  for (let step = 0; step <= 600; step += 1) events.push(...camera.frame(frame(step / 10, [0]), 0).events);
  t.same(told(events), ['new gate-1', 'update gate-1']);
  t.ok(events[1]?.stationary);
});

t.test('it ends when it is not seen for long, with frames or without', async (t) => {
  for (const way of ['frames', 'silence']) {
    const camera = tracks();
    for (const at of [0, 0.1, 0.2]) camera.frame(frame(at, [0]), 0);
    const late = (at: number) =>
      way === 'frames' ? camera.frame(frame(at, []), 0).events : camera.idle(at * 1e6);
    t.same(late(3), []);
    const [end] = late(3.3);
    t.match(end, { type: 'end', id: 'gate-1', seenUs: 0.2e6, hits: 3 });
    t.same(late(4), []);
  }
});

t.test('all objects end when nothing is followed any more, or pictures have another size', async (t) => {
  const camera = tracks();
  for (const at of [0, 0.1, 0.2]) camera.frame(frame(at, [0, 300]), 0);
  t.same(told(camera.frame(frame(0.3, [0], 0.9, 1280), 0).events), ['end gate-1', 'end gate-2']);
  for (const at of [0.4, 0.5, 0.6]) camera.frame(frame(at, [0], 0.9, 1280), 0);
  t.same(told(camera.end()), ['end gate-3']);
  t.same(camera.end(), []);
});

t.test('what happened before an object was told is told after it, from its first sight on', async (t) => {
  const camera = tracks({ zones: [zonePlan()], lines: [linePlan()] });
  camera.frame(frame(0, []), 0);
  // Half across between its first two sights, which is all that a camera of three frames a second sees of it.
  const events = [270, 300, 330, 360].flatMap((x, step) => camera.frame(frame(1 + step / 3, [x]), 0).events);
  t.same(
    events.map(({ type, zones, moment }) => [type, zones, moment]),
    [
      ['new', ['bay'], undefined],
      ['zone_enter', ['bay'], { type: 'zone_enter', zone: 'bay' }],
      ['line_cross', ['bay'], { type: 'line_cross', line: 'door', direction: 'in' }],
    ],
  );
});

t.test('the detections of an object say in which zones it is', async (t) => {
  const camera = tracks({ zones: [zonePlan()], lines: [] });
  for (const at of [0, 0.1]) t.equal(camera.frame(frame(at, [400]), 0).detections[0]?.zones, undefined);
  t.same(camera.frame(frame(0.2, [400]), 0).detections[0]?.zones, ['bay']);
});

t.test('who is gone has left its zones before', async (t) => {
  const camera = tracks({ zones: [zonePlan()], lines: [] });
  for (const at of [0, 0.1, 0.2]) camera.frame(frame(at, [400]), 0);
  t.same(
    camera.idle(9e6).map(({ type, zones, enteredZones }) => [type, zones, enteredZones]),
    [
      ['zone_exit', [], ['bay']],
      ['end', [], ['bay']],
    ],
  );
});

t.test('a false start enters nothing and crosses nothing', async (t) => {
  const camera = tracks({ zones: [zonePlan({ occupancy: { min: 0, max: 0 } })], lines: [linePlan()] });
  camera.frame(frame(0, []), 0);
  t.same(camera.frame(frame(0.1, [250]), 0).events, []);
  t.same(camera.frame(frame(0.2, [320]), 0).events, []);
  for (const at of [1, 2, 9]) {
    const { events, occupancy } = camera.frame(frame(at, []), 0);
    t.same([events, occupancy], [[], []]);
  }
});
