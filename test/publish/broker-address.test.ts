/** Addresses of brokers, and that no form of them shows a password. */
import t from 'tap';
import {
  brokerUrls,
  embeddedUrl,
  parseBrokerAddress,
  shownAddress,
} from '../../dist/publish/broker-address.js';
import { mqttConfig } from '../helpers/mqtt-config.js';

t.test('addresses are taken apart, with the usual ports', async (t) => {
  t.match(parseBrokerAddress('mqtt://host'), { scheme: 'mqtt', host: 'host', port: 1883, tls: false });
  t.match(parseBrokerAddress('mqtts://host'), { port: 8883, tls: true, display: 'mqtts://host:8883' });
  t.match(parseBrokerAddress('ws://host'), { port: 80, path: '/', tls: false });
  t.match(parseBrokerAddress('wss://host/mqtt?token=x'), { port: 443, path: '/mqtt?token=x', tls: true });
  t.match(parseBrokerAddress('mqtt://[::1]:1884'), { host: '::1', port: 1884, display: 'mqtt://[::1]:1884' });
});

t.test('the form for logs leaves out a query, which may hold a token', async (t) => {
  t.equal(parseBrokerAddress('wss://host/mqtt?token=hunter2').display, 'wss://host:443/mqtt');
});

t.test('credentials in the address are refused without being repeated', async (t) => {
  for (const url of ['mqtt://me:hunter2@host', 'mqtt://hunter2@host', 'wss://:hunter2@host/x']) {
    try {
      parseBrokerAddress(url);
      t.fail(url);
    } catch (error) {
      t.match(error, { code: 'CONFIG_INVALID', hint: /mqtt\.password/ });
      t.notMatch(String(error), /hunter2/);
    }
  }
});

t.test('what is no address of a broker is refused', async (t) => {
  for (const url of ['', 'host', 'http://host', 'mqtt://', 'mqtt://host:99999', 'mqtt://a b', 'embedded']) {
    t.throws(() => parseBrokerAddress(url), { code: 'CONFIG_INVALID' }, url);
  }
});

t.test('an embedded broker is reached where it listens', async (t) => {
  t.strictSame(brokerUrls(mqttConfig({ broker: 'mqtt://h' })), ['mqtt://h']);
  t.strictSame(brokerUrls(mqttConfig({ broker: ['mqtt://h', 'ws://h'] })), ['mqtt://h', 'ws://h']);
  t.strictSame(brokerUrls(mqttConfig({})), ['mqtt://127.0.0.1:1883']);
  t.strictSame(brokerUrls(mqttConfig({ embedded: { host: '0.0.0.0', port: 7 } })), ['mqtt://127.0.0.1:7']);
  t.equal(embeddedUrl('::', 9), 'mqtt://[::1]:9');
});

t.test('what is shown of an address holds no credentials', (t) => {
  t.equal(shownAddress('mqtts://host'), 'mqtts://host:8883');
  t.notMatch(shownAddress('mqtt://me:hunter2@host'), /hunter2/);
  t.end();
});
