/** From fractions of what people see to pixels of what a source delivers, and back. */
import t from 'tap';
import { analysedRegion, marginsOf, seenSize, seenTruth, turned } from '../../dist/capture/camera-view.js';
import { ROTATIONS } from '../../dist/core/view.js';

const SOURCE = { width: 640, height: 480 };
const REGION = { x: 0.25, y: 0.5, width: 0.5, height: 0.125 };

t.test('a quarter turn swaps the sides', (t) => {
  t.same(seenSize(SOURCE), SOURCE);
  t.same(
    ROTATIONS.map((rotate) => seenSize(SOURCE, rotate).width),
    [640, 480, 640, 480],
  );
  t.end();
});

t.test('a region is cut where the source has it, and told where people see it', (t) => {
  const cut = (rotate: (typeof ROTATIONS)[number]) => {
    const { left, right, top, bottom } = marginsOf(SOURCE, { region: REGION, rotate });
    return [left, right, top, bottom];
  };
  t.same(cut(0), [160, 160, 240, 180]);
  t.same(cut(180), [160, 160, 180, 240]);
  // 480×640 is seen: from 120 to 360 and from 320 to 400, which clockwise came from the left side of the source.
  t.same(cut(90), [320, 240, 120, 120]);
  t.same(cut(270), [240, 320, 120, 120]);
  t.same(analysedRegion(SOURCE, { region: REGION }), { x: 160, y: 240, width: 320, height: 60 });
  t.same(analysedRegion(SOURCE, { region: REGION, rotate: 180 }), { x: 160, y: 240, width: 320, height: 60 });
  for (const rotate of [90, 270] as const)
    t.same(analysedRegion(SOURCE, { region: REGION, rotate }), { x: 120, y: 320, width: 240, height: 80 });
  t.end();
});

t.test('cuts lie on even pixels, outwards, and never beyond the picture', (t) => {
  for (const width of [2, 3, 5, 101, 640, 1921])
    for (const [x, part] of [
      [0, 1],
      [0.1, 0.7],
      [0.3, 0.01],
      [0.99, 0.01],
      [1, 0.01],
      [0.333, 0.667],
    ] as [number, number][]) {
      const { left, right } = marginsOf(
        { width, height: 2 },
        { region: { x, y: 0, width: part, height: 1 } },
      );
      const text = `${part} of ${width} from ${x}`;
      t.equal(left % 2 === 0 || right === 0, true, text);
      t.ok(left >= 0 && right >= 0 && left + right < width, `${text}: ${left}, ${right}`);
      t.ok(right === 0 || (width - right) % 2 === 0, text);
      if (x + part <= 1) t.ok(left <= x * width + 1e-6 && width - right >= (x + part) * width - 1e-3, text);
    }
  t.end();
});

t.test('sums that are off by a hair take no pixel more', (t) => {
  const { left, right } = marginsOf(
    { width: 1000, height: 10 },
    { region: { x: 0.1 + 0.2, y: 0, width: 0.7 - 0.1, height: 1 } },
  );
  t.same([left, right], [300, 100]);
  t.end();
});

t.test('without a region nothing is cut', (t) => {
  t.same(marginsOf(SOURCE, { rotate: 90 }), { left: 0, right: 0, top: 0, bottom: 0 });
  t.equal(analysedRegion(SOURCE, { rotate: 90 }), undefined);
  t.end();
});

t.test('four quarter turns bring a box back', (t) => {
  const box = { x1: 10, y1: 20, x2: 110, y2: 60 };
  t.same(turned(box, SOURCE, 90), { x1: 420, y1: 10, x2: 460, y2: 110 });
  t.same(turned(box, SOURCE, 0), box);
  for (const [first, then] of [
    [90, 270],
    [270, 90],
    [180, 180],
  ] as const)
    t.same(turned(turned(box, SOURCE, first), seenSize(SOURCE, first), then), box);
  t.same(
    turned(turned(box, SOURCE, 90), seenSize(SOURCE, 90), 90),
    turned(box, SOURCE, 180),
    'two quarters are a half',
  );
  t.end();
});

t.test('the truth of a view is what can be seen in it', (t) => {
  const object = (x1: number, y1: number, x2: number, y2: number) => ({
    label: 'circle',
    labelId: 0,
    visible: 1,
    box: { x1, y1, x2, y2 },
  });
  const [inside, across, outside] = [
    object(200, 250, 220, 270),
    object(150, 250, 220, 270),
    object(0, 0, 10, 10),
  ];
  const truth = { objects: [inside, across, outside], unsure: [inside, outside] };
  const seen = seenTruth(truth, SOURCE, { region: REGION });
  t.same(seen.objects, [inside]);
  t.same(
    seen.unsure.map(({ box }) => box),
    [{ ...across.box, x1: 160 }, inside.box],
    'what the border cuts counts neither way',
  );
  t.same(seenTruth({ objects: [inside], unsure: [] }, SOURCE, { rotate: 180 }).objects[0]?.box, {
    x1: 420,
    y1: 210,
    x2: 440,
    y2: 230,
  });
  t.end();
});
