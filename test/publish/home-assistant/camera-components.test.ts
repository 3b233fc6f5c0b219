/** The entities of cameras, by labels that are wanted and known, and by commands that are obeyed. */
import t from 'tap';
import { cameraComponents } from '../../../dist/publish/home-assistant/camera-components.js';
import { Topics } from '../../../dist/publish/topics.js';
import { homeAssistantFacts } from '../../helpers/home-assistant.js';

function components(change: Parameters<typeof homeAssistantFacts>[0] = {}, announced: string[] = []) {
  const facts = homeAssistantFacts(change);
  const topics = new Topics(facts.base, facts.device);
  return cameraComponents({ facts, topics, id: 'x', announced: new Set(announced) });
}

t.test('a label that is wanted and known has a presence and a count', (t) => {
  const found = components();
  t.match(found['camera.gate.person_occupancy'], {
    platform: 'binary_sensor',
    device_class: 'occupancy',
    state_topic: 'detectd/dock-3/cameras/gate/counts',
    value_template: /value_json\.labels\.get\("person", 0\) > 0/,
    availability_mode: 'all',
  });
  t.match(found['camera.gate.person_count'], { platform: 'sensor', state_class: 'measurement' });
  t.equal(found['camera.gate.person_count']?.availability?.length, 2, 'the device and the camera are there');
  t.notOk('camera.gate.car_count' in found, 'the model does not know it');
  t.notOk('camera.gate.dog_count' in found, 'nobody wants it');
  t.end();
});

t.test('of a model that is not loaded yet what was told before stays', (t) => {
  const found = components({ known: new Map() }, ['camera.gate.car_count', 'camera.other.person_count']);
  t.ok('camera.gate.car_count' in found);
  t.notOk('camera.gate.person_count' in found);
  t.end();
});

t.test('switch, picture and buttons are there where their commands are obeyed', (t) => {
  const found = components();
  t.match(found['camera.gate.detection'], {
    platform: 'switch',
    state_topic: 'detectd/dock-3/cameras/gate/status',
    command_topic: 'detectd/dock-3/cmd/camera',
    payload_off: '{"camera":"gate","enabled":false}',
  });
  t.match(found['camera.gate.picture'], {
    platform: 'camera',
    topic: 'detectd/dock-3/cameras/gate/snapshot',
  });
  t.match(found['camera.gate.snapshot'], { platform: 'button', payload_press: '{"camera":"gate"}' });
  t.strictSame(Object.keys(components({ commands: ['ping'], labels: [] })), [
    'camera.gate.connectivity',
    'camera.gate.fps',
  ]);
  t.end();
});

t.test('objects that come and go are events, of labels that have a count', (t) => {
  const object = components()['camera.gate.object'];
  t.match(object, {
    platform: 'event',
    state_topic: 'detectd/dock-3/cameras/gate/events',
    event_types: ['new', 'end'],
    value_template: /value_json\.label in \["person"\]/,
  });
  for (const change of [{ follows: false }, { labels: [] }, { labels: ['car'] }])
    t.notOk('camera.gate.object' in components(change), JSON.stringify(change));
  t.end();
});
