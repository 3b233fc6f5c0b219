/** The entities of the device as a whole. */
import t from 'tap';
import { deviceComponents } from '../../../dist/publish/home-assistant/device-components.js';
import { statusSchema } from '../../../dist/publish/schemas/status-schema.js';
import { Topics } from '../../../dist/publish/topics.js';
import { homeAssistantFacts } from '../../helpers/home-assistant.js';

const topics = new Topics('detectd', 'dock-3');
const components = (change: Parameters<typeof homeAssistantFacts>[0] = {}) =>
  deviceComponents({ facts: homeAssistantFacts(change), topics, id: 'x', announced: new Set() });

t.test('whether it is there is known when it is not there, too', (t) => {
  const { connectivity } = components();
  t.strictSame(connectivity?.availability, []);
  t.match(connectivity, { state_topic: 'detectd/dock-3/status', device_class: 'connectivity' });
  t.end();
});

t.test('the states are those of the schema', (t) => {
  t.strictSame(components()['state']?.['options'], [...statusSchema.shape.state.options]);
  t.end();
});

t.test('figures have units and are diagnostic', (t) => {
  t.match(components()['temperature'], {
    device_class: 'temperature',
    unit_of_measurement: '°C',
    state_class: 'measurement',
    entity_category: 'diagnostic',
    state_topic: 'detectd/dock-3/health',
  });
  t.end();
});

t.test('buttons are there where their commands are obeyed', (t) => {
  t.match(components()['reload'], { command_topic: 'detectd/dock-3/cmd/reload', payload_press: '{}' });
  t.match(components()['recycle'], { command_topic: 'detectd/dock-3/cmd/recycle', device_class: 'restart' });
  const without = components({ commands: ['ping'] });
  t.notOk('reload' in without || 'recycle' in without);
  t.end();
});

t.test('events have types, and one for those to come', (t) => {
  const types = components()['events']?.['event_types'];
  t.match(types, ['started', 'device-state']);
  t.ok(Array.isArray(types) && types.includes('other'));
  t.end();
});
