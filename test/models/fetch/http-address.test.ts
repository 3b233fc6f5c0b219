/** Addresses of archives: what is shown of them, whom they log in as, where redirections may lead. */
import t from 'tap';
import {
  basicLogin,
  MOST_REDIRECTIONS,
  redirected,
  shownUrl,
  signatureUrl,
} from '../../../dist/models/fetch/http-address.js';

const url = (text: string) => new URL(text);

t.test('neither login nor query is shown', (t) => {
  t.equal(shownUrl(url('https://joe:pw@host:8443/a/b.tar.gz?X-Sig=1')), 'https://host:8443/a/b.tar.gz?…');
  t.equal(shownUrl(url('http://host/a')), 'http://host/a');
  t.end();
});

t.test('a login is decoded once, and one that cannot be is taken as it stands', (t) => {
  const login = (text: string) =>
    Buffer.from(basicLogin(url(text))?.replace('Basic ', '') ?? '', 'base64').toString();
  t.equal(basicLogin(url('https://host/a')), undefined);
  t.equal(login('https://joe:p%40ss%2520@host/a'), 'joe:p@ss%20');
  t.equal(login('https://joe@host/a'), 'joe:');
  t.equal(login('https://joe:100%zz@host/a'), 'joe:100%zz');
  t.end();
});

t.test('the signature lies beside the archive, whatever the query', (t) => {
  t.equal(signatureUrl(url('https://host/a.tar.gz?v=1')).href, 'https://host/a.tar.gz.minisig?v=1');
  t.end();
});

t.test('redirections lose logins, and lead neither out of TLS nor in circles', (t) => {
  const from = [url('https://joe:pw@host/a')];
  t.equal(redirected(from, '/b?x=1').href, 'https://host/b?x=1');
  t.equal(redirected(from, 'https://u:p@cdn.example/c#top').href, 'https://cdn.example/c');
  t.equal(redirected([url('http://host/a')], 'https://host/a').href, 'https://host/a', 'into TLS');
  const fault = { code: 'UPDATE_FETCH', again: 'later' };
  t.throws(() => redirected(from, 'http://host/b'), { ...fault, message: /from https to http/ });
  t.throws(() => redirected(from, undefined), { ...fault, message: /to nowhere/ });
  t.throws(() => redirected(from, 'https://[bad'), { ...fault, message: /to nowhere/ });
  t.throws(() => redirected(from, 'file:///etc/passwd'), { ...fault, message: /file:/ });
  t.throws(() => redirected(from, '/a'), { ...fault, message: /circle/ });
  const many = Array.from({ length: MOST_REDIRECTIONS + 1 }, (_, step) => url(`https://host/${step}`));
  t.throws(() => redirected(many, '/more'), { ...fault, message: /more than 5 times/ });
  t.equal(redirected(many.slice(1), '/more').pathname, '/more');
  t.end();
});
