import t from 'tap';
import { outputs } from '../../dist/config/output-schema.js';

t.test(
  'a camera has facts only where they are given, each with what the converter writes without',
  async (t) => {
    const { deepstream } = outputs.parse({
      deepstream: { sensors: { gate: { id: 'G1', location: [45.99, 35.54, 79.03] } } },
    });
    t.match(deepstream, { enabled: false, topic: 'deepstream', schema: 'minimal', every: 1 });
    t.same(deepstream.sensors, {
      gate: {
        ...{ id: 'G1', type: 'Camera', description: '', location: [45.99, 35.54, 79.03] },
        coordinate: [0, 0, 0],
      },
    });
    t.same(deepstream.place, {
      type: '',
      location: [0, 0, 0],
      coordinate: [0, 0, 0],
      sub_field: ['', '', ''],
    });
  },
);

t.test('what is no place is refused', async (t) => {
  const wrong = [
    { place: { location: [1, 2] } },
    { place: { location: [1, 2, Number.POSITIVE_INFINITY] } },
    { sensors: { gate: { kind: 'Camera' } } },
    { sensors: { gate: { id: '' } } },
  ];
  for (const deepstream of wrong)
    t.notOk(outputs.safeParse({ deepstream }).success, JSON.stringify(deepstream));
});
