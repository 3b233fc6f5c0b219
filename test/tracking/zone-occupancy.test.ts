import t from 'tap';
import { ZoneOccupancy } from '../../dist/tracking/zone-occupancy.js';

/** One look each half second; states with the look at which they came. */
function states(limits: { min: number; max: number } | undefined, counts: (number | undefined)[]): string[] {
  const occupancy = new ZoneOccupancy({ occupancy: limits });
  return counts.flatMap((count, index) => {
    const state = occupancy.look(count, index * 500_000);
    return state === undefined ? [] : [`${state} ${index}`];
  });
}

t.test('too few, too many and enough are told once they last for a second', async (t) => {
  t.same(states({ min: 1, max: 2 }, [1, 2, 3, 3, 3, 3, 2, 2, 2, 0, 0, 0, 1, 1, 1]), [
    'high 4',
    'normal 8',
    'low 11',
    'normal 14',
  ]);
});

t.test('who passes by changes nothing', async (t) => {
  t.same(states({ min: 0, max: 0 }, [0, 1, 1, 0, 1, 0, 1, 1, 0]), []);
});

t.test('from too few to too many is one step', async (t) => {
  t.same(states({ min: 2, max: 3 }, [0, 0, 0, 9, 9, 9]), ['low 2', 'high 5']);
});

t.test('a zone that is not watched, or has no limits, is as it should be', async (t) => {
  t.same(states({ min: 1, max: 9 }, [0, 0, 0, undefined, undefined, undefined, 0, 0, 0]), [
    'low 2',
    'normal 5',
    'low 8',
  ]);
  t.same(states(undefined, [0, 99, 99, 99, 99]), []);
});
