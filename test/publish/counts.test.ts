/** How many of each label there are: steady where detections flicker, told when it changes. */
import t from 'tap';
import { Counts, countsPayload } from '../../dist/publish/counts.js';
import { frameResult } from '../helpers/frame-result.js';
import { schemaFaults } from '../helpers/payload-check.js';

function frame(labels: string[], camera = 'gate') {
  const box = { x1: 0, y1: 0, x2: 1, y2: 1 };
  return frameResult({
    camera,
    detections: labels.map((label, labelId) => ({ label, labelId, score: 0.9, box })),
  });
}

t.test('the most in one frame counts, not the last and not the sum', (t) => {
  const counts = new Counts();
  counts.frame(frame(['person', 'car', 'person']));
  counts.frame(frame(['person', 'dog']));
  counts.frame(frame([]));
  t.strictSame(counts.changed(), [['gate', { car: 1, dog: 1, person: 2 }]]);
  t.end();
});

t.test('it is told when it changes, and nothing at all is told too', (t) => {
  const counts = new Counts();
  counts.frame(frame([]));
  t.strictSame(counts.changed(), [['gate', {}]], 'for the first time');
  counts.frame(frame([]));
  t.strictSame(counts.changed(), []);
  counts.frame(frame(['car']));
  t.strictSame(counts.changed(), [['gate', { car: 1 }]]);
  counts.frame(frame(['car']));
  t.strictSame(counts.changed(), []);
  counts.frame(frame(['person']));
  t.strictSame(counts.changed(), [['gate', { person: 1 }]], 'as many, but of another');
  counts.frame(frame([]));
  t.strictSame(counts.changed(), [['gate', {}]]);
  t.end();
});

t.test('a second without a frame says nothing', (t) => {
  const counts = new Counts();
  counts.frame(frame(['car']));
  counts.changed();
  t.strictSame(counts.changed(), []);
  t.strictSame(counts.told(), [['gate', { car: 1 }]]);
  t.end();
});

t.test('a camera through which nobody watches has nothing', (t) => {
  const counts = new Counts();
  t.ok(counts.blind('gate'), 'an earlier start may have told of something');
  t.strictSame(counts.told(), [['gate', {}]]);
  counts.frame(frame(['car']));
  t.notOk(counts.blind('gate'), 'it was not told');
  counts.frame(frame(['car']));
  counts.changed();
  t.ok(counts.blind('gate'));
  t.notOk(counts.blind('gate'), 'once');
  t.strictSame(counts.told(), [['gate', {}]]);
  t.strictSame(counts.changed(), []);
  counts.forget('gate');
  t.strictSame(counts.told(), []);
  t.end();
});

t.test('cameras and labels are bounded, and any label is only a label', (t) => {
  const counts = new Counts();
  for (let index = 0; index < 2000; index += 1) counts.frame(frame(['car'], `c${index}`));
  t.equal(counts.changed().length, 1024);
  const many = new Counts();
  many.frame(frame(Array.from({ length: 5000 }, (_, index) => `l${index}`)));
  t.equal(Object.keys(many.changed()[0]?.[1] ?? {}).length, 256);
  const odd = new Counts();
  odd.frame(frame(['__proto__', 'constructor', '']));
  const [[, labels] = []] = odd.changed();
  t.strictSame(Object.keys(labels ?? {}), ['', '__proto__', 'constructor']);
  t.end();
});

t.test('the message fits its schema', (t) => {
  const source = { device: 'dock-3', bootId: '7f3c', camera: 'gate', nowWallMs: 0 };
  const payload = countsPayload({ ...source, labels: { person: 2 } });
  t.strictSame(schemaFaults('counts', payload), []);
  t.match(payload, { camera: 'gate', labels: { person: 2 }, zones: {}, ts: '1970-01-01T00:00:00.000Z' });
  t.end();
});
