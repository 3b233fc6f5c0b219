/** Causes of failed connections, in words, with what to do and when. */
import t from 'tap';
import { ProxyRefusal } from '../../../dist/models/fetch/http-client.js';
import { networkFault } from '../../../dist/models/fetch/http-fault.js';

function failure(code: string, message = 'it failed'): Error {
  return Object.assign(new Error(message), { code });
}

t.test('each cause is named, and says when to try again', (t) => {
  const cases: [string, RegExp, string][] = [
    ['ENOTFOUND', /its name is not known/, 'soon'],
    ['ECONNRESET', /was cut/, 'soon'],
    ['HPE_INVALID_CONSTANT', /does not speak HTTP/, 'soon'],
    ['CERT_HAS_EXPIRED', /has expired/, 'later'],
    ['CERT_NOT_YET_VALID', /not valid yet/, 'later'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /not trusted/, 'later'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /not trusted/, 'later'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /another name/, 'later'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /TLS/, 'later'],
  ];
  for (const [code, message, again] of cases)
    t.match(networkFault(failure(code), 'https://host/a'), { code: 'UPDATE_FETCH', message, again }, code);
  t.match(networkFault(failure('CERT_HAS_EXPIRED'), 'x').hint, /clock/);
  t.end();
});

t.test('the cause inside counts: one of several addresses, or what was wrapped', (t) => {
  const several = new AggregateError([failure('ECONNREFUSED'), failure('ENETUNREACH')]);
  t.match(networkFault(several, 'x'), { message: /nobody listens/ });
  const wrapped = new Error('fetch failed', { cause: failure('EHOSTUNREACH') });
  t.match(networkFault(wrapped, 'x'), { message: /no way leads there/ });
  t.end();
});

t.test('a proxy says no in words; what is unknown is told without passwords', (t) => {
  t.match(networkFault(new ProxyRefusal(407), 'x'), { message: /wants a login \(407\)/, again: 'later' });
  t.match(networkFault(new ProxyRefusal(502), 'x'), { message: /the proxy answers 502/, again: 'soon' });
  t.match(networkFault(new Error('bad http://joe:secret@proxy/'), 'x'), {
    message: /joe:\*\*\*@proxy/,
    again: 'soon',
  });
  t.end();
});
