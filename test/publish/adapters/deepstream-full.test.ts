import t from 'tap';
import { outputs } from '../../../dist/config/output-schema.js';
import {
  deepstreamFull,
  deepstreamPlace,
  deepstreamSensor,
} from '../../../dist/publish/adapters/deepstream-full.js';
import { DEEPSTREAM_FULL, shapeOf } from '../../helpers/foreign-shapes.js';
import { frameResult } from '../../helpers/frame-result.js';

const { deepstream } = outputs.parse({
  deepstream: {
    sensors: { gate: { id: 'G1', coordinate: [5.2, 10.1, 11.2] } },
    place: { sub_field: ['1', 'walsh', 'P2'] },
  },
});
const facts = {
  place: deepstreamPlace(deepstream.place, 'dock-3'),
  sensor: deepstreamSensor(deepstream.sensors['gate'], 'gate'),
  capturedMs: 0,
};
const box = { x1: 10.9, y1: 20.9, x2: 100.9, y2: 200.9 };
const car = { label: 'car', labelId: 2, score: 0.91239, box };

t.test('an object has the fields of the full schema', async (t) => {
  const [message, ...others] = deepstreamFull(frameResult({ detections: [car] }), facts);
  t.same(others, []);
  t.same(shapeOf(message), DEEPSTREAM_FULL);
  t.match(message, {
    ...{ mdsversion: '1.0', '@timestamp': '1970-01-01T00:00:00.000Z', videoPath: '' },
    place: { id: 'dock-3', name: 'dock-3', 'place-sub-field': { id: '1', name: 'walsh', level: 'P2' } },
    sensor: { id: 'G1', type: 'Camera', coordinate: { x: 5.2, y: 10.1, z: 11.2 } },
    analyticsModule: { id: 'people', source: 'detectd', version: '1.2' },
    object: {
      car: { confidence: 0.9124 },
      bbox: { topleftx: 10, toplefty: 20, bottomrightx: 100, bottomrighty: 200 },
    },
  });
});

t.test('there is one message for each, and none for an empty frame', async (t) => {
  const messages = deepstreamFull(frameResult({}, 3), facts);
  t.equal(new Set(messages.flatMap(({ messageid, event }) => [messageid, event.id])).size, 6);
  t.same(deepstreamFull(frameResult({}, 0), facts), []);
});

t.test('a label that is the name of a field hides none', async (t) => {
  for (const label of ['bbox', '__proto__', 'id']) {
    const [message] = deepstreamFull(frameResult({ detections: [{ ...car, label }] }), facts);
    const { object } = JSON.parse(JSON.stringify(message));
    t.type(object.id, 'string');
    t.equal(object.bbox.topleftx, 10);
    t.equal(Object.keys(object).length, 8, `${label} is there, too`);
  }
});

t.test('a camera of which nothing was said is told by its name', async (t) => {
  t.match(deepstreamSensor(undefined, 'lane'), {
    id: 'lane',
    type: 'Camera',
    location: { lat: 0, lon: 0, alt: 0 },
  });
});
