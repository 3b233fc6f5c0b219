import t from 'tap';
import { homeAssistant, outbox, outputs } from '../../dist/config/output-schema.js';

t.test('without a word about it events are stored, and nobody else is imitated', async (t) => {
  t.match(outbox.parse({}), { enabled: true, store: ['events', 'tracks'], max_mb: 64, max_age_h: 168 });
  const { detections, frigate, deepstream, dlstreamer } = outputs.parse({});
  t.ok(detections);
  for (const other of [frigate, deepstream, dlstreamer]) t.notOk(other.enabled);
  t.match(homeAssistant.parse({}), { enabled: false, prefix: 'homeassistant' });
});

t.test('limits without sense and misspelt keys are refused', async (t) => {
  for (const wrong of [{ max_mb: 0 }, { max_age_h: 0 }, { sync_s: -1 }, { store: ['all'] }, { maxmb: 3 }])
    t.notOk(outbox.safeParse(wrong).success, JSON.stringify(wrong));
  for (const wrong of [{ frigate: { topic: 'a/#' } }, { deepstream: { every: 0 } }, { kafka: {} }])
    t.notOk(outputs.safeParse(wrong).success, JSON.stringify(wrong));
});

t.test('topics may hold the names that they are about, and no others', async (t) => {
  t.equal(
    outputs.parse({ deepstream: { topic: 'a/{device}/{camera}' } }).deepstream.topic,
    'a/{device}/{camera}',
  );
  t.ok(outputs.safeParse({ frigate: { topic: 'frigate-{device}' } }).success);
  for (const topic of ['{camera}', '{device', 'a}', '{model}'])
    t.notOk(outputs.safeParse({ frigate: { topic } }).success, topic);
});
