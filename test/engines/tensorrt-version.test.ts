import t from 'tap';
import {
  bannerVersion,
  isAtLeast,
  parseTensorrtVersion,
  sameVersion,
} from '../../dist/engines/tensorrt-version.js';

t.test('versions are read as the fingerprint writes them', async (t) => {
  t.same(parseTensorrtVersion('10.3.0.30'), [10, 3, 0, 30]);
  t.same(parseTensorrtVersion('8.5.2'), [8, 5, 2]);
  t.same(parseTensorrtVersion('10.16'), [10, 16]);
  t.same(parseTensorrtVersion('8.6.2-1+cuda12.2'), [8, 6, 2]);
  for (const text of ['', 'ten', '10', '10.3.0.30.1', 'v10.3'])
    t.equal(parseTensorrtVersion(text), undefined, text);
});

t.test("the banner's number has another form from 10 on", async (t) => {
  t.same(bannerVersion(8201), [8, 2, 1]);
  t.same(bannerVersion(8502), [8, 5, 2]);
  t.same(bannerVersion(100300), [10, 3, 0]);
  t.same(bannerVersion(101303), [10, 13, 3]);
  t.same(bannerVersion(110401), [11, 4, 1]);
});

t.test('versions are compared part by part, as far as they go', async (t) => {
  t.ok(isAtLeast([10, 13], [10, 8]));
  t.ok(isAtLeast([10, 8], [10, 8]));
  t.ok(isAtLeast([11, 0, 0], [10, 16]));
  t.notOk(isAtLeast([10, 3, 0], [10, 8]));
  t.notOk(isAtLeast([11, 4], [11, 4, 1]), 'a part that is not given counts as 0');
  t.ok(sameVersion([10, 3], [10, 3, 0, 30]));
  t.ok(sameVersion([10, 3, 0, 30], [10, 3]));
  t.notOk(sameVersion([10, 3, 0, 30], [10, 3, 0, 26]));
});
