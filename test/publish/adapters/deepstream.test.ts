import t from 'tap';
import { outputs } from '../../../dist/config/output-schema.js';
import { DeepstreamForm } from '../../../dist/publish/adapters/deepstream.js';
import { frameResult } from '../../helpers/frame-result.js';

function form(deepstream: object) {
  const sent: { topic: string; message: { id?: string; sensorId?: string; sensor?: { id: string } } }[] = [];
  const settings = outputs.parse({ deepstream: { enabled: true, ...deepstream } }).deepstream;
  const made = new DeepstreamForm(settings, 'dock-3', (topic, text) =>
    sent.push({ topic, message: JSON.parse(text) }),
  );
  return { made, sent };
}

t.test('of so many frames of each camera the first is told', async (t) => {
  const { made, sent } = form({ every: 3 });
  for (let sequence = 0; sequence < 7; sequence += 1)
    for (const camera of ['gate', 'lane']) made.frame(frameResult({ camera, sequence }), 0);
  const told = sent.map(({ message }) => `${message.sensorId} ${message.id}`);
  t.same(told, ['gate 0', 'lane 0', 'gate 3', 'lane 3', 'gate 6', 'lane 6']);
});

t.test('topics and sensors are those of the camera', async (t) => {
  const { made, sent } = form({
    topic: 'ds/{device}/{camera}',
    schema: 'full',
    sensors: { gate: { id: 'G1' } },
  });
  made.frame(frameResult({}, 2), 0);
  made.frame(frameResult({ camera: 'constructor' }, 1), 0);
  t.same(
    sent.map(({ topic, message }) => `${topic} ${message.sensor?.id}`),
    ['ds/dock-3/gate G1', 'ds/dock-3/gate G1', 'ds/dock-3/constructor constructor'],
  );
});
