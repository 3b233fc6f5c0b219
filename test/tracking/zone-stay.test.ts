import t from 'tap';
import { ZoneStay } from '../../dist/tracking/zone-stay.js';

const plan = (changes = {}) => ({ enterS: 0.5, leaveS: 1, dwellS: undefined, ...changes });
/** Looks ten times a second; `#` inside, `.` outside. Changes with the look at which they came. */
function changes(stay: ZoneStay, looks: string): string[] {
  return [...looks].flatMap((look, index) => {
    const change = stay.seen(look === '#', index * 100_000);
    return change === undefined ? [] : [`${change} ${index}`];
  });
}

t.test('an object enters and leaves after so long inside and outside', async (t) => {
  t.same(changes(new ZoneStay(plan()), '..######............'), ['enter 7', 'exit 18']);
});

t.test('one that trembles on the edge neither enters nor leaves', async (t) => {
  t.same(changes(new ZoneStay(plan()), '.#.#.##.##.#.#.#.#'), []);
  t.same(changes(new ZoneStay(plan()), '######.##.#.##....#...#'), ['enter 5']);
});

t.test('without a delay the first look counts', async (t) => {
  const stay = new ZoneStay(plan({ enterS: 0, leaveS: 0 }));
  t.same(changes(stay, '.#.'), ['enter 1', 'exit 2']);
});

t.test('a stay counts from the first look inside, and its length is told once', async (t) => {
  const stay = new ZoneStay(plan({ dwellS: 2 }));
  t.same(changes(stay, `..${'#'.repeat(40)}`), ['enter 7', 'dwell 22']);
  t.equal(stay.seconds(4.2e6), 4);
});

t.test('the next stay is told of again', async (t) => {
  const stay = new ZoneStay(plan({ enterS: 0, leaveS: 0, dwellS: 0.3 }));
  t.same(changes(stay, '####..####'), ['enter 0', 'dwell 3', 'exit 4', 'enter 6', 'dwell 9']);
});

t.test('at a few frames a second nothing takes longer than it must', async (t) => {
  const stay = new ZoneStay(plan());
  t.equal(stay.seen(true, 0), undefined);
  t.equal(stay.seen(true, 1e6), 'enter');
  t.equal(stay.seen(false, 2e6), undefined);
  t.equal(stay.seen(false, 3e6), 'exit');
});

t.test('who is gone has left, who was not inside has not', async (t) => {
  const stay = new ZoneStay(plan({ enterS: 0 }));
  t.equal(stay.end(), undefined);
  stay.seen(true, 0);
  t.ok(stay.inside);
  t.equal(stay.end(), 'exit');
  t.notOk(stay.inside);
});
