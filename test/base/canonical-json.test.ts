/** One form for each value. */
import t from 'tap';
import { canonicalJson } from '../../dist/base/canonical-json.js';

t.test('the order of keys does not matter, that of lists does', async (t) => {
  t.equal(
    canonicalJson({ b: 1, a: { d: [3, { z: null, y: 'é"' }], c: true } }),
    '{"a":{"c":true,"d":[3,{"y":"é\\"","z":null}]},"b":1}',
  );
  t.equal(canonicalJson({ a: 1, b: 2 }), canonicalJson({ b: 2, a: 1 }));
  t.not(canonicalJson([1, 2]), canonicalJson([2, 1]));
  t.strictSame(JSON.parse(canonicalJson({ '10': 0, '9': -0.5 })), { '9': -0.5, '10': 0 });
  t.equal(canonicalJson({ '10': 0, '9': 0 }), '{"10":0,"9":0}');
});

t.test('numbers that JSON does not have are refused', async (t) => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    t.throws(() => canonicalJson([value]), TypeError);
});
