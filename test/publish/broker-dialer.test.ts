/** Which MQTT version is dialled, and when the older one is tried. */
import t from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { DetectdError } from '../../dist/base/errors.js';
import type { Dialled } from '../../dist/publish/broker-dial.js';
import { BrokerDialer } from '../../dist/publish/broker-dialer.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { mqttConfig } from '../helpers/mqtt-config.js';

const mqtt = (name: string) => `mqtt://${name}`;
const error = new DetectdError('MQTT_UNREACHABLE', 'no');
const good = (): Dialled => ({ ok: true, connection: new BrokerDouble() });
const refused: Dialled = { ok: false, error, version: 'refused' };
const unanswered: Dialled = { ok: false, error, version: 'unanswered' };
const unreachable: Dialled = { ok: false, error, version: 'accepted' };

function dialling(answers: Dialled[], settings: object = { broker: 'mqtt://h' }) {
  const versions: string[] = [];
  const dialer = new BrokerDialer({
    dial: async ({ version }) => {
      versions.push(version);
      return answers[versions.length - 1] as Dialled;
    },
  });
  const options = { url: 'mqtt://h', clientId: 'c', timeoutMs: 1, clock: systemClock };
  return { versions, connect: () => dialer.connect({ ...options, config: mqttConfig(settings) }) };
}

t.test('version 5 is tried first', async (t) => {
  const { versions, connect } = dialling([good()]);
  await connect();
  t.same(versions, ['5']);
});

t.test('a refused version leads to 3.1.1, which is remembered', async (t) => {
  const { versions, connect } = dialling([refused, good(), good()]);
  await connect();
  await connect();
  t.same(versions, ['5', '3.1.1', '3.1.1']);
});

t.test('a broker that closes on version 5 is tried with 3.1.1', async (t) => {
  const { versions, connect } = dialling([unanswered, good()]);
  await connect();
  t.same(versions, ['5', '3.1.1']);
});

t.test('a version that did not help is not remembered', async (t) => {
  const { versions, connect } = dialling([unanswered, unanswered, good()]);
  await t.rejects(connect(), { code: 'MQTT_UNREACHABLE' });
  await connect();
  t.same(versions, ['5', '3.1.1', '5']);
});

t.test('a broker that spoke 5 and now closes is restarting, not old', async (t) => {
  const { versions, connect } = dialling([good(), unanswered, refused, good()]);
  await connect();
  await t.rejects(connect());
  t.same(versions, ['5', '5']);
  await connect();
  t.same(versions, ['5', '5', '5', '3.1.1'], 'unless it says so');
});

t.test('other failures are no reason for another version', async (t) => {
  const { versions, connect } = dialling([unreachable]);
  await t.rejects(connect(), error);
  t.same(versions, ['5']);
});

t.test('a configured version is the only one tried', async (t) => {
  for (const protocol of ['5', '3.1.1']) {
    const { versions, connect } = dialling([refused], { broker: 'mqtt://h', protocol });
    await t.rejects(connect());
    t.same(versions, [protocol]);
  }
});

t.test('the embedded broker is spoken to in its own version at once', async (t) => {
  const { versions, connect } = dialling([good()], { broker: 'embedded' });
  await connect();
  t.same(versions, ['3.1.1']);
});

/** Brokers by name, each with its answers; which were dialled. */
function brokers(answers: Record<string, Dialled[]>) {
  const dialled: string[] = [];
  const over: string[] = [];
  const dialer = new BrokerDialer({
    dial: async ({ url, version }) => {
      const name = url.slice('mqtt://'.length);
      dialled.push(`${name} ${version}`);
      return answers[name]?.shift() ?? unreachable;
    },
  });
  const names = Object.keys(answers);
  const url = names.map(mqtt);
  const config = mqttConfig({ broker: url });
  const options = { url, clientId: 'c', timeoutMs: 1, clock: systemClock, config };
  const passedOver = ({ message }: DetectdError) => over.push(message);
  return {
    dialled,
    over,
    connect: (signal?: AbortSignal) =>
      dialer.connect({ ...options, passedOver, ...(signal === undefined ? {} : { signal }) }),
  };
}

const failing = (code: 'MQTT_REFUSED' | 'MQTT_TLS' | 'MQTT_UNREACHABLE', message: string): Dialled => ({
  ok: false,
  error: new DetectdError(code, message, `hint for ${message}`),
  version: 'accepted',
});

t.test('brokers are tried in order, whatever is wrong with those before', async (t) => {
  const { dialled, over, connect } = brokers({
    a: [failing('MQTT_TLS', 'No TLS.')],
    b: [failing('MQTT_REFUSED', 'No login.')],
    c: [good()],
    d: [],
  });
  await connect();
  t.strictSame(dialled, ['a 5', 'b 5', 'c 5']);
  t.strictSame(over, ['No TLS.', 'No login.']);
  await t.rejects(connect(), { message: 'no no no no' });
  t.strictSame(dialled.slice(3), ['a 5', 'b 5', 'c 5', 'd 5'], 'from the first again');
});

t.test('where none can be used each is named, with the hint for the first', async (t) => {
  const { over, connect } = brokers({
    a: [failing('MQTT_REFUSED', 'A refuses.')],
    b: [failing('MQTT_UNREACHABLE', 'B is away.')],
  });
  await t.rejects(connect(), {
    code: 'MQTT_REFUSED',
    message: 'A refuses. B is away.',
    hint: 'hint for A refuses.',
  });
  t.strictSame(over, []);
});

t.test('each broker has its own version', async (t) => {
  const { dialled, connect } = brokers({ old: [refused, good(), unreachable], young: [good()] });
  await connect();
  await connect();
  t.strictSame(dialled, ['old 5', 'old 3.1.1', 'old 3.1.1', 'young 5']);
});

t.test('who gives up tries no further broker', async (t) => {
  const stop = new AbortController();
  stop.abort();
  const { dialled, connect } = brokers({ a: [], b: [] });
  await t.rejects(connect(stop.signal), error);
  t.strictSame(dialled, ['a 5']);
});
