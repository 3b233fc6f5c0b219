/** Faults of fetching are errors like all others, and say when it makes sense to try again. */
import t from 'tap';
import { DetectdError } from '../../../dist/base/errors.js';
import { FetchFault } from '../../../dist/models/fetch/fetch-fault.js';

t.test('a fault keeps its code, its hint and when to come again', (t) => {
  const fault = new FetchFault('UPDATE_FETCH', 'later', 'The server says no.', { hint: 'Ask.', afterMs: 5 });
  t.ok(fault instanceof DetectdError);
  t.strictSame(fault.toData(), { code: 'UPDATE_FETCH', message: 'The server says no.', hint: 'Ask.' });
  t.equal(fault.again, 'later');
  t.equal(fault.afterMs, 5);
  t.end();
});
