/** Matching detections with the truth: one object, one detection, the surest first. */
import t from 'tap';
import { overlap, percentile, scoreMessage } from '../../dist/commands/selftest-score.js';

type Corners = [number, number, number, number];

const PLACE: Corners = [10, 10, 50, 50];
const message = (change: object) => ({
  seq: 0,
  capturedMs: 0,
  objects: [],
  truth: [],
  unsure: [],
  ...change,
});
const seen = (label: string, corners: Corners, confidence = 0.9) => ({ label, corners, confidence });
const drawn = (label: string, corners: Corners = PLACE) => ({ label, corners });

t.test('a detection of the label in about the place is right', async (t) => {
  const truth = [drawn('star'), drawn('ring', [100, 10, 140, 50])];
  t.strictSame(scoreMessage(message({ truth, objects: [seen('star', [12, 8, 52, 51])] })), {
    right: 1,
    wrong: 0,
    missed: 1,
  });
});

t.test('another label or another place is wrong, and the object is missed', async (t) => {
  for (const object of [seen('ring', PLACE), seen('star', [40, 40, 80, 80]), seen('star', [0, 0, 0, 0])])
    t.strictSame(scoreMessage(message({ truth: [drawn('star')], objects: [object] })), {
      right: 0,
      wrong: 1,
      missed: 1,
    });
});

t.test('the limit of overlap counts as the same', async (t) => {
  const half = scoreMessage(
    message({ truth: [drawn('star', [0, 0, 10, 10])], objects: [seen('star', [0, 0, 10, 5])] }),
  );
  t.match(half, { right: 1, wrong: 0 });
  const less = scoreMessage(
    message({ truth: [drawn('star', [0, 0, 10, 10])], objects: [seen('star', [0, 0, 10, 4.9])] }),
  );
  t.match(less, { right: 0, wrong: 1 });
});

t.test('an object is found once; a second detection of it is wrong', async (t) => {
  const objects = [seen('star', PLACE, 0.6), seen('star', [11, 11, 51, 51], 0.8)];
  t.strictSame(scoreMessage(message({ truth: [drawn('star')], objects })), { right: 1, wrong: 1, missed: 0 });
});

t.test('the surest detection chooses first, and takes what fits best', async (t) => {
  const near: Corners = [16, 10, 56, 50];
  const truth = [drawn('star', near), drawn('star')];
  // Either would do for the first one; taking the worse would leave nothing for the second.
  const objects = [seen('star', [4, 10, 44, 50], 0.5), seen('star', [18, 10, 58, 50], 0.9)];
  t.strictSame(scoreMessage(message({ truth, objects })), { right: 2, wrong: 0, missed: 0 });
  t.equal(objects[0]?.confidence, 0.5, 'the message is left as it is');
});

t.test('what is unsure counts neither way, under any label', async (t) => {
  const unsure = [drawn('star')];
  t.strictSame(scoreMessage(message({ unsure, objects: [seen('ring', [12, 12, 52, 52])] })), {
    right: 0,
    wrong: 0,
    missed: 0,
  });
  t.match(scoreMessage(message({ unsure, objects: [seen('star', [45, 45, 80, 80])] })), { wrong: 1 });
  t.match(
    scoreMessage(message({ unsure, truth: [drawn('star')], objects: [seen('star', PLACE)] })),
    { right: 1, missed: 0 },
    'an object of the truth comes first',
  );
});

t.test('overlap is intersection over union', async (t) => {
  t.equal(overlap([0, 0, 2, 2], [1, 1, 3, 3]), 1 / 7);
  t.equal(overlap(PLACE, PLACE), 1);
  t.equal(overlap([0, 0, 1, 1], [1, 0, 2, 1]), 0, 'that touch');
  t.equal(overlap([5, 5, 5, 5], [5, 5, 5, 5]), 0, 'of nothing');
  t.equal(overlap([5, 5, 1, 1], PLACE), 0, 'inside out');
});

t.test('percentiles are by nearest rank', async (t) => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  t.equal(percentile(values, 0.5), 100);
  t.equal(percentile(values, 0.99), 198);
  t.equal(percentile([7], 0.99), 7);
  t.equal(percentile([3, 1, 2], 0), 1);
  t.ok(Number.isNaN(percentile([], 0.5)));
});
