/** Drawn scenes: repeatable at any moment, with a truth that keeps its rules. */
import t from 'tap';
import { Scene, TRUTH_SIDE, TRUTH_VISIBLE, UNSURE_VISIBLE } from '../../dist/scene/scene.js';
import { SHAPE_LABELS } from '../../dist/scene/shapes.js';

const SIZE = { width: 160, height: 120 };

t.test('a picture depends on the options and the time alone', async (t) => {
  const forwards = new Scene({ seed: 5, ...SIZE, cutSeconds: 2 });
  const first = forwards.draw(1.25);
  forwards.draw(7);
  t.strictSame(forwards.draw(1.25), first, 'also after another scene');
  t.strictSame(new Scene({ seed: 5, ...SIZE, cutSeconds: 2 }).draw(1.25), first);
  t.notSame(new Scene({ seed: 6, ...SIZE, cutSeconds: 2 }).draw(1.25).truth, first.truth);
});

t.test('the caller may keep a picture', async (t) => {
  const scene = new Scene({ seed: 1, ...SIZE });
  const first = scene.draw(0);
  const copy = first.data.slice();
  scene.draw(1);
  t.strictSame(first.data, copy);
  t.equal(first.data.length, 160 * 120 * 3);
  t.equal(first.data.byteLength, first.data.buffer.byteLength, 'and transfer it');
});

t.test('truth keeps its rules in many scenes', async (t) => {
  const labels = new Set<string>();
  let truths = 0;
  let unsures = 0;
  for (let seed = 0; seed < 120; seed += 1) {
    const { truth, unsure } = new Scene({ seed, ...SIZE }).draw(seed / 7);
    for (const { label, labelId, box, visible } of [...truth, ...unsure]) {
      if (SHAPE_LABELS[labelId] !== label) t.fail(`${label} is not ${labelId}`);
      if (box.x1 < 0 || box.y1 < 0 || box.x2 > 160 || box.y2 > 120) t.fail('a box leaves the picture');
      if (box.x2 <= box.x1 || box.y2 <= box.y1) t.fail('a box is empty');
      if (visible < UNSURE_VISIBLE || visible > 1) t.fail(`visible ${visible}`);
      labels.add(label);
    }
    const demanded = ({ visible, box }: (typeof truth)[number]) =>
      visible >= TRUTH_VISIBLE && Math.min(box.x2 - box.x1, box.y2 - box.y1) >= TRUTH_SIDE * 120;
    t.ok(truth.every(demanded) && !unsure.some(demanded), `seed ${seed}`);
    truths += truth.length;
    unsures += unsure.length;
  }
  t.strictSame([...labels].sort(), [...SHAPE_LABELS].sort(), 'every class occurs');
  t.ok(truths > 300 && unsures > 0, `${truths} and ${unsures}`);
});

t.test('there are as many objects as asked for, none if none', async (t) => {
  t.strictSame(new Scene({ seed: 1, ...SIZE, objects: 0 }).draw(0).truth, []);
  for (let seed = 0; seed < 20; seed += 1) {
    const { truth, unsure } = new Scene({ seed, ...SIZE, objects: 3 }).draw(0);
    t.ok(truth.length + unsure.length <= 3);
  }
});

t.test('plain scenes hold a few large shapes that can be seen', async (t) => {
  let smallest = 120;
  let truths = 0;
  for (let seed = 0; seed < 60; seed += 1) {
    const { truth, unsure } = new Scene({ seed, ...SIZE, plain: true }).draw(seed / 7);
    t.ok(truth.length + unsure.length <= 3);
    truths += truth.length;
    for (const { box } of truth) smallest = Math.min(smallest, box.x2 - box.x1, box.y2 - box.y1);
  }
  t.ok(truths > 170, `${truths} of 180 are demanded`);
  t.ok(smallest > 0.1 * 120, `none is small: ${smallest}`);
  const asked = new Scene({ seed: 1, ...SIZE, plain: true, objects: 6 }).draw(0);
  t.equal(asked.truth.length + asked.unsure.length, 6);
});

t.test('shapes move between frames and change at a cut', async (t) => {
  const scene = new Scene({ seed: 11, ...SIZE, objects: 1, cutSeconds: 3 });
  const [before] = scene.draw(1).truth;
  const [after] = scene.draw(1.04).truth;
  t.ok(before !== undefined && after !== undefined);
  t.equal(after?.label, before?.label);
  t.notSame(after?.box, before?.box);
  t.ok(Math.abs((after?.box.x1 ?? 0) - (before?.box.x1 ?? 0)) < 8, 'by little');
  t.notSame(scene.draw(2.99).data.slice(0, 3000), scene.draw(3).data.slice(0, 3000));
});

t.test('without cuts the background stays', async (t) => {
  const scene = new Scene({ seed: 3, ...SIZE, objects: 0, cutSeconds: 0 });
  const near = (a: Uint8Array, b: Uint8Array) => {
    let sum = 0;
    for (let i = 0; i < a.length; i += 1) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
    return sum / a.length;
  };
  t.ok(near(scene.draw(0).data, scene.draw(500).data) < 45, 'but for light and noise');
});

t.test('any size can be drawn', async (t) => {
  for (const [width, height] of [
    [32, 32],
    [33, 77],
    [401, 57],
    [1280, 720],
  ] as const) {
    const drawing = new Scene({ seed: 2, width, height }).draw(0.4);
    t.equal(drawing.data.length, width * height * 3);
  }
});

t.test('what cannot be drawn is refused', async (t) => {
  for (const wrong of [
    { width: 0 },
    { width: 31 },
    { height: 100.5 },
    { width: 20_000 },
    { height: Number.NaN },
    { objects: -1 },
    { objects: 65 },
    { objects: 1.5 },
    { cutSeconds: -1 },
    { cutSeconds: Number.POSITIVE_INFINITY },
  ])
    t.throws(() => new Scene({ seed: 1, ...SIZE, ...wrong }), RangeError);
});
