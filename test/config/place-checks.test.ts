import t from 'tap';
import { checkPlaces } from '../../dist/config/place-checks.js';

const SQUARE = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];
const faults = (camera: Record<string, unknown>, tracking = true) =>
  checkPlaces('gate', camera, tracking).map(({ message }) => message);

t.test('zones and lines as they should be have no faults', async (t) => {
  t.same(
    faults({
      zones: { bay: { points: SQUARE } },
      lines: {
        door: {
          points: [
            [0, 0.5],
            [1, 0.5],
          ],
        },
      },
    }),
    [],
  );
  t.same(faults({}, false), []);
});

t.test('a polygon that crosses itself is refused, with the edges', async (t) => {
  t.match(
    faults({
      zones: {
        bay: {
          points: [
            [0, 0],
            [1, 1],
            [1, 0],
            [0, 1],
          ],
        },
      },
    }),
    ['"cameras.gate.zones.bay.points" crosses itself: the edges from point 1 to 2 and 3 to 4 meet'],
  );
  t.match(
    faults({
      zones: {
        bay: {
          points: [
            [0, 0],
            [0.001, 0],
            [0.001, 0.001],
          ],
        },
      },
    }),
    [/encloses next to nothing/],
  );
});

t.test('a line needs a length, sizes and numbers an order', async (t) => {
  t.match(
    faults({
      lines: {
        door: {
          points: [
            [0.5, 0.5],
            [0.5, 0.5],
          ],
        },
      },
    }),
    [/begins where it ends/],
  );
  t.match(faults({ zones: { bay: { points: SQUARE, min_area: 0.5, max_area: 0.1 } } }), [/min_area/]);
  t.match(faults({ zones: { bay: { points: SQUARE, occupancy: { min: 3, max: 2 } } } }), [
    /is 3, and "max" only 2/,
  ]);
});

t.test('without tracking nobody can be in a zone', async (t) => {
  t.match(
    faults(
      {
        lines: {
          door: {
            points: [
              [0, 0.5],
              [1, 0.5],
            ],
          },
        },
      },
      false,
    ),
    [/"tracking.enabled" is false/],
  );
});

t.test('what is no zone at all is left to the schema', async (t) => {
  for (const zones of [
    7,
    [],
    { bay: null },
    { bay: { points: 'x' } },
    { bay: { points: [[0], [1, 'a'], 3] } },
  ])
    t.same(faults({ zones }), []);
});
