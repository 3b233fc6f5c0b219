/** Every cause of a failed connection ends in a stable code and a hint. */
import t from 'tap';
import { parseBrokerAddress } from '../../dist/publish/broker-address.js';
import {
  closedError,
  refusedError,
  refusesVersion,
  silentError,
  transportError,
} from '../../dist/publish/broker-errors.js';

const plain = parseBrokerAddress('mqtt://host');
const tls = parseBrokerAddress('mqtts://host');

function failure(code: string, message = code): Error {
  return Object.assign(new Error(message), { code });
}

t.test('system errors name what cannot be reached', async (t) => {
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']) {
    const error = transportError(failure(code), plain);
    t.match(error, { code: 'MQTT_UNREACHABLE', message: /mqtt:\/\/host:1883/ }, code);
    t.ok(error.hint);
  }
});

t.test('an error for several addresses has a message all the same', async (t) => {
  const several = Object.assign(new AggregateError([failure('ECONNREFUSED')]), { code: 'ECONNREFUSED' });
  t.match(transportError(several, plain).message, /refuses connections/);
  t.match(transportError(new AggregateError([]), plain).message, /failed/);
});

t.test('certificate problems say which, and point at the clock where it may be wrong', async (t) => {
  t.match(transportError(failure('SELF_SIGNED_CERT_IN_CHAIN'), tls), { code: 'MQTT_TLS', hint: /mqtt\.ca/ });
  t.match(transportError(failure('CERT_NOT_YET_VALID'), tls), { code: 'MQTT_TLS', hint: /clock/ });
  t.match(transportError(failure('CERT_HAS_EXPIRED'), tls), { code: 'MQTT_TLS', hint: /clock/ });
  t.match(transportError(failure('ERR_TLS_CERT_ALTNAME_INVALID'), tls), { message: /another name/ });
});

t.test('other faults of TLS are told as such', async (t) => {
  const reset = failure('ECONNRESET', 'socket disconnected before secure TLS connection was established');
  for (const error of [failure('EPROTO'), failure('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), reset]) {
    t.equal(transportError(error, tls).code, 'MQTT_TLS', error.message);
  }
  t.equal(transportError(failure('ECONNRESET'), tls).code, 'MQTT_UNREACHABLE');
});

t.test('a broker that closes without a word points at TLS or at the port', async (t) => {
  t.match(closedError(false, plain).hint, /mqtts:/);
  t.match(closedError(false, tls).hint, /client certificate/);
  t.match(closedError(true, plain).message, /closed the connection/);
  t.match(transportError(failure('ECONNRESET'), plain).hint, /mqtts:/);
  t.match(silentError(10_000, plain), { code: 'MQTT_UNREACHABLE', message: /within 10 s/ });
});

t.test('reason codes of the broker are refusals with what to do', async (t) => {
  for (const code of [4, 5, 134, 135]) {
    t.match(refusedError(code, plain), { code: 'MQTT_REFUSED', hint: /mqtt\.password/ }, `${code}`);
  }
  t.match(refusedError(142, plain), { message: /another client/, hint: /device\.id/ });
  t.match(refusedError(135, plain, 'topic a/b').message, /topic a\/b/);
  t.match(refusedError(255, plain).message, /255/);
});

t.test('only a refused version is a reason to try another', async (t) => {
  t.ok(refusesVersion(1));
  t.ok(refusesVersion(132));
  for (const code of [undefined, 2, 5, 134]) t.notOk(refusesVersion(code));
});
