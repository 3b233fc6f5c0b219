/** Seeded random numbers: repeatable, in range, evenly spread. */
import t from 'tap';
import { mixSeeds, Prng } from '../../dist/scene/prng.js';

t.test('the same seed gives the same numbers, another seed others', async (t) => {
  const draw = (seed: number) => {
    const random = new Prng(seed);
    return Array.from({ length: 20 }, () => random.next());
  };
  t.strictSame(draw(7), draw(7));
  t.notSame(draw(7), draw(8));
  t.strictSame(
    draw(7).slice(0, 2),
    [0.011704753153026104, 0.06195825757458806],
    'and the same on every machine',
  );
});

t.test('numbers stay in their range and fill it', async (t) => {
  const random = new Prng(1);
  let sum = 0;
  for (let i = 0; i < 5000; i += 1) {
    const value = random.range(-2, 4);
    if (value < -2 || value >= 4) t.fail(`${value} is out of range`);
    sum += value;
  }
  t.ok(Math.abs(sum / 5000 - 1) < 0.1, 'the mean is in the middle');
  const seen = new Set(Array.from({ length: 200 }, () => random.index(5)));
  t.strictSame([...seen].sort(), [0, 1, 2, 3, 4]);
  t.strictSame(new Set(Array.from({ length: 50 }, () => random.sign())), new Set([-1, 1]));
});

t.test('chances come true as often as said', async (t) => {
  const random = new Prng(3);
  const hits = Array.from({ length: 4000 }, () => random.chance(0.25)).filter(Boolean).length;
  t.ok(Math.abs(hits / 4000 - 0.25) < 0.03);
});

t.test('pairs of neighbouring seeds do not meet', async (t) => {
  const seeds = new Set<number>();
  for (let a = 0; a < 100; a += 1) for (let b = 0; b < 100; b += 1) seeds.add(mixSeeds(a, b));
  t.equal(seeds.size, 10_000);
});
