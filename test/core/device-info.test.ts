/** A machine of which nothing is known is one with every fact, each without a value. */
import t from 'tap';
import { DEVICE_FACTS, UNKNOWN_DEVICE } from '../../dist/core/device-info.js';

t.test('the unknown device names every fact and knows none', (t) => {
  t.strictSame(Object.keys(UNKNOWN_DEVICE), [...DEVICE_FACTS]);
  t.strictSame(
    Object.values(UNKNOWN_DEVICE).filter((value) => value !== undefined),
    [],
  );
  t.end();
});
