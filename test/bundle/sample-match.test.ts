/** Detections against expected ones. */
import t from 'tap';
import { matchSample } from '../../dist/bundle/sample-match.js';
import type { SampleDetection } from '../../dist/bundle/samples.js';
import type { Detection } from '../../dist/core/detection.js';

function wanted(x: number, score = 0.9, change: Partial<SampleDetection> = {}): SampleDetection {
  return { label: 'dog', label_id: 1, score, box: [x, 10, x + 20, 30], ...change };
}

function found(x: number, score = 0.9, change: Partial<Detection> = {}): Detection {
  return { label: 'dog', labelId: 1, score, box: { x1: x, y1: 10, x2: x + 20, y2: 30 }, ...change };
}

t.test('what agrees is counted, with the largest differences', async (t) => {
  const match = matchSample([wanted(10), wanted(50, 0.8)], [found(50.5, 0.805), found(10.25)], 0.4);
  t.match(match, { matched: 2, missing: [], extra: [], worstPixels: 0.5 });
  t.ok(Math.abs(match.worstScore - 0.005) < 1e-9);
});

t.test('another place, class, label or score is another object', async (t) => {
  for (const other of [
    found(11.5),
    found(10, 0.95),
    found(10, 0.9, { labelId: 2 }),
    found(10, 0.9, { label: 'cat' }),
  ]) {
    const match = matchSample([wanted(10)], [other], 0.4);
    t.match(match, { matched: 0, missing: [wanted(10)], extra: [other], worstPixels: 0 });
  }
});

t.test('each is found once', async (t) => {
  t.match(matchSample([wanted(10), wanted(10)], [found(10)], 0.4), { matched: 1, missing: [wanted(10)] });
  t.equal(matchSample([wanted(10)], [found(10), found(10.1)], 0.4).extra.length, 1);
});

t.test('of two that would do the nearer is taken', async (t) => {
  const match = matchSample([wanted(10)], [found(10.9), found(10.1)], 0.4);
  t.ok(match.worstPixels < 0.2);
});

t.test('at the threshold a detection may be there or not', async (t) => {
  t.match(matchSample([wanted(10, 0.41)], [], 0.4), { missing: [] });
  t.match(matchSample([], [found(10, 0.41)], 0.4), { extra: [] });
});

t.test('large boxes may be further off', async (t) => {
  const large = wanted(0, 0.9, { box: [0, 0, 500, 100] });
  const near = found(0, 0.9, { box: { x1: 8, y1: 0, x2: 500, y2: 100 } });
  t.equal(matchSample([large], [near], 0.4).matched, 1);
});
