import t from 'tap';
import { cameraPlaces } from '../../dist/config/places.js';
import { testConfig } from '../helpers/config.js';

const SQUARE = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

t.test('zones and lines come with what is not said of them', async (t) => {
  const config = testConfig({
    cameras: {
      gate: {
        ...{ source: 'test:shapes', model: 'people' },
        zones: { bay: { points: SQUARE, occupancy: { min: 1 } } },
        lines: {
          door: {
            points: [
              [0, 0.5],
              [1, 0.5],
            ],
            labels: ['person'],
            schedule: ['mon 08:00-18:00'],
          },
        },
      },
    },
  });
  const camera = config.cameras['gate'];
  t.ok(camera !== undefined);
  if (camera === undefined) return;
  const { zones, lines } = cameraPlaces(camera);
  t.match(zones, [
    {
      ...{ name: 'bay', anchor: 'bottom', labels: undefined, minArea: 0, maxArea: 1, times: [] },
      ...{ points: SQUARE, enterS: 0.5, leaveS: 1, dwellS: undefined },
      occupancy: { min: 1, max: Number.POSITIVE_INFINITY },
    },
  ]);
  t.match(lines, [
    {
      name: 'door',
      labels: ['person'],
      points: [
        [0, 0.5],
        [1, 0.5],
      ],
    },
  ]);
  t.same([...(lines[0]?.times[0]?.days ?? [])], [1]);
});

t.test('a camera without places has none', async (t) => {
  t.same(cameraPlaces({ zones: {}, lines: {} }), { zones: [], lines: [] });
});
