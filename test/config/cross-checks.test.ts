/** What no single value shows. */
import t from 'tap';
import { crossChecks } from '../../dist/config/cross-checks.js';

t.test('nonsense of any shape is survived, as the schema reports it', (t) => {
  for (const value of [
    null,
    5,
    'x',
    [],
    { cameras: [] },
    { cameras: { a: 5 } },
    { cameras: { a: { model: [] } } },
    { mqtt: 5 },
    { mqtt: { broker: [], embedded: 7 } },
    { mqtt: { broker: 'tcp://h', embedded: { host: '' } } },
  ]) {
    t.strictSame(crossChecks(value), []);
  }
  t.end();
});

t.test('models are looked up, sources parsed, settings matched with the source', (t) => {
  const found = crossChecks({
    models: { people: {} },
    cameras: {
      good: { source: 'file:a', model: 'people', every_frame: true, loop: true },
      off: { source: 'v4l2:0', model: 'people', every_frame: false },
      bad: { source: 'csi:x', model: 'poeple', loop: true },
      live: { source: 'rtsp://h/a', model: 'toString', loop: true },
    },
  });
  t.strictSame(found, [
    {
      path: ['cameras', 'bad', 'model'],
      at: 'value',
      message: '"cameras.bad.model" names a model that is not under "models"',
      suggestion: 'people',
    },
    {
      path: ['cameras', 'bad', 'source'],
      at: 'value',
      message: '"cameras.bad.source" names no sensor; write csi:0, csi:1, …',
    },
    {
      path: ['cameras', 'live', 'model'],
      at: 'value',
      message: '"cameras.live.model" names a model that is not under "models"',
      suggestion: undefined,
    },
    { path: ['cameras', 'live', 'loop'], at: 'key', message: '"cameras.live.loop" is for file sources only' },
  ]);
  t.end();
});

t.test('a codec is refused where a source cannot have it', (t) => {
  const of = (source: string, codec: string) =>
    crossChecks({ models: { m: {} }, cameras: { c: { source, model: 'm', codec } } }).map(
      ({ message }) => message,
    );
  const allowed: [string, string][] = [
    ['rtsp://h/x', 'h265'],
    ['v4l2:0', 'raw'],
    ['v4l2:0', 'mjpeg'],
    ['http://h/x', 'mjpeg'],
    ['file:a.mp4', 'auto'],
  ];
  for (const [source, codec] of allowed) t.same(of(source, codec), [], `${source} ${codec}`);
  t.same(of('rtsp://h/x', 'raw'), ['"cameras.c.codec" can be raw for v4l2 sources only']);
  t.same(of('http://h/x', 'h264'), ['"cameras.c.codec" can only be mjpeg or auto for an http source']);
  t.same(of('file:a.mp4', 'h264'), ['"cameras.c.codec" is for rtsp, v4l2 and http sources only']);
  t.end();
});

/** Findings as "path (at): message". */
const mqttFindings = (mqtt: object) =>
  crossChecks({ mqtt }).map(({ path, at, message }) => `${path.join('.')} (${at}): ${message}`);

t.test('the embedded broker asks for a whole login, and for one when it is open to a network', (t) => {
  const open = [
    'mqtt.embedded.host (value): "mqtt.embedded.host" opens the broker to the network: set "mqtt.username" and "mqtt.password", or use 127.0.0.1',
  ];
  for (const host of ['0.0.0.0', '::', '192.168.1.7', '2001:db8::1', 'dock.local', '::ffff:10.0.0.1']) {
    t.strictSame(mqttFindings({ embedded: { host } }), open, host);
    t.strictSame(mqttFindings({ embedded: { host }, username: 'u', password: 'p' }), []);
    t.strictSame(mqttFindings({ broker: 'mqtt://h', embedded: { host } }), [], 'it is not used');
  }
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', '0:0:0:0:0:0:0:1', 'localhost', '::ffff:127.0.0.1'])
    t.strictSame(mqttFindings({ embedded: { host } }), [], host);
  t.strictSame(mqttFindings({ username: 'u' }), [
    'mqtt.username (key): "mqtt.username" belongs together with "mqtt.password" for the embedded broker: give both or neither',
  ]);
  t.match(mqttFindings({ broker: 'embedded', password: 'p' }), [/^mqtt\.password \(key\)/]);
  t.strictSame(
    mqttFindings({ broker: 'mqtt://h', username: 'u' }),
    [],
    'another broker may be content with it',
  );
  t.end();
});

t.test('MQTT settings that can never connect are found before they are tried', (t) => {
  t.strictSame(mqttFindings({ protocol: '5' }), [
    'mqtt.protocol (value): "mqtt.protocol" is a version that the embedded broker does not speak; use auto or 3.1.1',
  ]);
  for (const protocol of ['auto', '3.1.1']) t.strictSame(mqttFindings({ protocol }), []);
  t.strictSame(mqttFindings({ broker: 'mqtt://h', protocol: '5' }), []);
  for (const broker of ['mqtt://bob:hunter22@h', 'wss://bob@h/x', 'ws://:hunter22@h'])
    t.strictSame(mqttFindings({ broker }), [
      'mqtt.broker (key): "mqtt.broker" holds credentials; put them into "mqtt.username" and "mqtt.password"',
    ]);
  for (const broker of ['mqtt://h:99999', 'mqtt://[::1', 'mqtts://:8883'])
    t.match(mqttFindings({ broker }), [/^mqtt\.broker \(value\): .*cannot be read/], broker);
  t.end();
});

t.test('files for TLS want an address with TLS', (t) => {
  const files = { ca: 'a', cert: 'b', key: 'c' };
  for (const broker of ['mqtts://h', 'wss://h/x']) t.strictSame(mqttFindings({ broker, ...files }), []);
  for (const broker of ['mqtt://h', 'ws://h/x'])
    t.match(mqttFindings({ broker, ...files }), [/^mqtt\.ca \(key\)/, /^mqtt\.cert/, /^mqtt\.key.*mqtts:/]);
  t.end();
});

t.test('the textfile has a name that node_exporter reads', (t) => {
  const found = (textfile: unknown) => crossChecks({ http: { textfile } });
  for (const good of [undefined, '/a/detectd.prom', 'd.prom', '', 5]) t.strictSame(found(good), []);
  for (const bad of ['/a/detectd', '/a/detectd.prom.txt', '/a/detectd.PROM', '/a/.prom/', '/a/.prom'])
    t.match(found(bad), [{ path: ['http', 'textfile'], at: 'value', message: /ends with \.prom/ }]);
  t.end();
});

t.test('no device has the topic of the documents for all', (t) => {
  const found = (remote: object) => crossChecks({ device: { id: 'fleet' }, remote });
  t.match(found({ desired: true }), [
    { path: ['device', 'id'], at: 'value', message: /must not be "fleet"/ },
  ]);
  t.strictSame(found({ desired: false }), []);
  t.strictSame(found({ desired: true, fleet_topic: 'site/desired' }), []);
  t.end();
});

t.test('Home Assistant reads JSON alone', (t) => {
  const check = (format: string, enabled: boolean) =>
    crossChecks({ mqtt: { format }, home_assistant: { enabled } });
  t.strictSame(check('json', true), []);
  t.strictSame(check('cbor', false), []);
  t.match(check('cbor', true), [
    { path: ['home_assistant', 'enabled'], message: /wants "mqtt\.format" json/ },
  ]);
  t.end();
});

t.test('other forms of results fit the rest', async (t) => {
  const found = crossChecks({
    tracking: { enabled: false },
    cameras: { gate: {} },
    outputs: { frigate: { enabled: true }, deepstream: { sensors: { gate: {}, gaet: {} } } },
  });
  t.match(found, [
    { path: ['outputs', 'frigate', 'enabled'], at: 'value', message: /"tracking.enabled" must be true/ },
    { path: ['outputs', 'deepstream', 'sensors', 'gaet'], at: 'key', suggestion: 'gate' },
  ]);
  t.equal(found.length, 2);
  t.same(crossChecks({ outputs: { frigate: { enabled: true }, deepstream: 5 } }), []);
});

t.test('what is faint for the tracker is not above what is sure', async (t) => {
  const check = (high: unknown, low: unknown) =>
    crossChecks({ tracking: { conf_thres: high, low_conf_thres: low } });
  t.match(check(0.3, 0.5), [{ path: ['tracking', 'low_conf_thres'], at: 'value' }]);
  t.same(check(0.5, 0.5), []);
  t.same(check(undefined, 0.9), []);
  t.same(check('0.1', 0.9), []);
});
