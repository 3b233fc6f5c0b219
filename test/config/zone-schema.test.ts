import t from 'tap';
import { lines, zones } from '../../dist/config/zone-schema.js';

const TRIANGLE = [
  [0, 0],
  [1, 0],
  [1, 1],
];

t.test('points are fractions of the picture, three at least for a zone, two for a line', async (t) => {
  t.ok(zones.safeParse({ bay: { points: TRIANGLE } }).success);
  for (const points of [
    [],
    TRIANGLE.slice(1),
    [
      [0, 0],
      [1, 0],
      [1.1, 1],
    ],
    [
      [0, 0],
      [1, 0],
      [-0.1, 1],
    ],
    [[0], [1], [0]],
  ])
    t.notOk(zones.safeParse({ bay: { points } }).success);
  t.ok(lines.safeParse({ door: { points: TRIANGLE.slice(1) } }).success);
  t.notOk(lines.safeParse({ door: { points: TRIANGLE } }).success);
});

t.test('names are fit for topics, and unknown keys are refused', async (t) => {
  t.notOk(zones.safeParse({ 'Bay 1': { points: TRIANGLE } }).success);
  t.notOk(zones.safeParse({ bay: { points: TRIANGLE, dwell: 3 } }).success);
});

t.test('a schedule is read when the configuration is', async (t) => {
  t.ok(zones.safeParse({ bay: { points: TRIANGLE, schedule: ['mon-fri 08:00-18:00'] } }).success);
  const wrong = zones.safeParse({ bay: { points: TRIANGLE, schedule: ['weekdays'] } });
  t.match(wrong.error?.issues[0]?.message, /mon-fri 08:00-18:00/);
});
