/** How far a build has come. */
import t from 'tap';
import { percentDone } from '../../dist/core/model-state.js';

t.test('the share done is below 100 until it is done, and unknown where nothing is expected', (t) => {
  t.equal(percentDone({ elapsedMs: 50, expectedMs: 200 }), 25);
  t.equal(percentDone({ elapsedMs: 900, expectedMs: 200 }), 99);
  t.equal(percentDone({ elapsedMs: -5, expectedMs: 200 }), 0);
  t.equal(percentDone({ elapsedMs: 5, expectedMs: undefined }), undefined);
  t.equal(percentDone({ elapsedMs: 5, expectedMs: 0 }), undefined);
  t.end();
});
