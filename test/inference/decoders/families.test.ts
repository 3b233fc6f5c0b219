import t from 'tap';
import { isRows, UNSUPPORTED_FAMILIES } from '../../../dist/inference/decoders/families.js';

t.test('rows of six are two-dimensional float32', async (t) => {
  t.ok(isRows({ name: 'a', type: 'float32', dims: [null, 6] }));
  t.notOk(isRows({ name: 'a', type: 'int32', dims: [null, 6] }));
  t.notOk(isRows({ name: 'a', type: 'float32', dims: [1, null, 6] }));
  t.notOk(isRows({ name: 'a', type: 'float32', dims: [null, 10] }));
  t.notOk(isRows(undefined));
});

t.test('every family says what to do, and none is named twice', async (t) => {
  for (const { name, hint } of UNSUPPORTED_FAMILIES) t.match(hint, /^[A-Z].*\.$/, name);
  t.equal(new Set(UNSUPPORTED_FAMILIES.map(({ name }) => name)).size, UNSUPPORTED_FAMILIES.length);
});
