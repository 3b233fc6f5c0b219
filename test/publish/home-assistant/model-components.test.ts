/** The entities of models. What their template makes of messages is tried with the real program, in test/e2e. */
import t from 'tap';
import { modelComponents } from '../../../dist/publish/home-assistant/model-components.js';
import { Topics } from '../../../dist/publish/topics.js';
import { homeAssistantFacts } from '../../helpers/home-assistant.js';

t.test('each model has its versions', (t) => {
  const facts = homeAssistantFacts({ models: ['people', 'cars'] });
  const found = modelComponents({
    facts,
    topics: new Topics('detectd', 'dock-3'),
    id: 'x',
    announced: new Set(),
  });
  t.strictSame(Object.keys(found), ['model.people.update', 'model.cars.update']);
  t.match(found['model.cars.update'], {
    platform: 'update',
    unique_id: 'x_model.cars.update',
    state_topic: 'detectd/dock-3/models/cars/state',
  });
  t.end();
});
