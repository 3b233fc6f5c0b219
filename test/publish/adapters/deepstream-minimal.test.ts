import t from 'tap';
import { deepstreamMinimal, UNTRACKED } from '../../../dist/publish/adapters/deepstream-minimal.js';
import { DEEPSTREAM_MINIMAL, shapeOf } from '../../helpers/foreign-shapes.js';
import { frameResult } from '../../helpers/frame-result.js';

const at = { sensorId: 'GATE_7', capturedMs: Date.UTC(2026, 8, 14, 8, 21, 4, 512) };

t.test('a frame has the fields of the minimal schema', async (t) => {
  const message = deepstreamMinimal(frameResult({ sequence: 42 }), at);
  t.same(shapeOf(message), DEEPSTREAM_MINIMAL);
  t.match(message, {
    version: '4.0',
    id: '42',
    '@timestamp': '2026-09-14T08:21:04.512Z',
    sensorId: 'GATE_7',
  });
});

t.test('each object is a line of id, left, top, right, bottom and label', async (t) => {
  const box = { x1: -5, y1: 48.26, x2: 320.04, y2: 9999 };
  const detections = [
    { label: 'car|#|red', labelId: 2, score: 0.9, box, trackId: 'gate-7f3c0a11-12' },
    { label: 'person', labelId: 0, score: 0.5, box: { x1: Number.NaN, y1: 0, x2: 1, y2: 1 } },
  ];
  const { objects } = deepstreamMinimal(frameResult({ detections }), at);
  t.same(objects, [`${(0x7f3c0a11n << 32n) | 12n}|0|48.3|320|480|car_#_red`, `${UNTRACKED}|0|0|1|1|person`]);
  for (const line of objects) t.equal(line.split('|').length, 6);
});

t.test('a frame without objects is told, too', async (t) => {
  t.same(deepstreamMinimal(frameResult({}, 0), at).objects, []);
});
