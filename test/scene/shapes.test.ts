/** Outlines of the classes and how they are placed in a picture. */
import t from 'tap';
import { outlinesArea, placeOutlines, SHAPE_LABELS, SHAPE_OUTLINES } from '../../dist/scene/shapes.js';

t.test('every class has an outline of about one unit in radius', async (t) => {
  t.equal(new Set(SHAPE_LABELS).size, SHAPE_LABELS.length);
  for (const label of SHAPE_LABELS) {
    const [outer] = SHAPE_OUTLINES[label];
    let reach = 0;
    for (let i = 0; i < (outer?.length ?? 0); i += 2)
      reach = Math.max(reach, Math.hypot(outer?.[i] ?? 0, outer?.[i + 1] ?? 0));
    t.ok(reach > 0.95 && reach < 1.25, `${label} reaches ${reach}`);
  }
});

t.test('areas are those of geometry, holes left out', async (t) => {
  const area = (label: (typeof SHAPE_LABELS)[number]) => outlinesArea(SHAPE_OUTLINES[label]);
  t.ok(Math.abs(area('circle') - Math.PI) < 0.02);
  t.ok(Math.abs(area('square') - 1.7 ** 2) < 1e-9);
  t.ok(Math.abs(area('cross') - (2 * 2.1 * 0.66 - 0.66 ** 2)) < 1e-9);
  t.ok(Math.abs(area('ring') - Math.PI * (1 - 0.55 ** 2)) < 0.02);
});

t.test('placing turns, scales and moves', async (t) => {
  const [square] = placeOutlines([Float64Array.of(1, 0, 0, 1)], 10, 20, 3, Math.PI / 2);
  const rounded = [...(square ?? [])].map((value) => Math.round(value * 1e6) / 1e6);
  t.strictSame(rounded, [10, 23, 7, 20]);
  const star = placeOutlines(SHAPE_OUTLINES.star, 5, 5, 7, 1.1);
  t.ok(Math.abs(outlinesArea(star) - 49 * outlinesArea(SHAPE_OUTLINES.star)) < 1e-6, 'the area scales');
});
