/** How many of each label there are: steady where detections flicker, told when it changes. */
import t from 'tap';
import { type CameraCounts, Counts, countsPayload } from '../../dist/publish/counts.js';
import { frameResult } from '../helpers/frame-result.js';
import { schemaFaults } from '../helpers/payload-check.js';

function frame(labels: string[], camera = 'gate') {
  const box = { x1: 0, y1: 0, x2: 1, y2: 1 };
  return frameResult({
    camera,
    detections: labels.map((label, labelId) => ({ label, labelId, score: 0.9, box })),
  });
}

/** What was told of whole cameras. */
const labelsOf = (told: readonly [string, CameraCounts][]) =>
  told.map(([camera, { labels }]) => [camera, labels] as const);

t.test('the most in one frame counts, not the last and not the sum', (t) => {
  const counts = new Counts();
  counts.frame(frame(['person', 'car', 'person']));
  counts.frame(frame(['person', 'dog']));
  counts.frame(frame([]));
  t.strictSame(labelsOf(counts.changed()), [['gate', { car: 1, dog: 1, person: 2 }]]);
  t.end();
});

t.test('it is told when it changes, and nothing at all is told too', (t) => {
  const counts = new Counts();
  counts.frame(frame([]));
  t.strictSame(labelsOf(counts.changed()), [['gate', {}]], 'for the first time');
  counts.frame(frame([]));
  t.strictSame(labelsOf(counts.changed()), []);
  counts.frame(frame(['car']));
  t.strictSame(labelsOf(counts.changed()), [['gate', { car: 1 }]]);
  counts.frame(frame(['car']));
  t.strictSame(labelsOf(counts.changed()), []);
  counts.frame(frame(['person']));
  t.strictSame(labelsOf(counts.changed()), [['gate', { person: 1 }]], 'as many, but of another');
  counts.frame(frame([]));
  t.strictSame(labelsOf(counts.changed()), [['gate', {}]]);
  t.end();
});

t.test('a second without a frame says nothing', (t) => {
  const counts = new Counts();
  counts.frame(frame(['car']));
  counts.changed();
  t.strictSame(labelsOf(counts.changed()), []);
  t.strictSame(labelsOf(counts.told()), [['gate', { car: 1 }]]);
  t.end();
});

t.test('a camera through which nobody watches has nothing', (t) => {
  const counts = new Counts();
  t.ok(counts.blind('gate'), 'an earlier start may have told of something');
  t.strictSame(labelsOf(counts.told()), [['gate', {}]]);
  counts.frame(frame(['car']));
  t.notOk(counts.blind('gate'), 'it was not told');
  counts.frame(frame(['car']));
  counts.changed();
  t.ok(counts.blind('gate'));
  t.notOk(counts.blind('gate'), 'once');
  t.strictSame(labelsOf(counts.told()), [['gate', {}]]);
  t.strictSame(labelsOf(counts.changed()), []);
  counts.forget('gate');
  t.strictSame(labelsOf(counts.told()), []);
  t.end();
});

t.test('cameras and labels are bounded, and any label is only a label', (t) => {
  const counts = new Counts();
  for (let index = 0; index < 2000; index += 1) counts.frame(frame(['car'], `c${index}`));
  t.equal(counts.changed().length, 1024);
  const many = new Counts();
  many.frame(frame(Array.from({ length: 5000 }, (_, index) => `l${index}`)));
  t.equal(Object.keys(many.changed()[0]?.[1].labels ?? {}).length, 256);
  const odd = new Counts();
  odd.frame(frame(['__proto__', 'constructor', '']));
  const [[, labels] = []] = labelsOf(odd.changed());
  t.strictSame(Object.keys(labels ?? {}), ['', '__proto__', 'constructor']);
  t.end();
});

t.test('the message fits its schema', (t) => {
  const source = { device: 'dock-3', bootId: '7f3c', camera: 'gate', nowWallMs: 0 };
  const payload = countsPayload({ ...source, counts: { labels: { person: 2 }, zones: {}, lines: {} } });
  t.strictSame(schemaFaults('counts', payload), []);
  t.match(payload, { camera: 'gate', labels: { person: 2 }, zones: {}, ts: '1970-01-01T00:00:00.000Z' });
  t.end();
});

t.test('zones have counts of their own, of what is followed into them', (t) => {
  const counts = new Counts();
  const box = { x1: 0, y1: 0, x2: 1, y2: 1 };
  const seen = (zones: string[][]) =>
    counts.frame({
      camera: 'gate',
      detections: zones.map((each) => ({ label: 'person', labelId: 0, score: 0.9, box, zones: each })),
    });
  seen([['bay'], ['bay', 'door'], []]);
  seen([['bay']]);
  t.match(counts.changed(), [
    ['gate', { labels: { person: 3 }, zones: { bay: { person: 2 }, door: { person: 1 } } }],
  ]);
  seen([[], [], []]);
  t.strictSame(counts.changed(), [
    ['gate', { labels: { person: 3 }, zones: { bay: {}, door: {} }, lines: {} }],
  ]);
  t.end();
});

t.test('crossings of lines are counted on, whether anybody is seen or not', (t) => {
  const counts = new Counts();
  const cross = (line: string, direction: 'in' | 'out') =>
    counts.track({ camera: 'gate', moment: { type: 'line_cross', line, direction } });
  cross('door', 'in');
  cross('door', 'in');
  cross('door', 'out');
  counts.track({ camera: 'gate', moment: { type: 'zone_enter', zone: 'bay' } });
  counts.frame(frame([]));
  t.strictSame(counts.changed(), [['gate', { labels: {}, zones: {}, lines: { door: { in: 2, out: 1 } } }]]);
  t.strictSame(counts.blind('gate'), undefined, 'nothing else is to be told of a camera that is gone');
  cross('door', 'out');
  t.strictSame(counts.blind('gate'), { labels: {}, zones: {}, lines: { door: { in: 2, out: 2 } } });
  t.end();
});
