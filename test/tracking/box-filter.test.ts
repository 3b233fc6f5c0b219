import t from 'tap';
import { BoxFilter } from '../../dist/tracking/box-filter.js';

const at = (x: number, height = 100) => ({ x1: x, y1: 50, x2: x + 40, y2: 50 + height });

t.test('begins where the box is', async (t) => {
  const { x1, y1, x2, y2 } = new BoxFilter(at(10)).box;
  t.same([x1, y1, x2, y2].map(Math.round), [10, 50, 50, 150]);
});

/** Where it expects the object one step after having seen it for three seconds. */
function expected(rate: number, speed: number): number {
  const filter = new BoxFilter(at(0));
  for (let frame = 1; frame <= 3 * rate; frame += 1) {
    filter.predict(1 / rate, false);
    filter.update(at((speed * frame) / rate));
  }
  filter.predict(1, true);
  return filter.box.x1;
}

t.test('learns a velocity in real time, whatever the rate of frames', async (t) => {
  for (const rate of [30, 10, 3]) {
    const x = expected(rate, 60);
    t.ok(Math.abs(x - 240) < 12, `${rate} frames a second: ${x}`);
  }
});

t.test('one object at any rate ends up at one place: a step twice as long is two steps', async (t) => {
  const [once, twice] = [new BoxFilter(at(0)), new BoxFilter(at(0))];
  for (const filter of [once, twice]) {
    filter.predict(1 / 30, false);
    filter.update(at(6));
  }
  once.predict(0.5, false);
  for (let step = 0; step < 15; step += 1) twice.predict(1 / 30, false);
  t.ok(Math.abs(once.box.x1 - twice.box.x1) < 1e-9);
});

t.test(
  'what is lost neither grows nor shrinks, and time that goes back or is endless does no harm',
  async (t) => {
    const filter = new BoxFilter(at(0));
    for (let step = 1; step <= 10; step += 1) {
      filter.predict(1 / 30, false);
      filter.update(at(0, 100 + 10 * step));
    }
    const before = filter.box.y2 - filter.box.y1;
    filter.predict(1, true);
    t.ok(Math.abs(filter.box.y2 - filter.box.y1 - before) < 1e-9);
    filter.predict(-5, true);
    filter.predict(1e9, true);
    t.ok(Number.isFinite(filter.box.x1));
  },
);

t.test('a box without size stays one that can be computed with', async (t) => {
  const filter = new BoxFilter({ x1: 5, y1: 5, x2: 5, y2: 5 });
  filter.predict(1 / 30, false);
  filter.update({ x1: 6, y1: 6, x2: 5, y2: 4 });
  t.ok(Object.values(filter.box).every(Number.isFinite));
});
