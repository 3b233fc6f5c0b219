import t from 'tap';
import { ForeignVoice } from '../../dist/publish/foreign-voice.js';
import { PayloadCodec } from '../../dist/publish/payload-codec.js';
import { RetainedState } from '../../dist/publish/retained-state.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { mqttConfig } from '../helpers/mqtt-config.js';

function voice(connected = true) {
  const broker = new BrokerDouble();
  const notes: string[] = [];
  const retained = new RetainedState({ refused: () => {} });
  if (connected) retained.connected(broker);
  const made = new ForeignVoice({
    ...{ codec: new PayloadCodec(mqttConfig({ format: 'cbor' })), expiryS: 10, retained },
    retain: (...latest) => void retained.set(...latest),
    connection: () => (connected ? broker : undefined),
    note: (fault) => notes.push(fault),
  });
  const sent = () =>
    broker.sent.splice(0).map(({ topic, payload, options }) => ({ topic, payload, ...options }));
  return { made, broker, retained, notes, sent };
}

const json = { contentType: 'application/json', payloadFormatIndicator: true };

t.test('frames are sent as they are and expire', async (t) => {
  const { made, sent } = voice();
  made.pass('deepstream', '{"id":"1"}');
  t.same(sent(), [
    {
      ...{ topic: 'deepstream', payload: '{"id":"1"}', qos: 0, retain: false },
      properties: { messageExpiryInterval: 10, ...json },
    },
  ]);
  t.match(made, { published: 1, dropped: 0 });
});

t.test('frames that nobody takes are dropped and counted', async (t) => {
  const away = voice(false);
  away.made.pass('deepstream', '{}');
  t.match(away.made, { published: 0, dropped: 1 });
  const { made, broker, notes, sent } = voice();
  broker.maxPacketBytes = 1400;
  made.pass('deepstream', 'x'.repeat(1000));
  broker.bufferedBytes = 1e9;
  made.pass('deepstream', '{}');
  t.same(sent(), []);
  t.match(made, { published: 0, dropped: 2 });
  t.match(notes, [/larger than the MQTT broker allows/, /too slowly/]);
});

t.test('events are acknowledged, unless too many are under way', async (t) => {
  const { made, broker, sent } = voice();
  made.event('frigate/events', { type: 'new' });
  broker.inFlight = broker.maxInFlight;
  made.event('frigate/events', { type: 'end' });
  t.match(sent(), [
    { payload: '{"type":"new"}', qos: 1, properties: json },
    { payload: '{"type":"end"}', qos: 0 },
  ]);
});

t.test('the latest is said again to the next connection, until it is taken away', async (t) => {
  const { made, retained, sent } = voice();
  made.publish('config', '{}');
  made.publish('count', '1', false);
  made.publish('gone', '1');
  t.match(sent(), [
    { topic: 'config', retain: true },
    { topic: 'count', retain: false },
    { topic: 'gone', retain: true },
  ]);
  made.remove('count', false);
  made.remove('gone', true);
  t.match(sent(), [{ topic: 'gone', payload: '', retain: true }], 'nothing is said on what is not retained');
  const next = new BrokerDouble();
  retained.disconnected();
  retained.connected(next);
  t.same(next.topics(), ['config']);
});
