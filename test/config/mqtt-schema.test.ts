import t from 'tap';
import { mqtt, TOPIC } from '../../dist/config/mqtt-schema.js';

t.test('without a word about it the broker is our own', async (t) => {
  t.match(mqtt.parse({}), { broker: 'embedded', base: 'detectd', format: 'json', session_expiry_s: 0 });
});

t.test('one broker, or several in order', async (t) => {
  t.equal(mqtt.parse({ broker: 'mqtts://a:8883' }).broker, 'mqtts://a:8883');
  t.same(mqtt.parse({ broker: ['mqtt://a', 'wss://b/mqtt'] }).broker, ['mqtt://a', 'wss://b/mqtt']);
  for (const broker of [[], ['embedded'], 'http://a', ['mqtt://a', 'b'], Array(9).fill('mqtt://a')])
    t.notOk(mqtt.safeParse({ broker }).success, JSON.stringify(broker));
});

t.test('topics hold no wildcards, and neither begin nor end with a slash', async (t) => {
  for (const topic of ['detectd', 'site/7/detectd']) t.match(topic, TOPIC);
  for (const topic of ['', '/a', 'a/', '$SYS', 'a/+', '#', 'a b', 'x'.repeat(201)]) t.notMatch(topic, TOPIC);
});
