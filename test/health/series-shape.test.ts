/** The words for a series that is no leak. */
import t from 'tap';
import { shapeOf } from '../../dist/health/series-shape.js';
import { Prng } from '../../dist/scene/prng.js';

const x = Array.from({ length: 44 }, (_, i) => i);
const noisy = (at: (i: number) => number, noise = 1) => {
  const prng = new Prng(4);
  return x.map((i) => at(i) + prng.range(-noise, noise));
};
const word = (at: (i: number) => number, noise?: number) => shapeOf(x, noisy(at, noise), 3).word;

t.test('each shape has its word', (t) => {
  t.equal(
    word(() => 100),
    'steady',
  );
  t.equal(
    word(() => 100, 20),
    'steady',
  );
  t.equal(
    word((i) => (i < 15 ? 100 : 130)),
    'step',
  );
  t.equal(
    word((i) => (i < 15 ? 100 : 60)),
    'step',
  );
  t.equal(
    word((i) => 4 * (i % 11)),
    'saw-tooth',
  );
  t.equal(
    word((i) => i),
    'rising',
  );
  t.equal(
    word((i) => -i),
    'shrinking',
  );
  t.end();
});

t.test('numbers come with the word', (t) => {
  const step = shapeOf(
    x,
    noisy((i) => (i < 15 ? 100 : 130)),
    3,
  );
  t.equal(step.from, 15);
  t.ok(Math.abs(step.size - 30) < 1);
  const teeth = shapeOf(
    x,
    noisy((i) => 4 * (i % 11)),
    3,
  );
  t.equal(teeth.teeth, 3);
  const falls = shapeOf(
    x,
    noisy((i) => -i),
    3,
  );
  t.ok(Math.abs(falls.slope + 1) < 0.1 && falls.significance < 0.001);
  t.end();
});

t.test('what moves less than matters, and what is too short, is steady', (t) => {
  t.equal(
    shapeOf(
      x,
      noisy((i) => i / 100, 0.001),
      3,
    ).word,
    'steady',
  );
  t.equal(shapeOf([1, 2], [0, 1e9], 3).word, 'steady');
  t.equal(shapeOf([], [], 3).word, 'steady');
  t.equal(
    shapeOf(
      x,
      x.map(() => 7),
      0,
    ).word,
    'steady',
  );
  t.end();
});
