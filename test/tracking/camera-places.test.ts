import t from 'tap';
import { parseWeekTime } from '../../dist/core/week-schedule.js';
import { CameraPlaces } from '../../dist/tracking/camera-places.js';
import { linePlan, zonePlan } from '../helpers/places.js';

const MONDAY = new Date(2026, 10, 23, 12).getTime();

/** A box of 20 × 40 whose foot is at x of a picture of 200 × 100. */
const sight = (x: number, atS: number, label = 'person') => ({
  ...{ label, imageWidth: 200, imageHeight: 100, atUs: atS * 1e6 },
  box: { x1: x - 10, y1: 50, x2: x + 10, y2: 90 },
});

t.test('what happens at each place is told in the order of the configuration', async (t) => {
  const places = new CameraPlaces<string>('gate', {
    zones: [
      zonePlan({ dwellS: 2 }),
      zonePlan({
        name: 'all',
        points: [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
      }),
    ],
    lines: [linePlan()],
  });
  t.same(places.seen('a', sight(50, 0), MONDAY), [{ type: 'zone_enter', zone: 'all' }]);
  t.same(places.seen('a', sight(150, 1), MONDAY), [
    { type: 'zone_enter', zone: 'bay' },
    { type: 'line_cross', line: 'door', direction: 'in' },
  ]);
  t.same(places.zonesOf('a'), ['bay', 'all']);
  t.same(places.enteredBy('a'), ['all', 'bay']);
  t.same(places.seen('a', sight(160, 3), MONDAY), [{ type: 'dwell', zone: 'bay', seconds: 2 }]);
  t.same(places.seen('a', sight(50, 4), MONDAY), [
    { type: 'zone_exit', zone: 'bay', seconds: 3 },
    { type: 'line_cross', line: 'door', direction: 'out' },
  ]);
  t.same(places.zonesOf('a'), ['all']);
  t.same(places.enteredBy('a'), ['all', 'bay'], 'it has been in both');
  t.same(places.end('a', 5e6), [{ type: 'zone_exit', zone: 'all', seconds: 5 }]);
  t.same(places.end('a', 6e6), [], 'once');
  t.same(places.zonesOf('a'), []);
});

t.test('places are for some labels only', async (t) => {
  const places = new CameraPlaces<string>('gate', {
    zones: [zonePlan({ labels: ['car'] })],
    lines: [linePlan({ labels: ['car'] })],
  });
  for (const x of [50, 150]) t.same(places.seen('a', sight(x, x), MONDAY), []);
  places.seen('b', sight(50, 0, 'car'), MONDAY);
  t.equal(places.seen('b', sight(150, 1, 'car'), MONDAY).length, 2);
});

t.test('when its time is over everybody has left, and crossings do not count', async (t) => {
  const times = [parseWeekTime('mon')];
  const places = new CameraPlaces<string>('gate', {
    zones: [zonePlan({ times })],
    lines: [linePlan({ times })],
  });
  places.seen('a', sight(50, 0), MONDAY);
  t.equal(places.seen('a', sight(150, 1), MONDAY).length, 2);
  const tuesday = MONDAY + 86_400_000;
  t.same(places.seen('a', sight(150, 2), tuesday), [{ type: 'zone_exit', zone: 'bay', seconds: 1 }]);
  t.same(places.seen('a', sight(50, 3), tuesday), []);
  t.same(places.seen('a', sight(150, 4), tuesday), []);
});

t.test('how many are in a zone counts those that were told, by label', async (t) => {
  const places = new CameraPlaces<string>('gate', {
    zones: [zonePlan({ occupancy: { min: 0, max: 1 } })],
    lines: [],
  });
  for (const [name, label] of [
    ['a', 'person'],
    ['b', 'person'],
    ['c', 'car'],
    ['d', 'car'],
  ] as const) {
    places.seen(name, sight(150, 0, label), MONDAY);
    if (name !== 'd') places.tell(name);
  }
  t.same(places.occupancy(0, MONDAY), []);
  t.same(places.occupancy(1e6, MONDAY), [
    {
      ...{ type: 'occupancy', camera: 'gate', zone: 'bay', state: 'high', count: 3 },
      ...{ labels: { person: 2, car: 1 }, min: 0, max: 1, atUs: 1e6 },
    },
  ]);
  for (const name of ['a', 'b', 'c']) places.end(name, 2e6);
  places.occupancy(2e6, MONDAY);
  t.match(places.occupancy(3e6, MONDAY), [{ state: 'normal', count: 0, labels: {} }]);
});

t.test('without places nothing is kept', async (t) => {
  const places = new CameraPlaces<string>('gate', { zones: [], lines: [] });
  t.same(places.seen('a', sight(50, 0), MONDAY), []);
  t.same(places.end('a', 1), []);
  t.same(places.occupancy(9e6, MONDAY), []);
});
