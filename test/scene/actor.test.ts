/** Moving shapes: repeatable, near the picture for all time, and told from their background. */
import t from 'tap';
import { makeActors, poseAt } from '../../dist/scene/actor.js';
import { Prng } from '../../dist/scene/prng.js';

t.test('a seed gives the same actors, as many as asked for', async (t) => {
  const make = () => makeActors(new Prng(9), 5, [100, 100, 100]);
  t.strictSame(make(), make());
  t.equal(make().length, 5);
  t.strictSame(makeActors(new Prng(9), 0, [0, 0, 0]), []);
});

t.test('their colours differ from the background', async (t) => {
  for (let seed = 0; seed < 40; seed += 1) {
    const back = [seed * 6, 120, 255 - seed * 6] as const;
    for (const { fill } of makeActors(new Prng(seed), 6, back)) {
      const far = Math.hypot(fill.from[0] - back[0], fill.from[1] - back[1], fill.from[2] - back[2]);
      t.ok(far >= 90, `seed ${seed}: ${far}`);
    }
  }
});

t.test('they move, and stay near the picture however long it runs', async (t) => {
  for (const actor of makeActors(new Prng(2), 7, [0, 0, 0])) {
    const start = poseAt(actor, 0, 400, 300);
    t.notSame(start, poseAt(actor, 0.5, 400, 300));
    for (const time of [1, 1000, 1e6, 1e8]) {
      const { x, y, radius } = poseAt(actor, time, 400, 300);
      t.ok(x > -0.2 * 400 && x < 1.2 * 400 && y > -0.2 * 300 && y < 1.2 * 300, `at ${x}, ${y}`);
      t.ok(radius > 0.05 * 300 && radius < 0.26 * 300, `radius ${radius}`);
    }
  }
});

t.test('plain ones are large, clear of the background and keep to their places', async (t) => {
  for (let seed = 0; seed < 20; seed += 1) {
    for (const actor of makeActors(new Prng(seed), 3, [128, 128, 128], true)) {
      const [r, g, b] = actor.fill.from;
      // Grey is far from few colours: the best that was found will do.
      t.ok(Math.hypot(r - 128, g - 128, b - 128) > 60, `seed ${seed}`);
      t.ok(actor.radius.base >= 0.13 && actor.x.reach <= 0.08 && actor.y.reach <= 0.08);
    }
  }
});
