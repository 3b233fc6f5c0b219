/** Which proxy is used for which address. */
import t from 'tap';
import { proxyFor } from '../../../dist/models/fetch/http-proxy.js';

const ENV = { HTTP_PROXY: 'http://plain:3128', HTTPS_PROXY: 'http://secure:3128' };
const chosen = (url: string, env: NodeJS.ProcessEnv) => proxyFor(new URL(url), env)?.host;

t.test('each scheme has its own, small letters come first', (t) => {
  t.equal(chosen('http://host/', ENV), 'plain:3128');
  t.equal(chosen('https://host/', ENV), 'secure:3128');
  t.equal(chosen('https://host/', { HTTP_PROXY: 'http://plain' }), undefined);
  t.equal(chosen('http://host/', { ...ENV, http_proxy: 'small:1' }), 'small:1', 'also without a scheme');
  t.equal(chosen('http://host/', {}), undefined);
  t.end();
});

t.test('what is exempt goes directly, with what is below it', (t) => {
  const direct = (url: string, list: string) => chosen(url, { ...ENV, NO_PROXY: list }) === undefined;
  t.ok(direct('http://site.example/', 'other, site.example'));
  t.ok(direct('http://a.site.example/', '.site.example'));
  t.ok(direct('http://a.site.example/', '*.site.example'));
  t.ok(direct('http://a.SITE.example/', 'site.Example'));
  t.notOk(direct('http://website.example/', 'site.example'));
  t.ok(direct('http://10.0.0.7:8080/', '10.0.0.7:8080'));
  t.notOk(direct('http://10.0.0.7/', '10.0.0.7:8080'));
  t.ok(direct('https://host/', 'host:443'));
  t.ok(direct('http://[::1]:80/', '[::1]'));
  t.ok(direct('http://[::1]:80/', '::1'));
  t.ok(direct('http://host/', '*'));
  t.notOk(direct('http://host/', ',, .'));
  t.end();
});

t.test('an address that cannot be used is told of without its password', (t) => {
  for (const bad of ['http://joe:secret@:99999', 'socks5://joe:secret@host', 'http://'])
    t.throws(() => proxyFor(new URL('http://host/'), { HTTP_PROXY: bad }), {
      code: 'UPDATE_FETCH',
      message: 'The address of the proxy in the environment cannot be used.',
    });
  t.end();
});
