/** What answers mean, by their headers alone. */
import t from 'tap';
import type { FetchFault } from '../../../dist/models/fetch/fetch-fault.js';
import { meaningOf, validatorOf } from '../../../dist/models/fetch/http-answer.js';

const WHERE = { where: 'https://host/a', wallMs: Date.UTC(2026, 0, 1) };
const FIRST = { ...WHERE, offset: 0, offer: { size: undefined, validator: undefined } };
const REST = { ...WHERE, offset: 100, offer: { size: 300, validator: '"v1"' } };

t.test('a whole answer says its size and what it can be gone on with', (t) => {
  t.strictSame(meaningOf(FIRST, 200, { 'content-length': '300', etag: '"v1"' }), {
    kind: 'whole',
    offer: { size: 300, validator: '"v1"' },
  });
  t.match(
    meaningOf(REST, 200, { 'content-length': '300' }),
    { kind: 'whole' },
    'also where a part was asked for',
  );
  for (const length of ['-1', '1e3', '99999999999999999999', 'x'])
    t.match(meaningOf(FIRST, 200, { 'content-length': length }), { offer: { size: undefined } }, length);
  const chunked = { 'content-length': '5', 'transfer-encoding': 'chunked' };
  t.match(meaningOf(FIRST, 200, chunked), { offer: { size: undefined } });
  t.match(meaningOf(FIRST, 200, { 'content-encoding': 'Identity' }), { kind: 'whole' });
  t.end();
});

t.test('only a strong ETag will do, or else the time of the last change', (t) => {
  const time = 'Thu, 01 Jan 2026 00:00:00 GMT';
  t.equal(validatorOf({ etag: '"a"', 'last-modified': time }), '"a"');
  t.equal(validatorOf({ etag: 'W/"a"', 'last-modified': time }), time);
  t.equal(validatorOf({ etag: 'a' }), undefined);
  t.equal(validatorOf({ etag: `"${'x'.repeat(2000)}"`, 'last-modified': 'soon' }), undefined);
  t.end();
});

t.test('a rest is gone on with when everything fits', (t) => {
  const rest = (range: string, more = {}) => meaningOf(REST, 206, { 'content-range': range, ...more });
  t.strictSame(rest('bytes 100-299/300'), { kind: 'rest', offer: REST.offer, bytes: 200 });
  t.match(rest('bytes 100-199/300', { 'content-length': '100', etag: '"v1"' }), { kind: 'rest', bytes: 100 });
  t.match(rest('bytes 100-299/*'), { kind: 'rest', offer: { size: 300 } });
  const anew: [string, object, RegExp][] = [
    ['bytes 99-299/300', {}, /from byte 99 instead of 100/],
    ['bytes 100-299/301', {}, /size is another/],
    ['bytes 100-300/300', {}, /impossible/],
    ['bytes 100-99/300', {}, /impossible/],
    ['bytes 100-300/*', {}, /more than there is/],
    ['bytes */300', {}, /does not say/],
    ['items 100-299/300', {}, /does not say/],
    ['bytes 100-299/300', { 'content-length': '201' }, /another length/],
    ['bytes 100-299/300', { etag: '"v2"' }, /changed/],
  ];
  for (const [range, more, why] of anew) t.match(rest(range, more), { kind: 'anew', why }, range);
  t.match(meaningOf(REST, 206, {}), { kind: 'anew' });
  t.match(meaningOf(REST, 416, {}), { kind: 'anew' });
  const unknown = { ...REST, offer: { size: undefined, validator: undefined } };
  t.match(meaningOf(unknown, 206, { 'content-range': 'bytes 100-299/*' }), {
    kind: 'anew',
    why: /how large/,
  });
  t.match(meaningOf(unknown, 206, { 'content-range': 'bytes 100-299/300' }), { offer: { size: 300 } });
  t.end();
});

t.test('a changed time of the last change begins anew, too', (t) => {
  const before = 'Thu, 01 Jan 2026 00:00:00 GMT';
  const asked = { ...REST, offer: { size: 300, validator: before } };
  const headers = { 'content-range': 'bytes 100-299/300', etag: '"whatever"' };
  t.match(meaningOf(asked, 206, { ...headers, 'last-modified': before }), { kind: 'rest' });
  t.match(meaningOf(asked, 206, { ...headers, 'last-modified': 'Fri, 02 Jan 2026 00:00:00 GMT' }), {
    kind: 'anew',
  });
  t.end();
});

t.test('what is no archive says when to come again', (t) => {
  const status =
    (code: number, headers = {}) =>
    () =>
      meaningOf(FIRST, code, headers);
  const afterMs = (text: string) => {
    try {
      return meaningOf(FIRST, 503, { 'retry-after': text });
    } catch (error) {
      return (error as FetchFault).afterMs;
    }
  };
  t.equal(afterMs('120'), 120_000);
  t.equal(afterMs('Thu, 01 Jan 2026 00:01:00 GMT'), 60_000);
  t.equal(afterMs('Thu, 01 Jan 2020 00:01:00 GMT'), 0);
  t.equal(afterMs('soon'), undefined);
  for (const code of [429, 503, 520])
    t.throws(status(code), { code: 'UPDATE_FETCH', again: 'soon' }, `${code}`);
  for (const code of [204, 400, 401, 403, 404, 407, 410, 416, 501])
    t.throws(status(code), { code: 'UPDATE_FETCH', again: 'later' }, `${code}`);
  t.throws(status(200, { 'content-encoding': 'br' }), { message: /"br"/ });
  t.throws(status(200, { 'content-type': 'Text/HTML; charset=utf-8' }), { message: /web page/ });
  t.throws(status(206, { 'content-range': 'bytes 0-1/300' }), { message: /gives a part/ });
  t.end();
});
