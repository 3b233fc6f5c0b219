import t from 'tap';
import { outputs } from '../../../dist/config/output-schema.js';
import { FrigateForm } from '../../../dist/publish/adapters/frigate.js';
import { trackEvent } from '../../helpers/track-event.js';

function form(frigate: object = {}) {
  const said: string[] = [];
  const events: { topic: string; type: unknown }[] = [];
  const settings = outputs.parse({ frigate: { enabled: true, ...frigate } }).frigate;
  const made = new FrigateForm(settings, 'dock-3', {
    say: (topic, text, retain) => said.push(`${topic} ${text}${retain ? ' retained' : ''}`),
    unsay: (beginning) => said.push(`nothing on ${beginning}`),
    event: (topic, payload) => events.push({ topic, type: Reflect.get(payload, 'type') }),
  });
  return { made, said, events };
}

t.test('a camera has states and counts', async (t) => {
  const { made, said } = form({ labels: ['person'] });
  made.camera('gate', 'connecting');
  t.same(said.splice(0), [
    ...[
      'frigate/gate/person 0',
      'frigate/gate/person/active 0',
      'frigate/gate/all 0',
      'frigate/gate/all/active 0',
    ],
    ...['frigate/gate/enabled/state ON retained', 'frigate/gate/detect/state ON retained'],
    'frigate/gate/status/detect offline',
  ]);
  made.camera('gate', 'online');
  t.equal(said.splice(0).at(-1), 'frigate/gate/status/detect online');
  made.camera('gate', 'disabled');
  t.match(said.splice(0), [/enabled\/state OFF/, /detect\/state OFF/, /status\/detect disabled/]);
  made.forget('gate');
  t.same(said.splice(0), ['nothing on frigate/gate/']);
});

t.test('an object has events and is counted', async (t) => {
  const { made, said, events } = form({ topic: 'frigate/{device}' });
  t.equal(made.available, 'frigate/dock-3/available');
  made.camera('gate', 'online');
  said.splice(0);
  for (const type of ['new', 'update', 'end'] as const)
    made.track(trackEvent({ type, label: 'a/b' }), () => 0);
  t.same(
    events,
    ['new', 'update', 'end'].map((type) => ({ topic: 'frigate/dock-3/events', type })),
  );
  t.same(
    said.filter((line) => line.includes('a_b')),
    [
      ...['frigate/dock-3/gate/a_b 1', 'frigate/dock-3/gate/a_b/active 1'],
      ...['frigate/dock-3/gate/a_b 0', 'frigate/dock-3/gate/a_b/active 0'],
    ],
  );
});

t.test('labels that are not wanted are not told', async (t) => {
  const { made, events } = form({ labels: ['person'] });
  made.camera('gate', 'online');
  made.track(trackEvent({ label: 'car' }), () => 0);
  t.same(events, []);
});
