import t, { type Test } from 'tap';
import { outputs } from '../../../dist/config/output-schema.js';
import { OutputDesk } from '../../../dist/publish/adapters/output-desk.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { frameResult } from '../../helpers/frame-result.js';
import { logLines } from '../../helpers/log-lines.js';
import { mqttConfig } from '../../helpers/mqtt-config.js';
import { trackEvent } from '../../helpers/track-event.js';

function desk(t: Test) {
  const clock = new FakeClock({ monotonicUs: 10_000_000, wallMs: 1_000_000 });
  const heard: string[] = [];
  const texts: string[] = [];
  const made = new OutputDesk({
    ...{ clock, log: logLines().log },
    voice: {
      pass: (topic, text) => {
        heard.push(`frame ${topic}`);
        texts.push(text);
      },
      say: (topic, text, retain) => heard.push(`${topic} ${text}${retain ? ' retained' : ''}`),
      unsay: (topic) => heard.push(`no ${topic}`),
      event: (topic, payload) => {
        heard.push(`event ${topic}`);
        texts.push(JSON.stringify(payload));
      },
    },
  });
  t.teardown(() => made.leave());
  // Nobody listens there: what is said goes through the voice.
  const broker = { mqtt: mqttConfig({ broker: 'mqtt://127.0.0.1:9' }), device: 'dock-3', urls: () => [] };
  const next = () => heard.splice(0);
  return { made, broker, next, texts };
}

t.test('nothing is told unless it is wanted', async (t) => {
  const { made, broker, next } = desk(t);
  t.ok(made.own, 'detections are told before anything is known');
  await made.configure(outputs.parse({}));
  await made.connect(broker);
  made.frame(frameResult());
  made.track(trackEvent());
  made.camera('gate', 'online');
  made.forget('gate');
  t.same(next(), []);
  t.ok(made.own);
  t.same(made.services, []);
  await made.configure(outputs.parse({ detections: false }));
  t.notOk(made.own);
});

t.test('frames and objects are told with the time of their picture', async (t) => {
  const { made, broker, next, texts } = desk(t);
  const on = { enabled: true };
  await made.configure(outputs.parse({ deepstream: on, dlstreamer: on, frigate: on }));
  await made.connect(broker);
  made.frame(frameResult({ capturedAtUs: 9_500_000 }));
  t.same(next(), ['frame deepstream', 'frame dlstreamer']);
  const [minimal = '', frame = ''] = texts.splice(0);
  t.equal(JSON.parse(minimal)['@timestamp'], '1970-01-01T00:16:39.500Z');
  t.equal(JSON.parse(frame).system_timestamp, '1970-01-01T00:16:39.500Z');
  made.track(trackEvent({ startUs: 8_000_000, seenUs: 9_750_000 }));
  t.same(next(), ['event frigate/events']);
  t.match(JSON.parse(texts[0] ?? ''), { after: { start_time: 998, frame_time: 999.75 } });
  t.same(
    made.services.map(({ name }) => name),
    ['frigate'],
  );
});

t.test('another broker hears the states at once; one that is not wanted any more keeps none', async (t) => {
  const { made, broker, next } = desk(t);
  await made.configure(outputs.parse({ frigate: { enabled: true } }));
  await made.connect(broker);
  made.camera('gate', 'online');
  const said = next();
  t.ok(said.includes('frigate/gate/enabled/state ON retained'));
  await made.leave();
  await made.connect(broker);
  t.same(next().sort(), [...said].sort());
  await made.configure(outputs.parse({}));
  t.same(next().sort(), said.map((line) => `no ${line.split(' ')[0]}`).sort());
  made.camera('gate', 'online');
  t.same(next(), []);
});

t.test('a device with another name is another Frigate', async (t) => {
  const { made, broker, next } = desk(t);
  await made.configure(outputs.parse({ frigate: { enabled: true, topic: 'frigate/{device}' } }));
  await made.connect(broker);
  made.camera('gate', 'online');
  next();
  await made.leave();
  await made.connect({ ...broker, device: 'dock-4' });
  const said = next();
  t.ok(said.includes('frigate/dock-4/gate/status/detect online'), 'with the cameras that are known');
  t.notOk(said.some((line) => line.includes('dock-3')));
});

t.test('a picture of the future, or of long ago, has a time that can be written', async (t) => {
  const { made, broker, texts } = desk(t);
  await made.configure(outputs.parse({ deepstream: { enabled: true } }));
  await made.connect(broker);
  for (const capturedAtUs of [1e15, -1e15, Number.NaN]) made.frame(frameResult({ capturedAtUs }));
  for (const text of texts) t.match(JSON.parse(text)['@timestamp'], /^19/);
  t.equal(texts.length, 3);
});

t.test('what others retain is said to every broker until it is taken away', async (t) => {
  const { made, broker, next } = desk(t);
  made.retain('homeassistant/device/dock-3/config', '{}');
  made.retain('gone', '');
  t.same(next(), []);
  await made.connect(broker);
  t.same(next(), ['homeassistant/device/dock-3/config {} retained', 'gone  retained']);
  await made.configure(outputs.parse({}));
  t.same(next(), ['homeassistant/device/dock-3/config {} retained']);
  await made.leave();
  made.retain('homeassistant/device/dock-3/config', '');
  t.same(next(), []);
  await made.connect(broker);
  t.same(next(), ['homeassistant/device/dock-3/config  retained']);
  await made.connect(broker);
  t.same(next(), []);
});
