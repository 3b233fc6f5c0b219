import t from 'tap';
import { authorize } from '../../dist/capture/web-authorization.js';

const MUFASA = { user: 'Mufasa', password: 'Circle of Life' };
const GET = { method: 'GET', uri: '/dir/index.html' };
const NONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
const QUALITY = `realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;

t.test('Digest as in the examples of RFC 7616', (t) => {
  const demands = [`Digest ${QUALITY}, algorithm=SHA-256`, `Digest ${QUALITY}, algorithm=MD5`];
  const answer = (demand: string[]) => authorize(demand, MUFASA, GET, NONCE) ?? '';
  t.match(answer(demands), /response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"/);
  t.match(answer(demands), /algorithm=SHA-256/, 'the strongest first');
  t.match(answer([demands[1] as string]), /response="8ca523f5e9506fed4657c9700eebdbec"/);
  t.match(answer([demands.join(', ')]), /algorithm=SHA-256/, 'several demands in one header');
  t.match(answer(demands), /opaque="FQhe.*qop=auth, nc=00000001, cnonce="f2/);
  t.end();
});

t.test('Digest as cameras ask for it, without quality', (t) => {
  const answer = authorize(
    ['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'],
    { user: 'Mufasa', password: 'CircleOfLife' },
    GET,
    NONCE,
  );
  t.equal(
    answer,
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", ' +
      'uri="/dir/index.html", response="1949323746fe6a43ef61f9606e7febea"',
  );
  t.end();
});

t.test('Basic where nothing better is asked for, and nothing where the demand is not understood', (t) => {
  const answer = (...demands: string[]) => authorize(demands, { user: 'a', password: 'ü:b' }, GET, NONCE);
  t.equal(answer('Basic realm="x"'), `Basic ${Buffer.from('a:ü:b').toString('base64')}`);
  t.match(answer('Basic realm="x", Digest realm="x", nonce="1"'), /^Digest /);
  t.match(answer('Digest realm="x", nonce="1", algorithm=SHA-512-256', 'Basic realm="x"'), /^Basic /);
  t.match(answer('Digest realm="x", nonce="1", qop="auth-int"', 'Basic realm="x"'), /^Basic /);
  for (const demand of ['', 'Bearer', 'Negotiate abc=', '=,=', 'realm="x"'])
    t.equal(answer(demand), undefined, demand);
  t.equal(answer(), undefined);
  t.end();
});

t.test('what the server sends becomes no other header', (t) => {
  const answer = authorize(['Digest realm="a\\"b\r\nX: y", nonce="\\\\"'], MUFASA, GET, NONCE) ?? '';
  t.notMatch(answer, /[\r\n]/);
  t.match(answer, /realm="a\\"bX: y", nonce="\\\\"/);
  t.end();
});
