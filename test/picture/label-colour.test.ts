/** Colours of labels. */
import t from 'tap';
import { labelColour } from '../../dist/picture/label-colour.js';

t.test('a label has one colour, and eighty labels have eighty', (t) => {
  t.strictSame(labelColour(7), labelColour(7));
  const fills = Array.from({ length: 80 }, (_, id) => labelColour(id).fill);
  for (const fill of fills) t.match(fill, /^#[0-9a-f]{6}$/);
  t.equal(new Set(fills).size, 80);
  t.end();
});

t.test('neighbours in the list are far apart', (t) => {
  const channels = (id: number) =>
    [1, 3, 5].map((at) => Number.parseInt(labelColour(id).fill.slice(at, at + 2), 16));
  for (let id = 0; id < 80; id++) {
    const next = channels(id + 1);
    const distance = Math.hypot(...channels(id).map((value, index) => value - (next[index] ?? 0)));
    t.ok(distance > 100, `${id}: ${distance}`);
  }
  t.end();
});

t.test('no index is a fault', (t) => {
  for (const id of [-1, 1e9, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
    t.match(labelColour(id).fill, /^#[0-9a-f]{6}$/);
  t.end();
});
