import t from 'tap';
import { outputs } from '../../../dist/config/output-schema.js';
import { DlstreamerForm, dlstreamerFrame } from '../../../dist/publish/adapters/dlstreamer.js';
import { DLSTREAMER, shapeOf } from '../../helpers/foreign-shapes.js';
import { frameResult } from '../../helpers/frame-result.js';

const box = { x1: 64.4, y1: 48.6, x2: 320, y2: 700 };
const car = { label: 'car', labelId: 2, score: 0.91239, box, trackId: 'gate-7f3c0a11-12' };
const facts = { device: 'dock-3', firstUs: 400_000, capturedMs: 0 };

t.test('a frame has the fields of the converter', async (t) => {
  const message = dlstreamerFrame(frameResult({ detections: [car] }), facts);
  t.same(shapeOf(message), DLSTREAMER);
  t.match(message, {
    resolution: { width: 640, height: 480 },
    ...{ source: 'gate', timestamp: 600_000_000, system_timestamp: '1970-01-01T00:00:00.000Z' },
    objects: [
      {
        ...{ x: 64, y: 49, w: 256, h: 431, region_id: 1, id: 12, roi_type: 'car' },
        detection: {
          confidence: 0.9124,
          label_id: 2,
          bounding_box: { x_min: 0.10063, x_max: 0.5, y_max: 1 },
        },
      },
    ],
  });
});

t.test('an object that is not followed has no id, an empty frame no objects', async (t) => {
  const [region] = dlstreamerFrame(frameResult(), facts).objects ?? [];
  t.notOk(region === undefined || 'id' in region);
  t.notOk('objects' in dlstreamerFrame(frameResult({}, 0), facts));
});

t.test('empty frames are told where that is wanted; time begins with the first picture', async (t) => {
  for (const empty of [false, true]) {
    const sent: [string, { timestamp: number }][] = [];
    const { dlstreamer } = outputs.parse({ dlstreamer: { enabled: true, empty, topic: 'dls/{camera}' } });
    const form = new DlstreamerForm(dlstreamer, 'dock-3', (topic, text) =>
      sent.push([topic, JSON.parse(text)]),
    );
    form.frame(frameResult({ capturedAtUs: 5_000_000 }, 0), 0);
    form.frame(frameResult({ capturedAtUs: 5_000_001 }), 0);
    const times = sent.map(([topic, { timestamp }]) => `${topic} ${timestamp}`);
    t.same(times, empty ? ['dls/gate 0', 'dls/gate 1000'] : ['dls/gate 1000']);
  }
});
