/** The round trip: through the embedded broker, and through brokers that do not play along. */
import t from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { DetectdError } from '../../dist/base/errors.js';
import { checkBroker } from '../../dist/publish/broker-check.js';
import { EmbeddedBroker } from '../../dist/publish/embedded-broker.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';
import { mqttConfig } from '../helpers/mqtt-config.js';

t.test('a broker that works gives the time of the round trip and its version', async (t) => {
  const { log } = logLines();
  const broker = new EmbeddedBroker({ host: '127.0.0.1', port: 0, clock: systemClock, log });
  t.teardown(() => broker.close());
  await broker.start(new AbortController().signal);
  const check = await checkBroker(mqttConfig({ broker: broker.address }), 'dock-3', { timeoutMs: 10_000 });
  t.match(check, { ok: true, protocol: '3.1.1', roundTripMs: Number });
  const embedded = { timeoutMs: 10_000, url: broker.address };
  t.match(await checkBroker(mqttConfig(), 'dock-3', embedded), { ok: true, protocol: '3.1.1' });
});

t.test('a failed connection is the answer, not a rejection', async (t) => {
  const error = new DetectdError('MQTT_TLS', 'no');
  const dialer = { connect: () => Promise.reject(error) };
  t.same(await checkBroker(mqttConfig(), 'dock-3', { timeoutMs: 1, dialer }), { ok: false, error });
  const bad = mqttConfig({ broker: 'mqtt://me:hunter2@host' });
  t.match(await checkBroker(bad, 'dock-3', { timeoutMs: 1 }), {
    ok: false,
    error: { code: 'CONFIG_INVALID' },
  });
});

t.test('a message that does not come back points at the access rules', async (t) => {
  const broker = new BrokerDouble();
  const clock = new FakeClock();
  const dialer = { connect: async () => broker };
  const check = checkBroker(mqttConfig(), 'dock-3', { timeoutMs: 5000, clock, dialer });
  await clock.advanceAsync(5000);
  t.match(await check, { ok: false, error: { code: 'MQTT_REFUSED', hint: /access rules/ } });
  t.ok(broker.ended);
  t.equal(clock.pending, 0);
});

t.test('a refused message and a lost connection are told', async (t) => {
  for (const reason of [
    new DetectdError('MQTT_REFUSED', 'no'),
    new DetectdError('MQTT_UNREACHABLE', 'gone'),
  ]) {
    const broker = new BrokerDouble();
    broker.prompt = false;
    const clock = new FakeClock();
    const check = checkBroker(mqttConfig(), 'dock-3', {
      timeoutMs: 5000,
      clock,
      dialer: { connect: async () => broker },
    });
    await settle();
    if (reason.code === 'MQTT_REFUSED') broker.sent[0]?.acknowledge?.(reason);
    else broker.lose(reason);
    await clock.advanceAsync(500);
    t.same(await check, { ok: false, error: reason });
  }
});

t.test('an abort ends the wait for the message', async (t) => {
  const broker = new BrokerDouble();
  const dialer = { connect: async () => broker };
  const abort = new AbortController();
  const check = checkBroker(mqttConfig(), 'dock-3', {
    ...{ timeoutMs: 600_000, clock: new FakeClock(), dialer },
    signal: abort.signal,
  });
  await settle();
  abort.abort();
  t.match(await check, { ok: false });
});
