/** One attempt against peers that answer, refuse, close, stay silent or send nonsense. */
import { writeFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { type DialOptions, dial } from '../../dist/publish/broker-dial.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { mqttConfig } from '../helpers/mqtt-config.js';
import { CONNACK_5, CONNACK_311, tcpBroker } from '../helpers/tcp-broker.js';

async function dialled(t: Test, url: string, options: Partial<DialOptions> = {}, settings: object = {}) {
  const config = mqttConfig({ broker: url, password: 'hunter2', username: 'me', ...settings });
  const base = { config, url, clientId: 'c', version: '5', timeoutMs: 10_000, clock: systemClock } as const;
  const result = await dial({ ...base, ...options });
  if (result.ok) t.teardown(() => result.connection.destroy());
  else t.notMatch(JSON.stringify(result.error.toData()), /hunter2/);
  return result;
}

t.test('an accepted connection knows its version and limits', async (t) => {
  const limits = [0x20, 11, 0, 0, 8, 0x21, 0, 5, 0x27, 0, 0, 0x10, 0];
  const { url, levels } = await tcpBroker(t, (socket) => socket.write(Buffer.from(limits)));
  const result = await dialled(t, url);
  t.match(result, { ok: true, connection: { version: '5', maxInFlight: 5, maxPacketBytes: 4096 } });
  t.same(levels, [5]);
});

t.test('MQTT 3.1.1 is spoken when asked for', async (t) => {
  const { url, levels } = await tcpBroker(t, (socket) => socket.write(Buffer.from(CONNACK_311.accepted)));
  const result = await dialled(t, url, { version: '3.1.1' });
  t.match(result, { ok: true, connection: { version: '3.1.1', maxInFlight: 128 } });
  t.same(levels, [4]);
});

t.test('a refused version is told apart, in the form of either version', async (t) => {
  for (const connack of [CONNACK_311.version, CONNACK_5.version]) {
    const { url } = await tcpBroker(t, (socket) => socket.end(Buffer.from(connack)));
    t.match(await dialled(t, url), { ok: false, version: 'refused', error: { code: 'MQTT_REFUSED' } });
  }
});

t.test('rejected credentials say what to do', async (t) => {
  const { url } = await tcpBroker(t, (socket) => socket.end(Buffer.from(CONNACK_311.badLogin)));
  const error = { code: 'MQTT_REFUSED', message: /user name or password/, hint: /mqtt\.password/ };
  t.match(await dialled(t, url, { version: '3.1.1' }), { ok: false, version: 'accepted', error });
});

t.test('a peer that closes without an answer is unanswered, however it closes', async (t) => {
  for (const close of ['end', 'resetAndDestroy'] as const) {
    const { url } = await tcpBroker(t, (socket) => socket[close]());
    t.match(await dialled(t, url), { ok: false, version: 'unanswered', error: { code: 'MQTT_UNREACHABLE' } });
  }
});

t.test('a peer that never answers ends with the time', async (t) => {
  const clock = new FakeClock();
  const { url } = await tcpBroker(t, () => clock.advance(10_000));
  const error = { code: 'MQTT_UNREACHABLE', message: /does not answer within 10 s/ };
  t.match(await dialled(t, url, { clock }), { ok: false, version: 'accepted', error });
});

t.test('an attempt is given up when told so', async (t) => {
  const stop = new AbortController();
  const { url } = await tcpBroker(t, () => stop.abort());
  t.match(await dialled(t, url, { signal: stop.signal }), { ok: false });
  t.match(await dialled(t, url, { signal: AbortSignal.abort() }), { ok: false });
});

t.test('nonsense instead of an answer is an error', async (t) => {
  const { url } = await tcpBroker(t, (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  t.match(await dialled(t, url), { ok: false, error: { code: 'MQTT_UNREACHABLE' } });
});

t.test('an enormous packet is cut off at its header', async (t) => {
  const { url } = await tcpBroker(t, (socket) => {
    socket.write(Buffer.from(CONNACK_5.accepted));
    socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
  });
  const result = await dialled(t, url);
  if (!result.ok) return t.fail('not connected');
  t.match(await result.connection.over, { code: 'MQTT_UNREACHABLE', message: /oversized/ });
});

t.test('nobody at the port, an unknown host and a bad address are told apart', async (t) => {
  t.match(await dialled(t, 'mqtt://127.0.0.1:1'), { error: { code: 'MQTT_UNREACHABLE' } });
  t.match(await dialled(t, 'mqtt://no-such-host.invalid'), { error: { code: 'MQTT_UNREACHABLE' } });
  t.match(await dialled(t, 'mqtt://me:hunter2@127.0.0.1'), { error: { code: 'CONFIG_INVALID' } });
});

t.test('TLS against a peer without it, and files that cannot be used, are TLS errors', async (t) => {
  const { port } = await tcpBroker(t, (socket) => socket.end('no TLS here'));
  const url = `mqtts://127.0.0.1:${port}`;
  t.match(await dialled(t, url), { ok: false, error: { code: 'MQTT_TLS' } });
  const missing = await dialled(t, url, {}, { ca: '/nowhere/ca.pem' });
  t.match(missing, { error: { code: 'MQTT_TLS', message: /mqtt\.ca.*\/nowhere\/ca\.pem \(ENOENT\)/ } });
  const bad = `${t.testdir()}/bad.pem`;
  await writeFile(bad, 'not a certificate');
  t.match(await dialled(t, url, {}, { cert: bad, key: bad }), { error: { code: 'MQTT_TLS' } });
});

t.test('a WebSocket address that is an ordinary web server is an error', async (t) => {
  const { port } = await tcpBroker(t, (socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'));
  const result = await dialled(t, `ws://127.0.0.1:${port}/mqtt`);
  t.match(result, { ok: false, error: { code: 'MQTT_UNREACHABLE', message: /404/ } });
});
